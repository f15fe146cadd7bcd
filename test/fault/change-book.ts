// The book of a storm of changes, in rooms or between two users: what was asked for, and what of it was acknowledged; and whether what is
// there at the end fits that. A place is a room, or a pair.
import type { Redis } from 'ioredis';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import { canonical, type HeldMessage } from '../support/held-messages.ts';
import { textOf } from '../chat/device.ts';
import { field } from '../chat/world.ts';
import { keysWith } from '../store/erase-actions.ts';

/** What was asked for, and what of it was acknowledged. */
export interface Book {
  /**
   * What each message, and all that is written into it, begins with: whose it is, and by which node it was
   * sent; its id once that is known.
   */
  readonly posts: Map<
    string,
    {
      readonly place: string;
      readonly userName: string;
      readonly index: number;
      readonly node: number;
      id: number | undefined;
    }
  >;
  readonly updates: {
    readonly place: string;
    readonly id: number;
    readonly text: string;
    version: number | undefined;
  }[];
  readonly recalls: { readonly place: string; readonly id: number }[];
  readonly written: Written[];
  /** By place, id, user and key, as JSON. */
  readonly reactions: Map<string, 'there' | 'gone' | 'either'>;
  /** Answers that cannot be. */
  readonly faults: string[];
  /** The same, where nothing was lost that had been acknowledged. */
  readonly losses: string[];
}

export const openBook = (): Book => ({
  posts: new Map(),
  updates: [],
  recalls: [],
  written: [],
  reactions: new Map(),
  faults: [],
  losses: [],
});

/** A text that is written piece by piece. */
export interface Written {
  readonly place: string;
  /** What requests name. */
  readonly target: string;
  readonly id: number;
  /** What is known to be there. */
  text: string;
  /** Appended, and not answered (yet). */
  open: string | undefined;
  isDone: boolean;
}

/** What each message begins with, whatever is written into it later. */
export const wordOf = (text: unknown): string => /^Z\d+x\d+q/.exec(String(text))?.[0] ?? '';

export const reactionKey = (...parts: readonly [place: string, id: number, user: string, key: string]): string =>
  JSON.stringify(parts);

/** What is there at the end of a place, by id. */
export type History = ReadonlyMap<number, HeldMessage>;

/**
 * What was acknowledged, and is not there. `told` are the versions that each text came as, in the order in which they were told; undefined
 * where nobody has heard everything.
 */
export function bookFaults(
  book: Book,
  place: string,
  history: History,
  told: ReadonlyMap<string, readonly number[]> | undefined,
): string[] {
  return [
    ...postFaults(book, place, history),
    ...(told === undefined ? [] : updateFaults(book, place, history, told)),
    ...recallFaults(book, place, history),
    ...textFaults(book, place, history),
  ];
}

/** What was posted is there once, by whom it was posted, or was recalled. */
function postFaults(book: Book, place: string, history: History): string[] {
  const ids = new Map(
    [...history].flatMap(([id, one]) => (one['recalled'] === true ? [] : [[wordOf(one['textMessage']), id]])),
  );
  return [...book.posts].flatMap(([text, { id, userName, ...post }]) => {
    if (post.place !== place) return [];
    const at = ids.get(text);
    if (id === undefined) return [];
    const message = history.get(id);
    if (message?.['author'] !== userName) return [`${id} of ${place} is not by ${userName}`];
    return at === id || message['recalled'] === true ? [] : [`${text} is ${id} of ${place}, and ${at} is there`];
  });
}

/** The texts among changes that were told, and the versions that they came as. */
export function toldTexts(changes: readonly (Value | undefined)[]): Map<string, number[]> {
  const told = new Map<string, number[]>();
  for (const change of changes) {
    if (field(change, 'kind') !== 'update') continue;
    const text = textOf(field(field(change, 'message'), 'textMessage'));
    told.set(text, [...(told.get(text) ?? []), Number(field(change, 'version'))]);
  }
  return told;
}

