/**
 * Whether the operator's endpoint is asked at all. Where what is sent of several logs fails, and nothing else is taken, the endpoint is
 * away: then one batch at a time tries, ever less often. Failures of one log alone are that log's.
 */

/** So many logs in a row. */
const LOGS_TO_OPEN = 3;
const WAIT_MIN_MS = 1000;
export const WAIT_MAX_MS = 3_600_000;

export class Breaker {
  /** Of these the last try failed, since anything was taken. */
  readonly #failing = new Set<string>();
  /** How long to wait, while it is open; 0 while it is closed. */
  #waitMs = 0;
  #until = 0;
  #isOff = false;

  get state(): 'closed' | 'open' | 'off' {
    if (this.#isOff) return 'off';
    return this.#waitMs > 0 ? 'open' : 'closed';
  }

  /** How long nobody may try, in ms. */
  leftMs(now: number): number {
    return this.#isOff ? Infinity : Math.max(0, this.#until - now);
  }

  /** Something was taken, or nothing is left. */
  succeeded(): void {
    this.#failing.clear();
    this.#waitMs = this.#until = 0;
  }

  /** `wasOpen`: when the try began. `askedMs`: the endpoint asks to be left alone for so long. */
  failed(log: string, now: number, wasOpen: boolean, askedMs = 0): void {
    this.#failing.add(log);
    const opens = this.state === 'closed' && (this.#failing.size >= LOGS_TO_OPEN || askedMs > 0);
    if (opens) this.#waitMs = WAIT_MIN_MS;
    else if (this.state === 'open' && wasOpen) this.#waitMs = Math.min(2 * this.#waitMs, WAIT_MAX_MS);
    if (opens || this.state === 'open') {
      this.#failing.clear();
      this.#until = Math.max(this.#until, now + Math.max(this.#waitMs, Math.min(askedMs, WAIT_MAX_MS)));
    }
  }

  /** The endpoint is gone for good: nothing is sent any more. */
  switchOff(): void {
    this.#isOff = true;
  }
}
