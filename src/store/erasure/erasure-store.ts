/**
 * Erasures as work that is owed, in Redis: whose they are, which node works on each, and how far it has come. They are few, and on one
 * slot of their own. What the work is, is in chat/repair/erasures.ts. Rejects with `StateUnavailable` where Redis cannot be asked.
 */
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { flag } from '../../redis/script.ts';
import { newEpoch } from '../../redis/tokens.ts';
import * as scripts from './erasure-scripts.ts';

/** An erasure in the hands of this node. */
export interface Erasure {
  readonly userName: string;
  /** Whoever took it up later has another one. */
  readonly token: string;
  /** How far it has come, as it was noted; '' at the beginning. */
  readonly place: string;
}

/** For so long it is known that an erasure was done. */
const KNOWN_MS = 24 * 60 * 60 * 1000;
/** A name is nobody's for so long after the last step of its erasure. */
const LOCK_MS = 60 * 60 * 1000;

export class ErasureStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  /** Whoever works on one has to note it within this time; then others take it up. */
  readonly holdMs: number;

  constructor(commands: Commands, keys: Keyspace, { holdMs }: { readonly holdMs: number }) {
    this.#commands = commands;
    this.#keys = keys;
    this.holdMs = holdMs;
  }

  /** Whether it is done. Where it is neither that nor under way, it is begun by this. */
  async begin(userName: string, isKnown: boolean): Promise<boolean> {
    const args = { user: userName, isKnown: flag(isKnown), keptMs: KNOWN_MS };
    return (await this.#commands.run(scripts.beginErasure, this.#keys.erasing, args)) === 'done';
  }

  /** Undefined where there is none, or all are in other hands. */
  async take(): Promise<Erasure | undefined> {
    const token = newEpoch();
    const taken = await this.#commands.run(scripts.takeErasure, this.#keys.erasing, { token, holdMs: this.holdMs });
    return taken === 'none' ? undefined : { ...taken, token };
  }

  /** Whether it is still in this node's hands. With a pause nobody works on it before that is over. */
  async note({ userName, token }: Erasure, place: string, pauseMs = this.holdMs): Promise<boolean> {
    const args = { user: userName, token, place, holdMs: pauseMs };
    return (await this.#commands.run(scripts.noteErasure, this.#keys.erasing, args)) === 'ok';
  }

  /** Done; the name is free again. */
  async end({ userName, token }: Erasure): Promise<boolean> {
    const args = { user: userName, token, keptMs: KNOWN_MS };
    // First this: where the node dies behind it, the lock ends by itself. The other way round a later user would be erased as well.
    if ((await this.#commands.run(scripts.endErasure, this.#keys.erasing, args)) !== 'ok') return false;
    await this.#commands.plain('unlink', this.#keys.user(userName).erasing);
    return true;
  }

  /** Nobody logs in by that name while it is being erased. */
  async lockName(userName: string): Promise<void> {
    const { erasing } = this.#keys.user(userName);
    await this.#commands.run(scripts.lockName, { erasing }, { holdMs: LOCK_MS });
  }
}
