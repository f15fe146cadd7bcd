// What a busy topic's window holds back, for how long, and when it does not: by a clock of the test's own.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { HEARERS_MIN, Window } from '../../src/bus/window.ts';

const windowMs = 10;

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] }));
afterEach(() => void jest.useRealTimers());

interface Delivery {
  readonly n: number;
  /** When it came and when it was delivered. */
  readonly cameAt: number;
  readonly at: number;
}

/** A window, what it has delivered, and how many turns that took. */
function open(hearers = HEARERS_MIN) {
  const delivered: Delivery[] = [];
  const came: number[] = [];
  const turns = new Set<number>();
  let held = 0;
  const deliver = (bytes: Buffer): void => {
    const n = bytes.readUInt32BE(0);
    delivered.push({ n, cameAt: came[n] ?? NaN, at: performance.now() });
    turns.add(performance.now());
  };
  const window = new Window({ windowMs, bytesMax: 1 << 20, hearers: () => hearers, onHeld: () => held++, deliver });
  const arrive = (size = 4): void => {
    const bytes = Buffer.alloc(size);
    bytes.writeUInt32BE(came.length);
    came.push(performance.now());
    window.received(bytes, performance.now());
  };
  /** So many, one every `everyMs`. */
  const stream = (count: number, everyMs: number): void => {
    for (let i = 0; i < count; i++) {
      arrive();
      jest.advanceTimersByTime(everyMs);
    }
  };
  return { held: () => held, window, delivered, turns, came, arrive, stream };
}

const waits = (delivered: readonly Delivery[]): number[] => delivered.map(({ at, cameAt }) => at - cameAt);
const inOrder = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe('a window', () => {
  test('brings what comes often together, in order, and nothing waits for longer than it is', () => {
    const { delivered, turns, stream, held } = open();
    stream(400, 2);
    jest.advanceTimersByTime(windowMs);
    expect(delivered.map(({ n }) => n)).toEqual(inOrder(400));
    expect(Math.max(...waits(delivered))).toBeLessThanOrEqual(windowMs);
    // 800 ms: but for the first 100, in which it is found out, a turn each 10.
    expect(turns.size).toBeLessThan(50 + 75);
    expect(held()).toBe(waits(delivered).filter((ms) => ms > 0).length);
    expect(waits(delivered).slice(0, 50)).toEqual(inOrder(50).map(() => 0));
  });

  test('does not hold back what comes seldom', () => {
    const { delivered, stream } = open();
    stream(100, 8);
    expect(waits(delivered)).toEqual(inOrder(100).map(() => 0));
  });

  test('does not hold back what is for few', () => {
    const { delivered, stream } = open(HEARERS_MIN - 1);
    stream(400, 2);
    expect(waits(delivered)).toEqual(inOrder(400).map(() => 0));
  });

  test('lets what comes first after a pause go at once', () => {
    const { delivered, stream, arrive } = open();
    stream(200, 2);
    jest.advanceTimersByTime(windowMs);
    jest.advanceTimersByTime(windowMs);
    arrive();
    expect(waits(delivered).at(-1)).toBe(0);
  });

  test('rests where it brings nothing together: who posts is waiting for its answer', () => {
    const { delivered, arrive, came } = open();
    // The next is sent when the last was heard, a millisecond later.
    const until = performance.now() + 3000;
    while (performance.now() < until) {
      if (delivered.length === came.length) arrive();
      jest.advanceTimersByTime(1);
    }
    const late = waits(delivered).filter((ms) => ms > 0);
    // Three tries of each second or so, of a thousand messages.
    expect(delivered.length).toBeGreaterThan(2500);
    expect(late.length).toBeGreaterThan(0);
    expect(late.length).toBeLessThanOrEqual(12);
  });

  test('holds a bounded number of bytes', () => {
    const { delivered, stream, arrive } = open();
    stream(100, 2);
    jest.advanceTimersByTime(5);
    const before = delivered.length;
    for (let i = 0; i < 3; i++) arrive(400_000);
    expect(delivered.length).toBeGreaterThanOrEqual(before + 3);
    expect(delivered.map(({ n }) => n)).toEqual(inOrder(103));
  });

  test('delivers nothing after it is closed', () => {
    const { window, delivered, stream, arrive } = open();
    stream(100, 2);
    arrive();
    const before = delivered.length;
    window.close();
    jest.advanceTimersByTime(1000);
    expect(delivered).toHaveLength(before);
  });
});
