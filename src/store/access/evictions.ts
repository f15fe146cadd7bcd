/**
 * Users who have lost a room and are yet to be told on their own slots, and by which node: noted by the step that took them
 * out (lib/evict.lua), so that whoever sweeps after that node goes on.
 */
import type { Point } from '../../log/event.ts';
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { list, nothing, pairs, text } from '../../redis/reply.ts';
import { scriptsBeside } from '../../redis/script.ts';
import { socketsOf, type RemovedUser } from '../room/deletions.ts';
import type { Life } from '../room/room-store.ts';

const script = scriptsBeside(import.meta.url);

const forgetEvicted = script('forget-evicted', {
  keys: ['evictedUsers'],
  rest: true,
  whenFull: true,
  gives: nothing,
});

export interface Evicted {
  readonly user: RemovedUser & { readonly seq: number };
  readonly life: Life;
  readonly at: Point;
}

const PAGE = 200;

export class Evictions {
  readonly #commands: Commands;
  readonly #keys: Keyspace;

  constructor(commands: Commands, keys: Keyspace) {
    this.#commands = commands;
    this.#keys = keys;
  }

  /** Whom a node has taken out of a room and not told yet, in pages. */
  async *untold(roomName: string, nodeId: string): AsyncGenerator<readonly Evicted[]> {
    let cursor = '0';
    do {
      const { evictedUsers } = this.#keys.room(roomName);
      const [next, found] = list(await this.#commands.plain('hscan', evictedUsers, cursor, 'COUNT', PAGE));
      const all = pairs(found).map(([userName, noted]) => evictedIn(userName, noted));
      yield all.filter(({ by }) => by === nodeId);
      cursor = text(next);
    } while (cursor !== '0');
  }

  /** They are told. */
  async forget(roomName: string, told: readonly RemovedUser[]): Promise<void> {
    const noted = told.flatMap(({ userName, seq }) => (seq === undefined ? [] : [userName, seq]));
    if (noted.length > 0) await this.#commands.run(forgetEvicted, this.#keys.room(roomName), {}, { args: noted });
  }
}

/** `node epoch seq life socket@node …` */
function evictedIn(userName: string, noted: string): Evicted & { readonly by: string } {
  const [by = '', epoch = '', number = '0', life = '', ...entries] = noted.split(' ');
  const seq = Number(number);
  return { by, life, at: { epoch, seq }, user: { userName, ...socketsOf(entries.join(' ')), seq } };
}
