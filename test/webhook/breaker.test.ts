// When the operator's address is left alone, for how long, and what ends it.
import { describe, expect, test } from '@jest/globals';
import { Breaker } from '../../src/chat/webhook/breaker.ts';
import { retryAfterMs } from '../../src/endpoint/retry-after.ts';

const HOUR = 3_600_000;

describe('a breaker', () => {
  test('opens where several logs fail and none is taken in between, and closes with what is taken', () => {
    const breaker = new Breaker();
    for (let count = 0; count < 10; count++) breaker.failed('one', 0, false);
    breaker.failed('two', 0, false);
    expect([breaker.state, breaker.leftMs(0)]).toEqual(['closed', 0]);
    breaker.succeeded();
    breaker.failed('three', 0, false);
    expect(breaker.state).toBe('closed');
    breaker.failed('one', 0, false);
    breaker.failed('two', 100, false);
    expect([breaker.state, breaker.leftMs(100), breaker.leftMs(2000)]).toEqual(['open', 1000, 0]);
    breaker.succeeded();
    expect([breaker.state, breaker.leftMs(100)]).toEqual(['closed', 0]);
  });

  test('waits twice as long after each try that failed, up to a minute; what was under way before says nothing new', () => {
    const breaker = new Breaker();
    for (const log of ['one', 'two', 'three']) breaker.failed(log, 0, false);
    breaker.failed('four', 0, false);
    expect(breaker.leftMs(0)).toBe(1000);
    const waits = Array.from({ length: 14 }, () => {
      const now = breaker.leftMs(0);
      breaker.failed('one', now, true);
      return breaker.leftMs(now);
    });
    expect(waits.slice(0, 4)).toEqual([2000, 4000, 8000, 16_000]);
    expect(waits.at(-1)).toBe(60_000);
  });

  test('opens for as long as it is asked to, an hour at most, and stays off for good', () => {
    const breaker = new Breaker();
    breaker.failed('one', 0, false, 30_000);
    expect([breaker.state, breaker.leftMs(0)]).toEqual(['open', 30_000]);
    breaker.failed('one', 0, false, 1e12);
    expect(breaker.leftMs(0)).toBe(HOUR);
    breaker.switchOff();
    breaker.succeeded();
    expect([breaker.state, breaker.leftMs(0)]).toEqual(['off', Infinity]);
  });
});

test('what an answer asks for is read in seconds and as a date, of answers that may ask', () => {
  const of = (status: number, given?: string): number =>
    retryAfterMs({ status, headers: given === undefined ? {} : { 'retry-after': given } });
  expect([of(429, '7'), of(503, '0'), of(503), of(500, '7'), of(503, 'soon'), of(429, '999999999')]).toEqual([
    7000,
    0,
    0,
    0,
    0,
    HOUR,
  ]);
  const date = new Date(Date.now() + 60_000).toUTCString();
  expect(of(503, date)).toBeGreaterThan(50_000);
  expect(of(503, new Date(0).toUTCString())).toBe(0);
});
