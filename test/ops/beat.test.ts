// What is done again and again: in step, and often only while there is something to do. By a clock of the test's own.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { every } from '../../src/ops/beat.ts';
import { Pulse } from '../../src/ops/pulse.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});

describe('beats', () => {
  test('whenever they begin, those of a longer period come with those of a shorter one', () => {
    const seconds: number[] = [];
    const others: number[] = [];
    jest.advanceTimersByTime(130);
    const one = every(1000, () => seconds.push(performance.now()));
    jest.advanceTimersByTime(450);
    const other = every(3000, () => others.push(performance.now()));
    jest.advanceTimersByTime(9000);
    expect(seconds.map((at) => at % 1000)).toEqual(Array(9).fill(0));
    expect(others).toHaveLength(3);
    for (const at of others) expect(seconds).toContain(at);
    one.stop();
    other.stop();
  });

  test('what is late comes once, and the next in its time', () => {
    const at: number[] = [];
    const now = performance.now.bind(performance);
    let stoodStillMs = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => now() + stoodStillMs);
    const beat = every(100, () => at.push(performance.now()));
    // Over two of them.
    stoodStillMs = 230;
    jest.advanceTimersByTime(100);
    expect(at).toEqual([330]);
    jest.advanceTimersByTime(270);
    expect(at).toEqual([330, 400, 500, 600]);
    beat.stop();
  });

  test('a stopped one is not heard of any more, and what throws goes on', () => {
    let count = 0;
    const beat = every(100, () => {
      count++;
      throw new Error('once');
    });
    expect(() => jest.advanceTimersByTime(100)).toThrow('once');
    expect(() => jest.advanceTimersByTime(100)).toThrow('once');
    beat.stop();
    jest.advanceTimersByTime(1000);
    expect(count).toBe(2);
  });
});

describe('the pulse', () => {
  /** Looks made since the last call. */
  function open(): { pulse: Pulse; work: { left: number }; looks: () => number } {
    const pulse = new Pulse();
    const work = { left: 0 };
    let count = 0;
    pulse.start(() => {
      count++;
      if (work.left > 0) work.left--;
      return work.left > 0;
    });
    const looks = (): number => {
      const made = count;
      count = 0;
      return made;
    };
    return { pulse, work, looks };
  }

  test('looks once a second where there is nothing to do', () => {
    const { pulse, looks } = open();
    jest.advanceTimersByTime(10_500);
    expect(looks()).toBe(10);
    pulse.stop();
  });

  test('looks soon when it is woken, often while something is left, and then seldom again', () => {
    const { pulse, work, looks } = open();
    jest.advanceTimersByTime(1200);
    looks();
    work.left = 5;
    pulse.wake();
    pulse.wake();
    jest.advanceTimersByTime(150);
    expect(looks()).toBe(1);
    jest.advanceTimersByTime(450);
    expect(looks()).toBe(4);
    jest.advanceTimersByTime(150);
    expect(looks()).toBe(0);
    jest.advanceTimersByTime(100);
    expect(looks()).toBe(1);
    pulse.stop();
  });

  test('finds by itself what nobody has woken it for', () => {
    const { pulse, work, looks } = open();
    work.left = 3;
    jest.advanceTimersByTime(1300);
    expect(work.left).toBe(0);
    expect(looks()).toBe(3);
    pulse.stop();
  });

  test('is not woken before it has begun, or when it has ended', () => {
    const pulse = new Pulse();
    let looks = 0;
    pulse.wake();
    jest.advanceTimersByTime(500);
    pulse.start(() => looks++ < 0);
    pulse.stop();
    pulse.wake();
    jest.advanceTimersByTime(5000);
    expect(looks).toBe(0);
  });
});
