/** The parts of a typed command: names, values, times, and what is searched for. */
import type { Value } from '../../client/index.ts';

/** What a search is for; nothing of it: the newest messages. */
export interface Wanted {
  readonly author?: string;
  readonly type?: Value;
  /** Milliseconds since the epoch, both inclusive. */
  readonly since?: number;
  readonly until?: number;
}

/** Words apart by blanks; what stands in quotes is one. */
export function wordsOf(text: string): string[] {
  return Array.from(text.matchAll(/"([^"]+)"|(\S+)/g), ([, quoted, plain = '']) => quoted ?? plain);
}

export const unquoted = (name: string): string => /^"(.+)"$/.exec(name)?.[1] ?? name;

/** What is written as JSON is that value; anything else is text. */
export function valueOf(text: string): Value {
  try {
    return JSON.parse(text) as Value; // JSON has no other values
  } catch {
    return text;
  }
}

/** A sentence where it is no search. */
export function readSearch(text: string): Wanted | string {
  const wanted: { -readonly [K in keyof Wanted]: Wanted[K] } = {};
  for (const [word, name, quoted, plain] of text.matchAll(/(?:(by|type|since|until):)?(?:"([^"]+)"|(\S+))/g)) {
    const value = quoted ?? plain ?? '';
    if (name === undefined) return `What is ${word} to be? by:USER, type:TYPE, since:TIME, until:TIME.`;
    if (name === 'by') wanted.author = value;
    else if (name === 'type') wanted.type = valueOf(value);
    else {
      const time = timeOf(value, name === 'until');
      if (time === undefined) return `${value} is no time: one looks like 13:05, 2026-11-29 or 2026-11-29T13:05.`;
      wanted[name as 'since' | 'until'] = time; // the names that are left
    }
  }
  return wanted;
}

const dayMs = 24 * 3_600_000;
const minuteMs = 60_000;

/** Of here. A day, or a minute, begins where it is said to, or ends. */
function timeOf(text: string, isEnd: boolean): number | undefined {
  const [, day, clock] = /^(\d{4}-\d\d-\d\d)?T?(\d\d:\d\d)?$/.exec(text) ?? [];
  if (day === undefined && clock === undefined) return undefined;
  const from = new Date();
  const today = [from.getFullYear(), from.getMonth() + 1, from.getDate()].map((part) => String(part).padStart(2, '0'));
  const begin = new Date(`${day ?? today.join('-')}T${clock ?? '00:00'}`).getTime();
  if (Number.isNaN(begin)) return undefined;
  return isEnd ? begin + (clock === undefined ? dayMs : minuteMs) - 1 : begin;
}
