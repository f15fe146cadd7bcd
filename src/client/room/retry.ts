/** One wait for all rooms that were refused for the moment, the longest asked for, so that they go on together. */
import { repeatDelayMs } from '../connection/backoff.ts';
import type { RequestError } from '../request-error.ts';

export class Retry {
  readonly #again: () => void;
  /** Waits in a row. */
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueMs = 0;

  constructor(again: () => void) {
    this.#again = again;
  }

  later(error: RequestError): void {
    const delayMs = repeatDelayMs(error, this.#failures);
    const dueMs = performance.now() + delayMs;
    if (dueMs <= this.#dueMs) return;
    clearTimeout(this.#timer);
    this.#dueMs = dueMs;
    this.#timer = setTimeout(() => {
      this.#dueMs = 0;
      this.#failures += 1;
      this.#again();
    }, delayMs);
  }

  succeeded(): void {
    this.#failures = 0;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
