/**
 * What parts measure while they work, kept so that measuring costs next to nothing: durations counted into fixed buckets,
 * and counts by a word. Names, units and the text for Prometheus are left to `metrics.ts` and `exposition.ts`.
 */

/** How often a duration fell into each bucket. */
export class Distribution {
  /** Upper bounds, milliseconds, ascending. */
  readonly boundsMs: readonly number[];
  /** One for each bound, and one for what is above the last. Not summed up. */
  readonly counts: Float64Array;
  sumMs = 0;

  constructor(boundsMs: readonly number[]) {
    this.boundsMs = boundsMs;
    this.counts = new Float64Array(boundsMs.length + 1);
  }

  observe(ms: number): void {
    const { boundsMs, counts } = this;
    let i = 0;
    // From the left: most are short.
    while (i < boundsMs.length && ms > (boundsMs[i] ?? 0)) i++;
    counts[i] = (counts[i] ?? 0) + 1;
    this.sumMs += ms;
  }

  get count(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }
}

/** A distribution for each pair of words. Callers see to it that there are few: each pair is kept for good. */
export class Distributions {
  readonly #boundsMs: readonly number[];
  readonly #children = new Map<string, Map<string, Distribution>>();

  constructor(boundsMs: readonly number[]) {
    this.#boundsMs = boundsMs;
  }

  of(first: string, second = ''): Distribution {
    let row = this.#children.get(first);
    if (row === undefined) this.#children.set(first, (row = new Map<string, Distribution>()));
    let child = row.get(second);
    if (child === undefined) row.set(second, (child = new Distribution(this.#boundsMs)));
    return child;
  }

  *[Symbol.iterator](): Generator<readonly [string, string, Distribution]> {
    for (const [first, row] of this.#children) for (const [second, child] of row) yield [first, second, child];
  }
}

/** Counts by a word, of which callers use few. Those known before begin at 0: a series that is born at 1 shows no growth. */
export class Tally {
  readonly #counts: Map<string, number>;

  constructor(words: readonly string[]) {
    this.#counts = new Map(words.map((word) => [word, 0]));
  }

  add(word: string): void {
    this.#counts.set(word, (this.#counts.get(word) ?? 0) + 1);
  }

  [Symbol.iterator](): IterableIterator<[string, number]> {
    return this.#counts.entries();
  }
}
