/** What a search looks at, in a room or in a conversation: a range of its log, page by page (lib/messages/search.lua). */
import { events, number, text } from '../../redis/reply.ts';
import { flag } from '../../redis/script.ts';

/** An end of the range, inclusive; by the id, by the time, or by both. */
export interface SearchEnd {
  readonly id?: number | undefined;
  readonly time?: number | undefined;
}

export interface SearchRange {
  /** The older end, and the newer one. */
  readonly from: SearchEnd;
  readonly to: SearchEnd;
  readonly forward: boolean;
  /** Where it goes on, in which log; undefined at its beginning. */
  readonly at: { readonly id: number; readonly epoch: string } | undefined;
  readonly limit: number;
}

export const SEARCH = [
  'fromId',
  'fromTime',
  'toId',
  'toTime',
  'forward',
  'goOn',
  'epoch',
  'limit',
  'bytesMax',
  'maxAgeMs',
] as const;

/** The messages in the direction of the search, and the ids between which it looks on. */
export const searched = { messages: events, first: number, last: number, epoch: text } as const;

export const searchArgs = ({ from, to, forward, at, limit }: SearchRange): Record<SearchArg, string | number> => ({
  fromId: from.id ?? '',
  fromTime: from.time ?? '',
  toId: to.id ?? '',
  toTime: to.time ?? '',
  forward: flag(forward),
  goOn: at?.id ?? '',
  epoch: at?.epoch ?? '',
  limit,
});
type SearchArg = Exclude<(typeof SEARCH)[number], 'bytesMax' | 'maxAgeMs'>;
