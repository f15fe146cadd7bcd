/**
 * Work of which each piece reads what the one before it has written: for one name one after the other, on this node. Others may
 * write as well; whoever compares before it writes loses less often by it.
 */
import { StateUnavailable } from '../redis/unavailable.ts';

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