function updateFaults(
  book: Book,
  place: string,
  history: History,
  told: ReadonlyMap<string, readonly number[]>,
): string[] {
  return book.updates.flatMap(({ id, text, version, ...update }) => {
    const versions = told.get(text) ?? [];
    if (update.place !== place || (version === undefined && versions.length < 2)) return [];
    const isGone = history.get(id)?.['recalled'] === true && versions.length === 0;
    return isGone || versions.join() === String(version)
      ? []
      : [`${text} of ${place}: ${version}, told as ${versions.join()}`];
  });
}

function recallFaults(book: Book, place: string, history: History): string[] {
  return book.recalls.flatMap(({ id, ...recall }) =>
    recall.place === place && history.get(id)?.['recalled'] !== true
      ? [`${id} of ${place} was recalled, and is there`]
      : [],
  );
}

function textFaults(book: Book, place: string, history: History): string[] {
  return book.written.flatMap(({ id, text, open = '', isDone, ...written }) => {
    const message = history.get(id);
    if (written.place !== place || message?.['recalled'] === true) return [];
    const now = message?.['textMessage'];
    if (now !== text && now !== text + open)
      return [`${id} of ${place} is ${JSON.stringify(now)}, not ${text} ${open}`];
    return isDone && message?.['done'] !== true ? [`${id} of ${place} is not done`] : [];
  });
}

const REACTIONS_PAGE = 7;

interface ReactionsRead {
  /** Gives a page of who reacted to a message. */
  readonly read: (id: number, options: ValueMap) => Promise<Value>;
  /** What was acknowledged may be lost. */
  readonly mayLose?: boolean;
}

/** Who reacted, held against the counts and what was acknowledged. */
export async function reactionFaults(
  book: Book,
  place: string,
  history: History,
  { read, mayLose = false }: ReactionsRead,
): Promise<string[]> {
  const faults: string[] = [];
  for (const [id, message] of history) {
    if (message['recalled'] === true) continue;
    const given = new Set<string>();
    const counts: Record<string, number> = {};
    let cursor: Value | undefined = null;
    do {
      const page = await read(id, { limit: REACTIONS_PAGE, ...(cursor === null ? {} : { cursor }) });
      for (const one of field(page, 'reactions') as ValueMap[]) {
        const key = textOf(one['key']);
        given.add(reactionKey(place, id, textOf(one['userName']), key));
        counts[key] = (counts[key] ?? 0) + 1;
      }
      const next: Value = field(page, 'cursor') ?? null;
      if (next !== null && next === cursor) return [`the pages of reactions to ${id} of ${place} do not end`];
      cursor = next;
    } while (cursor !== null);
    if (canonical(counts) !== canonical(message['reactions'] ?? {})) {
      faults.push(`${id} of ${place} counts ${canonical(message['reactions'])} of ${canonical(counts)}`);
    }
    for (const [known, state] of book.reactions) {
      const [at, of] = JSON.parse(known) as [string, number];
      if (mayLose || at !== place || of !== id || state === 'either') continue;
      if (given.has(known) !== (state === 'there')) faults.push(`reaction ${known} is to be ${state}`);
    }
    for (const one of given) if (!book.reactions.has(one)) faults.push(`nobody has made ${one}`);
  }
  return faults;
}

/** Of what was recalled no word is left, in no key. */
export async function expectNoWords(
  { posts }: Book,
  ends: ReadonlyMap<string, History>,
  client: Redis,
  prefix: string,
): Promise<number> {
  const ids = new Set(
    [...ends].flatMap(([place, history]) =>
      [...history].flatMap(([id, one]) => (one['recalled'] === true ? [`${place} ${id}`] : [])),
    ),
  );
  const words = [...posts].flatMap(([text, { place, id }]) => (ids.has(`${place} ${id}`) ? [text] : []));
  await eventually(
    async () => {
      const keys = await keysWith(client, prefix, words);
      if (keys.length > 0) throw new Error(keys.join());
    },
    { timeoutMs: 20_000, what: 'the words of what was recalled, to be gone' },
  );
  return words.length;
}
