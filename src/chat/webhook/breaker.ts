/**
 * Whether the operator's endpoint is asked at all. Where what is sent of several logs has no answer, and nothing else has, the endpoint is
 * away: then one batch at a time tries, ever less often. Failures of one log alone are that log's, and so is whatever is refused.
 */

/** So many logs in a row. */
const LOGS_TO_OPEN = 3;
const WAIT_MIN_MS = 1000;
/** Between two tries: so late at most it is seen that the endpoint is back. */
const BETWEEN_MAX_MS = 60_000;
/** What an answer may ask for. */
export const WAIT_MAX_MS = 3_600_000;

export class Breaker {
  /** Of these the last try failed, since there was an answer. */
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

  /** Its last try failed, and nobody has answered since. */
  hasFailed(log: string): boolean {
    return this.#failing.has(log);
  }

  /** Somebody has answered, or nothing is left. */
  succeeded(): void {
    this.#failing.clear();
    this.#waitMs = this.#until = 0;
  }

  /** `wasOpen`: when the try began. `askedMs`: the endpoint asks to be left alone for so long. */
  failed(log: string, now: number, wasOpen: boolean, askedMs = 0): void {
    this.#failing.add(log);
    const opens = this.state === 'closed' && (this.#failing.size >= LOGS_TO_OPEN || askedMs > 0);
    if (opens) this.#waitMs = WAIT_MIN_MS;
    else if (this.state === 'open' && wasOpen) this.#waitMs = Math.min(2 * this.#waitMs, BETWEEN_MAX_MS);
    if (opens || this.state === 'open')
      this.#until = Math.max(this.#until, now + Math.max(this.#waitMs, Math.min(askedMs, WAIT_MAX_MS)));
  }

  /** The endpoint is gone for good: nothing is sent any more. */
  switchOff(): void {
    this.#isOff = true;
  }
}
