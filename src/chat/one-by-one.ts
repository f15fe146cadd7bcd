/**
 * Work of which each piece reads what the one before it has written: for one name one after the other, on this node. Others may
 * write as well; whoever compares before it writes loses less often by it.
 */
import { setTimeout as pass } from 'node:timers/promises';
import { StateUnavailable } from '../redis/unavailable.ts';

/** How often it is tried where others write at the same time: only other nodes do. Each time after a longer wait at most, drawn. */
const TRIES = 12;
const WAIT_STEP_MS = 4;

export class OneByOne {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Rejects with what the work fails with, or the one before it where Redis could not be asked: it has waited for as long. */
  run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name);
    const mine = before === undefined ? work() : before.catch(unlessUnavailable).then(work);
    this.#last.set(name, mine);
    const forget = (): void => {
      if (this.#last.get(name) === mine) this.#last.delete(name);
    };
    mine.then(forget, forget);
    return mine;
  }
}

/** What else went wrong was of that work alone. */
function unlessUnavailable(error: unknown): void {
  if (error instanceof StateUnavailable) throw error;
}

/** Reads, and writes where nobody else has meanwhile, otherwise again. Rejects with `StateUnavailable` where others always have. */
export async function untilSet<T extends object>(what: string, attempt: () => Promise<T | 'changed'>): Promise<T> {
  for (let tries = 0; tries < TRIES; tries++) {
    const done = await attempt();
    if (done !== 'changed') return done;
    await pass(Math.random() * tries * WAIT_STEP_MS);
  }
  throw new StateUnavailable(`others change ${what} all the time`);
}
