/**
 * The rooms that a user belongs to, as its own slot has them: the rooms' rosters say so first, and the user's slot is told of it
 * (chat/member/telling.ts). A room that is gone, or was made anew, may still be there: whoever reads it finds that out, and has it
 * forgotten. Every method is one step on the user's slot. Rejects with `StateUnavailable` where Redis cannot be asked.
 */
import type { Position } from '../../log/event.ts';
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { pairs } from '../../redis/reply.ts';
import { flag } from '../../redis/script.ts';
import type { Life } from '../room/room-store.ts';
import { isAnonymous } from '../user/anonymous.ts';
import type { MemberChange } from './due.ts';
import { forgetBelongs, forgetFormer, judgeMember, tellMember } from './member-scripts.ts';

export interface BelongsOptions {
  /** How long messages stay in the events of users; 0: as long as other events. */
  readonly historyMaxAgeMs: number;
  /** Rooms that one user may belong to; a few more where several add it at the same time. */
  readonly roomsPerUser: number;
}

const signs = { added: '+', reminded: '=', removed: '-', deleted: '!' } as const;

export class BelongsStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #options: BelongsOptions;

  constructor(commands: Commands, keys: Keyspace, options: BelongsOptions) {
    this.#commands = commands;
    this.#keys = keys;
    this.#options = options;
  }

  /** Whether a user may be made a member of a room: `ok`, or why not. `told`: it knows that it is one. */
  judge(userName: string, roomName: string): Promise<'ok' | 'noUser' | 'tooManyRooms' | 'told'> {
    const args = { most: this.#options.roomsPerUser, roomName };
    return this.#commands.run(judgeMember, this.#keys.user(userName), args);
  }

  /**
   * Tells a user what has become of it in a room, each change once. Undefined where there is no such user; was it added last, that is a
   * membership of an earlier user of the name from here on.
   */
  async tell(
    userName: string,
    roomName: string,
    changes: readonly (MemberChange & { readonly frame: Uint8Array })[],
  ): Promise<Position | undefined> {
    const args = {
      roomName,
      anonymous: flag(isAnonymous(userName)),
      maxAgeMs: this.#options.historyMaxAgeMs,
    };
    const rest = changes.flatMap(({ what, at, seq, life, exceptSocket = '', frame }) => [
      signs[what],
      at,
      seq,
      life,
      exceptSocket,
      frame,
    ]);
    const told = await this.#commands.run(tellMember, this.#keys.user(userName), args, { args: rest });
    return told === 'gone' ? undefined : told;
  }

  /** Room → its life; not more than about as many as a user may belong to. */
  async read(userName: string): Promise<Map<string, Life>> {
    const noted = await this.#commands.plain('hgetall', this.#keys.user(userName).belongs);
    return new Map(pairs(noted).map(([roomName, point]) => [roomName, lifeIn(point)]));
  }

  /** Room → the membership of it that an earlier user of the name has. As long as there is any nobody has the name. */
  async readFormer(userName: string): Promise<Map<string, string>> {
    return new Map(pairs(await this.#commands.plain('hgetall', this.#keys.user(userName).belongsFormer)));
  }

  /** They are ended. */
  async forgetFormer(userName: string, ended: Iterable<readonly [string, string]>): Promise<void> {
    const args = [...ended].flat();
    if (args.length > 0) await this.#commands.run(forgetFormer, this.#keys.user(userName), {}, { args });
  }

  /** Such rooms are gone, or others of their names are there. What it was told of since stays. */
  async forgetStale(userName: string, stale: ReadonlyMap<string, Life>): Promise<void> {
    if (stale.size === 0) return;
    await this.#commands.run(forgetBelongs, this.#keys.user(userName), {}, { args: [...stale].flat() });
  }
}

/** `life time seq` */
const lifeIn = (point: string): Life => point.slice(0, point.indexOf(' '));
