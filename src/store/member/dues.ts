/**
 * Users who became members of a room, or are none any more, and are yet to be told on their own slots, and by which node: noted by
 * the step that made the change (lib/members.lua), so that whoever sweeps after that node goes on.
 */
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { list, pairs, text, type Reply } from '../../redis/reply.ts';
import type { Life } from '../room/room-store.ts';
import { forgetDue } from './member-scripts.ts';

export interface MemberChange {
  /** `deleted`: with the room. */
  readonly what: 'added' | 'removed' | 'deleted';
  /** By the room's clock and its log, which order the changes of one user. */
  readonly at: number;
  readonly seq: number;
  readonly life: Life;
  /** Undefined for the service. */
  readonly by: string | undefined;
  /** The socket that has asked for it, and is not told; undefined for none. */
  readonly exceptSocket: string | undefined;
}

/** Whom to tell. */
export interface Due {
  readonly userName: string;
  /** In the order in which they are told. */
  readonly changes: readonly MemberChange[];
  /** As it is noted. */
  readonly note: string;
}

const PAGE = 200;

export class Dues {
  readonly #commands: Commands;
  readonly #keys: Keyspace;

  constructor(commands: Commands, keys: Keyspace) {
    this.#commands = commands;
    this.#keys = keys;
  }

  /** Whom a node was to tell of a room, and has not, in pages. */
  async *untold(roomName: string, nodeId: string): AsyncGenerator<readonly Due[]> {
    let cursor = '0';
    do {
      const { membersDue } = this.#keys.room(roomName);
      const [next, found] = list(await this.#commands.plain('hscan', membersDue, cursor, 'COUNT', PAGE));
      const noted = pairs(found).filter(([, note]) => linesOf(note).some((line) => line.split(' ', 2)[1] === nodeId));
      yield noted.map(([userName, note]) => dueIn(userName, note));
      cursor = text(next);
    } while (cursor !== '0');
  }

  /** They are told. */
  async forget(roomName: string, told: readonly Due[]): Promise<void> {
    if (told.length === 0) return;
    const args = told.flatMap(({ userName, note }) => [userName, note]);
    await this.#commands.run(forgetDue, this.#keys.room(roomName), {}, { args });
  }
}

/** What `noteMembers` returns. */
export const duesIn = (reply: Reply | undefined): Due[] =>
  pairs(reply).map(([userName, note]) => dueIn(userName, note));

const linesOf = (note: string): string[] => note.split('\n');

const dueIn = (userName: string, note: string): Due => ({ userName, note, changes: linesOf(note).map(changeIn) });

/** `+|- node time seq life socket by` */
function changeIn(line: string): MemberChange {
  const [sign, , at, seq, life = '', socketId, ...by] = line.split(' ');
  return {
    what: sign === '+' ? 'added' : 'removed',
    at: Number(at),
    seq: Number(seq),
    life,
    // A name may hold spaces.
    by: by.join(' ') || undefined,
    exceptSocket: socketId === '-' ? undefined : socketId,
  };
}
