/** What was said in a room, message by message in either direction; pages are read as they are needed. */
import type { ValueMap } from '../../protocol/params/values.ts';
import { checkHistoryOptions, type HistoryOptions } from '../message/history-options.ts';
import { idOf } from '../message/message.ts';
import { localError } from '../request-error.ts';

/** Where pages come from. */
export interface HistorySource {
  /** Messages in a page at most. */
  readonly pageMax: number;
  /** The newest messages, newest first. */
  newest(): Promise<readonly ValueMap[]>;
  /** Those of ids `id + 1` to `id + limit`, newest first; a page may be shorter, and begins where the log does. */
  page(id: number, limit: number): Promise<readonly ValueMap[]>;
  /** Of the log, where the room is joined: another one has other messages under the same ids. */
  epoch(): string | undefined;
}

export async function* history(source: HistorySource, options: HistoryOptions): AsyncGenerator<ValueMap, void, void> {
  checkHistoryOptions('roomHistoryGet', options);
  const { direction = 'backward', limit = Infinity, from } = options;
  const epoch = source.epoch();
  const pages = direction === 'backward' ? backward(source, limit, from) : forward(source, limit, from ?? 0);
  let left = limit;
  for await (const page of pages) {
    const now = source.epoch();
    if (epoch !== undefined && now !== undefined && now !== epoch) {
      throw localError('unavailable', 'The log was replaced while it was read.');
    }
    for (const message of page) {
      if (left-- <= 0) return;
      yield message;
    }
  }
}

async function* forward(source: HistorySource, limit: number, from: number): AsyncGenerator<readonly ValueMap[]> {
  let [last, left] = [from, limit];
  while (left > 0 && source.pageMax > 0) {
    const page = (await source.page(last, Math.min(source.pageMax, left))).toReversed();
    const newest = idOf(page.at(-1));
    if (newest === undefined || newest <= last) return;
    yield page;
    last = newest;
    left -= page.length;
  }
}

async function* backward(
  source: HistorySource,
  limit: number,
  from: number | undefined,
): AsyncGenerator<readonly ValueMap[]> {
  let [before, left] = [from, limit];
  if (before === undefined) {
    const page = await source.newest();
    const oldest = idOf(page.at(-1));
    if (oldest === undefined) return;
    yield page;
    before = oldest;
    left -= page.length;
  }
  while (before > 1 && left > 0 && source.pageMax > 0) {
    const after = Math.max(0, before - 1 - Math.min(source.pageMax, left));
    const page: readonly ValueMap[] = await between(source, after, before);
    const oldest = idOf(page.at(-1));
    if (oldest === undefined) return;
    yield page;
    left -= page.length;
    // The log begins here.
    if (oldest > after + 1) return;
    before = oldest;
  }
}

/** All between two ids, newest first: a page ends early where its messages are large. */
async function between(source: HistorySource, after: number, before: number): Promise<readonly ValueMap[]> {
  const found: ValueMap[] = [];
  let last = after;
  while (last < before - 1) {
    const page = await source.page(last, before - 1 - last);
    const newest = idOf(page[0]);
    if (newest === undefined || newest <= last) break;
    found.unshift(...page.filter((message) => Number(message['id']) < before));
    last = newest;
  }
  return found;
}
