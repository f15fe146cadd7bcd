/**
 * Users who became members of a room, or are none any more, and are yet to be told on their own slots, and by which node: noted by
 * the step that made the change (lib/access/members.lua), so that whoever sweeps after that node goes on.
 */
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { list, pairs, text } from '../../redis/reply.ts';
import { dueIn, linesOf, type Due } from './due.ts';
import { forgetDue } from './member-scripts.ts';

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
