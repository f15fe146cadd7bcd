/**
 * Spares who asks the wait for somebody who does not answer: after some failures in a row nothing is asked any more but one try now
 * and then, until one is answered. What counts as a failure is said by who asks.
 */

/** `untold`: the call says nothing about whether there is an answer to be had. */
export type Went = 'answered' | 'failed' | 'untold';

/** Without an answer in between: one that hangs among others that are answered closes nothing. */
const IN_ROW_MAX = 5;
const FIRST_WAIT_MS = 1000;
const WAIT_MAX_MS = 30_000;

export class Breaker {
  readonly #now: () => number;
  #inRow = 0;
  /** Between two tries; 0 while everything is asked. */
  #waitMs = 0;
  #nextAt = 0;
  #isTrying = false;

  /** `now` is a monotonic clock in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get isOpen(): boolean {
    return this.#waitMs > 0;
  }

  /** Takes how the call went, once; undefined where nothing is to be asked now. */
  enter(): ((went: Went) => void) | undefined {
    if (!this.isOpen) return (went) => this.#end(went, false);
    if (this.#isTrying || this.#now() < this.#nextAt) return undefined;
    this.#isTrying = true;
    return (went) => {
      this.#isTrying = false;
      this.#end(went, true);
    };
  }

  #end(went: Went, isTry: boolean): void {
    if (went === 'answered') {
      // Also one that began before the failures: there is somebody.
      this.#inRow = 0;
      this.#waitMs = 0;
    } else if (went === 'failed') {
      if (!this.isOpen) {
        if (++this.#inRow >= IN_ROW_MAX) this.#waitFor(FIRST_WAIT_MS);
      } else if (isTry) this.#waitFor(Math.min(2 * this.#waitMs, WAIT_MAX_MS));
    }
  }

  #waitFor(ms: number): void {
    this.#waitMs = ms;
    this.#nextAt = this.#now() + ms;
  }
}
