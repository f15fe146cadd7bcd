/** Stands in for what a bare machine may lack, in the bundle of the library: there it takes the place of the global. */
interface Clock {
  now(): number;
}

interface RandomSource {
  getRandomValues<T extends Uint8Array | Int32Array>(into: T): T;
}

const platform: { performance?: Clock; crypto?: RandomSource } = globalThis;

/** Where no clock runs evenly, the one that people set has to do. */
export const performance: Clock = platform.performance ?? { now: () => Date.now() };

/** Of a lesser kind: nothing that the library makes of it is a secret. */
export const crypto: RandomSource = platform.crypto ?? {
  getRandomValues: (into) => {
    for (let i = 0; i < into.length; i++) into[i] = Math.random() * 2 ** 32;
    return into;
  },
};
