/** A room's messages as they are kept. Rejects with `StateUnavailable` where Redis cannot be asked. */
import type { TopicEvent } from '../../log/event.ts';
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { events } from '../../redis/reply.ts';
import { scriptsBeside } from '../../redis/script.ts';
import { RIGHTS, rightsArgs, type Rights } from '../rights.ts';
import { ROOM_LISTS, UNREADABLE, type Unreadable } from '../key-names.ts';

const script = scriptsBeside(import.meta.url);

const readHistory = script('read-history', {
  keys: ['meta', 'occupants', ...ROOM_LISTS, 'history', 'latest'],
  args: [...RIGHTS, 'after', 'limit', 'bytesMax', 'maxAgeMs'],
  refuses: UNREADABLE,
  gives: events,
});

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
}
