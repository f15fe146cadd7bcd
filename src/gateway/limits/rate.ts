/** A token bucket: so many units at once, so many per second. Costs two numbers and no timer. */

export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** How far a bucket can be overdrawn, in seconds of its filling: by what exceeds it, or is known only afterwards. */
const DEBT_SECONDS_MAX = 10;

export class Bucket {
  readonly #rate: Rate;
  #units: number;
  #at: number;

  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#units = rate.burst;
    this.#at = now;
  }

  /** 0 when taken, else the milliseconds until it can be. `now` in milliseconds, monotonic. */
  take(units: number, now: number): number {
    const waitMs = this.waitMs(units, now);
    if (waitMs === 0) this.spend(units);
    return waitMs;
  }

  /** How long until so much can be taken. What exceeds the whole bucket needs a full one. */
  waitMs(units: number, now: number): number {
    const { perSecond, burst } = this.#rate;
    this.#units = Math.min(burst, this.#units + ((now - this.#at) * perSecond) / 1000);
    this.#at = now;
    const lacking = Math.min(units, burst) - this.#units;
    return lacking <= 0 ? 0 : Math.ceil((lacking * 1000) / perSecond);
  }

  /** Takes what has been used up already: later takers wait for it. */
  spend(units: number): void {
    this.#units = Math.max(this.#units - units, -DEBT_SECONDS_MAX * this.#rate.perSecond);
  }

  isFull(now: number): boolean {
    return this.waitMs(this.#rate.burst, now) === 0;
  }
}
