/** What the application's own functions are asked: each has its time to answer, and none outlives the client. What is asked is left to who asks. */
import { localError, type RequestError } from '../request-error.ts';
import { timerMs } from './backoff.ts';
import { deferred } from './deferred.ts';

export class Questions {
  readonly #timeoutMs: number;
  readonly #open = new Set<(error: RequestError) => void>();

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** What the function gives or throws; `timeout` where that does not come in time, and what comes later counts for nothing. */
  async ask<T>(whom: string, answer: () => T | Promise<T>): Promise<T> {
    const { promise, reject } = deferred<never>();
    // The function may end the client, and then throw: nobody waits for this one.
    promise.catch(() => undefined);
    const late = (): void => reject(localError('timeout', `No answer of ${whom} within ${this.#timeoutMs} ms.`));
    const timer = setTimeout(late, timerMs(this.#timeoutMs));
    this.#open.add(reject);
    try {
      return await Promise.race([answer(), promise]);
    } finally {
      clearTimeout(timer);
      this.#open.delete(reject);
    }
  }

  closed(error: RequestError): void {
    for (const reject of this.#open) reject(error);
  }
}
