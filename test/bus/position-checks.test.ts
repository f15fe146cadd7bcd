// When feeds are compared with their logs, and how many at a time: by a clock of the test's own.
import { expect, test } from '@jest/globals';
import type { Feed } from '../../src/bus/feed.ts';
import { PositionChecks } from '../../src/bus/position-checks.ts';

const at = { epoch: 'e', seq: 1, nonce: 1, id: 1, timestamp: 1 };

function open(topics: number, roundMs: number) {
  const checked = new Map<string, { feed: Feed }>();
  // Of a feed only this is asked.
  for (let i = 0; i < topics; i++) {
    checked.set(`t${i}`, { feed: { topic: `t${i}`, live: true, position: at } as unknown as Feed });
  }
  const asked: { count: number; now: number }[] = [];
  let [now, wakes] = [0, 0];
  const checks = new PositionChecks(
    {
      reader: {
        readPositions(names: readonly string[]) {
          asked.push({ count: names.length, now });
          return Promise.resolve(new Map());
        },
      } as never,
      wake: () => void wakes++,
      onError: () => undefined,
    },
    roundMs,
  );
  const tick = (afterMs: number): void => {
    now += afterMs;
    checks.tick(checked, now);
  };
  /** Compared since the last call. */
  const taken = (): number => asked.splice(0).reduce((sum, { count }) => sum + count, 0);
  return { checks, checked, tick, taken, asked, wakes: () => wakes };
}

test('all are compared once in a round, whether ticks are seldom, often, or a little early', () => {
  for (const paceMs of [1000, 999, 100, 400]) {
    const { checks, tick, taken } = open(600, 30_000);
    tick(0);
    for (let ms = 0; ms < 30_000; ms += paceMs) tick(paceMs);
    expect(Math.abs(taken() - 600)).toBeLessThanOrEqual(40);
    expect(checks.hasWork).toBe(false);
  }
});

test('those that are due wait for others no longer than about a second', () => {
  const { tick, asked } = open(300, 30_000);
  tick(0);
  for (let i = 0; i < 20; i++) tick(i % 2 === 0 ? 999 : 1001);
  expect(asked.length).toBeGreaterThanOrEqual(19);
});

test('after a stall they are not all asked for at once, and what is left over is in a moment', () => {
  const { checks, tick, taken } = open(50_000, 30_000);
  tick(0);
  tick(20_000);
  expect(taken()).toBe(1000);
  expect(checks.hasWork).toBe(true);
  for (let i = 0; i < 10; i++) tick(100);
  const after = taken();
  expect(after).toBeGreaterThan(1500);
  expect(after).toBeLessThanOrEqual(10_000);
});

test('after an interruption somebody is told that there is work, and all are asked a bounded number at a time', () => {
  const { checks, checked, tick, taken, wakes } = open(2500, 3_600_000);
  tick(0);
  checks.all(checked);
  expect(wakes()).toBe(1);
  const pages: number[] = [];
  while (checks.hasWork) {
    tick(100);
    pages.push(taken());
  }
  expect(pages).toEqual([1000, 1000, 500]);
});

test('a short round is kept by ticking often', () => {
  const { checks } = open(1, 3000);
  expect(checks.hasWork).toBe(true);
});
