// Latencies of one run, all of them counted: buckets that grow by one percent, from a microsecond on.
import type { Percentiles } from './commands.ts';

const GROWTH = Math.log(1.01);
/** The last one is beyond an hour. */
const BUCKETS = 2300;

export class Latencies {
  readonly #counts = new Uint32Array(BUCKETS);
  #total = 0;

  add(durationMs: number): void {
    const bucket = Math.ceil(Math.log(Math.max(1, durationMs * 1000)) / GROWTH);
    const at = Math.min(BUCKETS - 1, bucket);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#total++;
  }

  percentiles(): Percentiles {
    return { p50Ms: this.#at(0.5), p99Ms: this.#at(0.99), p999Ms: this.#at(0.999) };
  }

  /** At most that long took `share` of them; 0 when there are none. */
  #at(share: number): number {
    const wanted = Math.ceil(share * this.#total);
    let seen = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count;
      if (seen >= wanted) return this.#total === 0 ? 0 : Math.exp(bucket * GROWTH) / 1000;
    }
    return 0;
  }
}
