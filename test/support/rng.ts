// A small seeded random generator for tests, so that a failure can be run again. Not for secrets.

export interface Rng {
  readonly seed: number;
  /** In [0, 1). */
  next(): number;
  /** An integer from `min` to `max`, both included. */
  integer(min: number, max: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** One of the items; the list must not be empty. */
  pick<T>(items: readonly T[]): T;
  /** A new list in random order. */
  shuffle<T>(items: readonly T[]): T[];
}

/** mulberry32 by Tommy Ettinger (public domain): 32 bits of state, enough for test data. */
export function createRng(seed: number): Rng {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  const pick = <T>(items: readonly T[]): T => {
    if (items.length === 0) throw new Error('nothing to pick from');
    const [picked] = items.slice(integer(0, items.length - 1));
    // The index is inside the list, so the item is there, even if it is an `undefined` of T.
    return picked as T;
  };
  const shuffle = <T>(items: readonly T[]): T[] =>
    items
      .map((item) => ({ item, at: next() }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ item }) => item);
  return { seed: seed >>> 0, next, integer, chance: (probability) => next() < probability, pick, shuffle };
}

/**
 * A test body with random data: `test('…', seeded((rng) => …))`. The seed is `options.seed`, else the variable
 * PARLEY_TEST_SEED, else random; a failure names it.
 */
export function seeded(body: (rng: Rng) => Promise<void> | void, options: { seed?: number } = {}): () => Promise<void> {
  return async () => {
    const given = options.seed ?? Number(process.env.PARLEY_TEST_SEED ?? Math.floor(Math.random() * 2 ** 32));
    const rng = createRng(given);
    try {
      await body(rng);
    } catch (failure) {
      console.error(`failed with seed ${rng.seed}; run again with PARLEY_TEST_SEED=${rng.seed}`);
      throw failure;
    }
  };
}
