/** Who of those that a message is for has no socket: the room's slot knows its members, each user's slot its sockets. */
import { readEvent } from '../../log/event.ts';
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { bytes, listOf, optional, text } from '../../redis/reply.ts';
import { scriptsBeside } from '../../redis/script.ts';
import { ROOM_LISTS } from '../key-names.ts';

const script = scriptsBeside(import.meta.url);

const readAbsent = script('read-absent', {
  keys: ['meta', 'occupants', ...ROOM_LISTS, 'muted', 'history', 'latest'],
  args: ['author', 'id', 'limit'],
  refuses: ['noRoom'],
  gives: { event: optional(bytes), readers: listOf(text), muted: listOf(text) },
});

/** Members of a room that are looked at. */
const MEMBERS_MAX = 500;
/** Users whose sockets are asked for at the same time. */
const USERS_AT_ONCE = 100;

/** A message of a room, and who of its members may read it. */
export interface ToMembers {
  readonly frame: Uint8Array;
  readonly readers: readonly string[];
  /** Those of them who want no push. */
  readonly muted: readonly string[];
}

export class AbsentStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;

  constructor(commands: Commands, keys: Keyspace) {
    this.#commands = commands;
    this.#keys = keys;
  }

  /** Undefined where the room has no members, or not that message any more. */
  async read(roomName: string, author: string | undefined, id: number): Promise<ToMembers | undefined> {
    const args = { author: author ?? '', id, limit: MEMBERS_MAX };
    const found = await this.#commands.run(readAbsent, this.#keys.room(roomName), args);
    if (found === 'noRoom' || found.event === undefined) return undefined;
    const frame = readEvent(found.event)?.frame;
    return frame === undefined ? undefined : { frame, readers: found.readers, muted: found.muted };
  }

  /** Those of some users who have no socket. One whose node has died has them until that is known. */
  async absentOf(userNames: readonly string[]): Promise<string[]> {
    const absent: string[] = [];
    for (let from = 0; from < userNames.length; from += USERS_AT_ONCE) {
      const few = userNames.slice(from, from + USERS_AT_ONCE);
      const there = await Promise.all(
        few.map((userName) => this.#commands.plain('exists', this.#keys.user(userName).sockets)),
      );
      absent.push(...few.filter((_, i) => there[i] === 0));
    }
    return absent;
  }
}
