/**
 * When temporary rooms end, in Redis: one sorted set for all of them, on a slot of its own. A room is noted before it is made and taken
 * out when it is deleted, so that no node has to live for it to end. Rejects with `StateUnavailable`.
 */
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { listOf, nothing, number, text } from '../../redis/reply.ts';
import { flag, scriptsBeside } from '../../redis/script.ts';

const script = scriptsBeside(import.meta.url);

export const noteEnding = script('note-ending', { keys: ['endings'], args: ['endsAt', 'room'], gives: nothing });

export const readEndings = script('read-endings', {
  keys: ['endings'],
  args: ['limit'],
  gives: { due: listOf(text), next: text, time: number },
});

const settleEnding = script('settle-ending', {
  keys: ['endings'],
  args: ['room', 'endsAt', 'wasThere', 'lateMs'],
  whenFull: true,
  gives: nothing,
});

const putOffEnding = script('put-off-ending', { keys: ['endings'], args: ['room', 'laterMs'], gives: nothing });

/** What is due, as rooms whose time is over, and when the next one is; undefined where none waits. `time`: Redis's, when that was so. */
export interface DueEndings<T = string> {
  readonly due: readonly T[];
  readonly next: number | undefined;
  readonly time: number;
}

/** Longer than a script may be under way, and than the clocks of Redis's servers may be apart. */
const LATE_MS = 60_000;

export class EndingStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;

  constructor(commands: Commands, keys: Keyspace) {
    this.#commands = commands;
    this.#keys = keys;
  }

  /** A room of that name is about to be made. */
  async note(roomName: string, endsAt: number): Promise<void> {
    await this.#commands.run(noteEnding, this.#keys.conversations, { endsAt, room: roomName });
  }

  async read(limit: number): Promise<DueEndings> {
    const { due, next, time } = await this.#commands.run(readEndings, this.#keys.conversations, { limit });
    return { due, next: next === '' ? undefined : Number(next), time };
  }

  /** It has been deleted, or was not there at its end. */
  async settle(roomName: string, endsAt: number, wasThere: boolean): Promise<void> {
    const args = { room: roomName, endsAt, wasThere: flag(wasThere), lateMs: LATE_MS };
    await this.#commands.run(settleEnding, this.#keys.conversations, args);
  }

  /** It could not be deleted: it is due again later. */
  async putOff(roomName: string, laterMs: number): Promise<void> {
    await this.#commands.run(putOffEnding, this.#keys.conversations, { room: roomName, laterMs });
  }
}
