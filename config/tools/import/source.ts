/** What any export comes to: conversations, and what was said in them, in terms of the service. How a format says it is the format's. */
import type { JsonMap, Row } from './lines.ts';

/** A conversation as it is to be. Names are those of the source. */
export interface Conversation {
  /** The room's name, where that is not made of who belongs to it. */
  readonly roomName: string;
  /** Of these two users, and no room. */
  readonly direct: readonly [string, string] | undefined;
  readonly kind: 'normal' | 'transient';
  /** The one room of exactly these people. */
  readonly unique: boolean;
  readonly owner: string | undefined;
  readonly members: readonly string[];
  /** Whom its row names, and who does not belong to it: who has made it and left. */
  readonly left: readonly string[];
  readonly admins: readonly string[];
  /** Members who want no push. */
  readonly muted: readonly string[];
  readonly attributes: JsonMap;
  readonly writers: 'all' | 'admins' | 'owner';
  readonly invites: 'members' | 'admins';
  readonly whitelistOnly: boolean;
  /** Up to which time users have read; whoever is not named has read everything. */
  readonly read: { readonly [userName: string]: number };
  /** What was said to one user alone is not for the others. */
  readonly isOfService: boolean;
}

/** What was said. */
export interface Said {
  /** Undefined: by the service itself. */
  readonly author: string | undefined;
  readonly message: JsonMap;
  readonly recalled: boolean;
  readonly mentions: readonly string[];
  readonly mentionAll: boolean;
  /** To one user of a conversation of the service. */
  readonly isPrivate: boolean;
}

/** What one row comes to, for the conversation that the source calls `id`. */
export type Item =
  | { readonly what: 'conversation'; readonly id: string; readonly conversation: Conversation }
  | { readonly what: 'role'; readonly id: string; readonly userName: string; readonly isAdmin: boolean }
  /** `tie` orders what was said at one time; what has the same time and tie is one message. */
  | { readonly what: 'said'; readonly id: string; readonly time: number; readonly tie: string; readonly said: Said }
  | { readonly what: 'nothing' }
  | { readonly what: 'unknown'; readonly why: string };

export interface SourceOptions {
  readonly direct: boolean;
}

/** A form of exports. `number` counts the rows. */
export type ReadRow = (row: Row, number: number, options: SourceOptions) => Item;

export const unknown = (why: string): Item => ({ what: 'unknown', why });

/** The last time that there is for JavaScript. */
const TIME_MAX = 8.64e15;
/** With ten digits a time is one in seconds: in ms it would be of early 1970. */
const [SECONDS_MIN, SECONDS_MAX] = [1e9, 1e10];

/** Milliseconds of a time in any of the spellings that exports use; undefined where it is none. */
export function timeOf(value: unknown): number | undefined {
  if (typeof value === 'number' || (typeof value === 'string' && /^\d{10,}$/.test(value))) {
    const number = Number(value);
    return msOf(number >= SECONDS_MIN && number < SECONDS_MAX ? number * 1000 : number);
  }
  if (typeof value === 'string') return msOf(Date.parse(inUtc(value)));
  if (typeof value !== 'object' || value === null) return undefined;
  const { iso, $date, $numberLong } = value as JsonMap;
  return timeOf(iso ?? $date ?? $numberLong);
}

const msOf = (time: number): number | undefined => (time >= 0 && time <= TIME_MAX ? Math.floor(time) : undefined);

/** What names no zone is of UTC, and not of wherever the tool runs. */
function inUtc(time: string): string {
  if (/(?:z|gmt|utc|[+-]\d\d:?\d\d)(?:\s*\(.*\))?$/i.test(time)) return time;
  const isIso = /^\d{4}-\d\d-\d\d[t ]\d/i.test(time);
  if (isIso) return `${time.replace(' ', 'T')}Z`;
  return /\d:\d/.test(time) ? `${time} UTC` : time;
}

/** A number that JSON has rounded would stand for several. */
export const textOf = (value: unknown): string | undefined => {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER ? String(value) : undefined;
};

/** Names in a list, each once. */
export const namesOf = (value: unknown): string[] =>
  Array.isArray(value) ? [...new Set(value.map(textOf).filter((name) => name !== undefined))] : [];

/** The number of a row so that texts compare as numbers do. */
export const digitsOf = (number: number): string => String(number).padStart(15, '0');
