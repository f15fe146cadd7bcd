/**
 * Something of the service that is read where it is wanted, and again when it may have changed unheard: repeated where that
 * fails for the moment, until another reading takes its place. What is read, and when, is left to who has it.
 */
import { repeatDelayMs } from './connection/backoff.ts';
import { isBeyond, isTemporary, type RequestError } from './request-error.ts';

export class Refresh {
  readonly #read: () => Promise<unknown>;
  readonly #failed: (error: unknown) => void;
  readonly #isConnected: () => boolean;
  #round = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #pause: ReturnType<typeof setTimeout> | undefined;

  /** `failed`: for good. Without a connection nothing is repeated: with the next one it is started anyway. */
  constructor(read: () => Promise<unknown>, failed: (error: unknown) => void, isConnected: () => boolean = () => true) {
    this.#read = read;
    this.#failed = failed;
    this.#isConnected = isConnected;
  }

  /** In a while, for all that want it until then. */
  soon(delayMs: number): void {
    this.#pause ??= setTimeout(() => this.start(), delayMs);
  }

  start(): void {
    this.stop();
    void this.#attempt(this.#round, 0);
  }

  /** Reads for who waits for it, and hears of a failure. It takes the place of another reading, and is made good like that. */
  async now<T>(read: () => Promise<T>): Promise<T> {
    this.stop();
    const round = this.#round;
    try {
      return await read();
    } catch (error) {
      if (round === this.#round && isTemporary(error) && this.#isConnected()) this.#again(error, 0);
      throw error;
    }
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
      if (isTemporary(error)) this.#again(error, failures);
      else this.#failed(error);
    }
  }

  #again(error: RequestError, failures: number): void {
    const round = this.#round;
    this.#retry = setTimeout(() => void this.#attempt(round, failures + 1), repeatDelayMs(error, failures));
  }
}

/** Of what its user may not see any more, or not yet: that is no fault of who looks. */
export function unlessBeyond(failed: (error: unknown) => void): (error: unknown) => void {
  return (error) => {
    if (!isBeyond(error)) failed(error);
  };
}
