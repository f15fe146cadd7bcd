/**
 * Something of the service that is read where it is wanted, and again when it may have changed unheard: repeated where that
 * fails for the moment, until another reading takes its place. What is read, and when, is left to who has it.
 */
import { repeatDelayMs } from './connection/backoff.ts';
import { isBeyond, isTemporary } from './request-error.ts';

export class Refresh {
  readonly #read: () => Promise<unknown>;
  readonly #failed: (error: unknown) => void;
  #round = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #pause: ReturnType<typeof setTimeout> | undefined;

  /** `failed`: for good. */
  constructor(read: () => Promise<unknown>, failed: (error: unknown) => void) {
    this.#read = read;
    this.#failed = failed;
  }

  /** In a while, for all that want it until then. */
  soon(delayMs: number): void {
    this.#pause ??= setTimeout(() => this.start(), delayMs);
  }

  start(): void {
    this.stop();
    void this.#attempt(this.#round, 0);
  }

  stop(): void {
    this.#round += 1;
    clearTimeout(this.#retry);
    clearTimeout(this.#pause);
    this.#pause = undefined;
  }

  async #attempt(round: number, failures: number): Promise<void> {
    try {
      await this.#read();
    } catch (error) {
      if (round !== this.#round) return;
      if (isTemporary(error)) {
        this.#retry = setTimeout(() => void this.#attempt(round, failures + 1), repeatDelayMs(error, failures));
      } else this.#failed(error);
    }
  }
}

/** Of what its user may not see any more, or not yet: that is no fault of who looks. */
export function unlessBeyond(failed: (error: unknown) => void): (error: unknown) => void {
  return (error) => {
    if (!isBeyond(error)) failed(error);
  };
}
