/**
 * Who belongs to a room, in Redis. Every method is one script on the room's slot. What the users concerned are told on theirs follows
 * from what it returns. Rejects with `StateUnavailable` where Redis cannot be asked.
 */
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { bytes } from '../../redis/reply.ts';

export class MemberStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;

  constructor(commands: Commands, keys: Keyspace) {
    this.#commands = commands;
    this.#keys = keys;
  }

  /** What a room is about, in MessagePack; undefined where nothing is said of it. */
  async readAttributes(roomName: string): Promise<Buffer | undefined> {
    const stored = await this.#commands.plain('hget', this.#keys.room(roomName).meta, 'attributes');
    return stored === null ? undefined : bytes(stored);
  }
}
