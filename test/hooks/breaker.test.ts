// The breaker before an endpoint, by a clock of the test's own.
import { describe, expect, test } from '@jest/globals';
import { Breaker, type Went } from '../../src/hooks/remote/breaker.ts';

function start(): { breaker: Breaker; pass: (ms: number) => void; call: (went: Went) => boolean } {
  let nowMs = 0;
  const breaker = new Breaker(() => nowMs);
  const call = (went: Went): boolean => {
    const end = breaker.enter();
    end?.(went);
    return end !== undefined;
  };
  return { breaker, pass: (ms) => void (nowMs += ms), call };
}

/** One that has just opened. */
function opened(): ReturnType<typeof start> {
  const begun = start();
  for (let n = 0; n < 5; n++) expect(begun.call('failed')).toBe(true);
  expect(begun.breaker.isOpen).toBe(true);
  return begun;
}

describe('a breaker', () => {
  test('opens at failures in a row, not at as many among answers', () => {
    const { breaker, call } = start();
    for (let n = 0; n < 20; n++) call(n % 5 === 4 ? 'answered' : 'failed');
    expect(breaker.isOpen).toBe(false);
    // What says nothing is no answer either.
    for (const went of ['failed', 'failed', 'untold', 'failed', 'failed', 'untold', 'failed'] as const) call(went);
    expect(breaker.isOpen).toBe(true);
  });

  test('lets one try through after a while, which closes it or makes the next one wait twice as long, up to a bound', () => {
    const { breaker, pass, call } = opened();
    expect(call('answered')).toBe(false);
    let waitMs = 1000;
    for (const next of [2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      pass(waitMs - 1);
      expect(breaker.enter()).toBeUndefined();
      pass(1);
      const end = breaker.enter();
      // While it is under way, no other.
      expect(breaker.enter()).toBeUndefined();
      end?.('failed');
      waitMs = next;
    }
    pass(waitMs);
    expect(call('answered')).toBe(true);
    expect(breaker.isOpen).toBe(false);
    for (let n = 0; n < 4; n++) call('failed');
    expect([breaker.isOpen, call('failed'), breaker.isOpen]).toEqual([false, true, true]);
    pass(1000);
    expect(call('answered')).toBe(true);
  });

  test('goes on trying where a try said nothing', () => {
    const { breaker, pass, call } = opened();
    pass(1000);
    expect(call('untold')).toBe(true);
    expect([breaker.isOpen, call('answered'), breaker.isOpen]).toEqual([true, true, false]);
  });

  test('is closed by the answer to whoever asked before, and not kept open by its failure', () => {
    const { breaker, pass, call } = start();
    const [late, later] = [breaker.enter(), breaker.enter()];
    for (let n = 0; n < 5; n++) call('failed');
    pass(999);
    late?.('failed');
    pass(1);
    const attempt = breaker.enter();
    later?.('answered');
    expect(breaker.isOpen).toBe(false);
    attempt?.('failed');
    expect(breaker.isOpen).toBe(false);
  });
});
