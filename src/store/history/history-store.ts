/** A room's messages as they are kept. Rejects with `StateUnavailable` where Redis cannot be asked. */
import type { TopicEvent } from '../../log/event.ts';
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { events } from '../../redis/reply.ts';
import { scriptsBeside, type OutcomeOf } from '../../redis/script.ts';
import { RIGHTS, rightsArgs, type Rights } from '../rights.ts';
import { ROOM_LISTS, UNREADABLE, type Unreadable } from '../key-names.ts';
import { SEARCH, searchArgs, searched, type SearchRange } from './search.ts';

const script = scriptsBeside(import.meta.url);

const readHistory = script('read-history', {
  keys: ['meta', 'occupants', ...ROOM_LISTS, 'history', 'latest'],
  args: [...RIGHTS, 'after', 'limit', 'bytesMax', 'maxAgeMs'],
  refuses: UNREADABLE,
  gives: events,
});

const searchHistory = script('search-history', {
  keys: ['meta', 'occupants', ...ROOM_LISTS, 'history', 'latest'],
  args: [...RIGHTS, ...SEARCH],
  refuses: [...UNREADABLE, 'otherLog'],
  gives: searched,
});

/** What a search has looked at. */
export type Searched = Exclude<OutcomeOf<typeof searchHistory>, string>;

export interface HistoryStoreOptions {
  /** Bytes of messages in a page: one is given whatever its size. */
  readonly replyBytes: number;
  /** How old messages may become; 0: for ever. */
  readonly historyMaxAgeMs: number;
}

export class HistoryStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #options: HistoryStoreOptions;

  constructor(commands: Commands, keys: Keyspace, options: HistoryStoreOptions) {
    this.#commands = commands;
    this.#keys = keys;
    this.#options = options;
  }

  /**
   * Messages without a hole, ascending: the `limit` smallest ids after `after`, or the newest ones; fewer where they would
   * not fit into a reply, one at least.
   */
  async read(
    roomName: string,
    rights: Rights,
    after: number | undefined,
    limit: number,
  ): Promise<readonly TopicEvent[] | Unreadable> {
    const { replyBytes: bytesMax, historyMaxAgeMs: maxAgeMs } = this.#options;
    const args = { ...rightsArgs(rights), after: after ?? '', limit, bytesMax, maxAgeMs };
    const found = await this.#commands.run(readHistory, this.#keys.room(roomName), args);
    return typeof found === 'string' || after !== undefined ? found : found.reverse();
  }

  /** What a search looks at next: as many messages as fit into a reply, one at least. `otherLog`: it was begun in another one. */
  search(roomName: string, rights: Rights, range: SearchRange): Promise<Searched | Unreadable | 'otherLog'> {
    const { replyBytes: bytesMax, historyMaxAgeMs: maxAgeMs } = this.#options;
    const args = { ...rightsArgs(rights), ...searchArgs(range), bytesMax, maxAgeMs };
    return this.#commands.run(searchHistory, this.#keys.room(roomName), args);
  }
}
