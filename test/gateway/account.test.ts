// What one party may take of a node: its store of units, what runs for it at once, and who of its sockets is next.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { Account, Accounts, type Waiter } from '../../src/gateway/limits/account.ts';

const limits = { perSecond: 100, burst: 50 };

describe('the store of an account', () => {
  test('gives what is in it, tells how long to wait for more, and fills by time up to its size', () => {
    const account = new Account(limits, 0);
    expect(account.take(40, 0)).toBe(0);
    expect(account.take(20, 0)).toBe(100);
    expect(account.take(20, 99)).toBeGreaterThan(0);
    expect(account.take(20, 100)).toBe(0);
    expect(account.take(50, 10_000)).toBe(0);
    expect(account.take(1, 10_000)).toBe(10);
  });

  test('gives a full store to who asks for more than it holds, or nobody could ever have that', () => {
    const account = new Account(limits, 0);
    expect(account.take(400, 0)).toBe(0);
    expect(account.take(1, 0)).toBeGreaterThan(0);
    expect(account.take(400, 3499)).toBeGreaterThan(0);
    expect(account.take(400, 4001)).toBe(0);
  });

  test('is overdrawn by what has been used up already, for ten seconds at most', () => {
    const account = new Account(limits, 0);
    account.spend(150);
    expect(account.waitMs(0, 0)).toBe(1000);
    account.spend(1_000_000);
    expect(account.waitMs(0, 0)).toBe(10_000);
    // Also by one request that no store could ever pay.
    const other = new Account(limits, 0);
    expect(other.take(1_000_000, 0)).toBe(0);
    expect(other.waitMs(0, 0)).toBe(10_000);
    expect(account.take(1, 10_010)).toBe(0);
  });
});

/** A socket with requests of these sizes; what has begun is in `begun`. */
class Socket implements Waiter {
  readonly #account: Account;
  readonly #name: string;
  readonly #begun: string[];
  readonly queue: number[];

  constructor(account: Account, name: string, begun: string[], queue: number[]) {
    this.#account = account;
    this.#name = name;
    this.#begun = begun;
    this.queue = queue;
  }

  pump(): void {
    for (let next = this.queue[0]; next !== undefined && this.#account.begin(next, this); next = this.queue[0]) {
      this.queue.shift();
      this.#begun.push(`${this.#name}${next}`);
    }
  }
}

describe('what runs for one party at once', () => {
  test('is bounded in units; who waits is served in turn', () => {
    const account = new Account({ perSecond: 1, burst: 1 }, 0);
    const begun: string[] = [];
    const sockets = ['a', 'b', 'c'].map((name) => new Socket(account, name, begun, [50, 50, 50]));
    for (const socket of sockets) socket.pump();
    expect(begun).toEqual(['a50', 'a50']);
    account.end(50, 0, 0);
    account.end(50, 0, 0);
    account.end(50, 0, 0);
    // Of those that wait each gets one before anybody gets a second.
    expect(begun.slice(2)).toEqual(['a50', 'b50', 'c50']);
  });

  test('lets a large request in among small ones, and nobody overtakes it', () => {
    const account = new Account({ perSecond: 1, burst: 1 }, 0);
    const begun: string[] = [];
    const small = new Socket(account, 's', begun, Array<number>(100).fill(20));
    const large = new Socket(account, 'L', begun, [5000]);
    small.pump();
    large.pump();
    for (let ended = 0; ended < 6; ended++) account.end(20, 0, 0);
    expect(begun).toContain('L5000');
  });

  test('is one of the heaviest requests at a time', () => {
    const account = new Account({ perSecond: 1, burst: 1 }, 0);
    const begun: string[] = [];
    const [one, other, small] = [[5000], [5000], [10]].map((queue, at) => new Socket(account, `${at}:`, begun, queue));
    one?.pump();
    small?.pump();
    other?.pump();
    expect(begun).toEqual(['0:5000', '2:10']);
    account.end(5000, 0, 0);
    expect(begun).toEqual(['0:5000', '2:10', '1:5000']);
  });

  test('does not wait for a socket that is gone', () => {
    const account = new Account({ perSecond: 1, burst: 1 }, 0);
    const begun: string[] = [];
    const [first, gone, next] = ['f', 'g', 'n'].map((name) => new Socket(account, name, begun, [64]));
    first?.pump();
    gone?.pump();
    next?.pump();
    expect(begun).toEqual(['f64', 'g64']);
    if (gone !== undefined) account.forget(gone);
    account.end(64, 0, 0);
    expect(begun).toEqual(['f64', 'g64', 'n64']);
  });

  test('never exceeds the bound by more than one request, and nothing waits while nothing runs', () => {
    const step = fc.oneof(
      fc.record({ socket: fc.nat(3), units: fc.integer({ min: 1, max: 300 }) }),
      fc.constant('end' as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const account = new Account({ perSecond: 1, burst: 1 }, 0);
        const begun: string[] = [];
        const sockets = ['a', 'b', 'c', 'd'].map((name) => new Socket(account, name, begun, []));
        let ended = 0;
        const sizes = (): number[] => begun.map((one) => Number(one.slice(1)));
        for (const one of steps) {
          if (one !== 'end') {
            sockets[one.socket]?.queue.push(one.units);
            sockets[one.socket]?.pump();
          } else if (ended < begun.length) account.end(sizes()[ended++] ?? 0, 0, 0);
          const running = sizes()
            .slice(ended)
            .reduce((sum, units) => sum + Math.min(units, 96), 0);
          expect(running).toBeLessThanOrEqual(128);
          const waits = sockets.some(({ queue }) => queue.length > 0);
          if (waits) expect(begun.length).toBeGreaterThan(ended);
        }
      }),
    );
  });
});

describe('the rest after heavy work', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  const half = { perSecond: 1000, burst: 1000 };
  const heavy = 96;

  /** An account that has a little less than half of its store left, at 0 ms, with a heavy request that runs. */
  function busy(): { account: Account; begun: string[]; next: Socket } {
    const account = new Account(half, 0);
    account.spend(501);
    const begun: string[] = [];
    const next = new Socket(account, '', begun, [heavy, heavy]);
    next.pump();
    return { account, begun, next };
  }

  test('is twice the time that it took, whatever it was charged: two thirds of the time are for others', () => {
    const { account, begun } = busy();
    account.end(heavy, 40, 0);
    jest.advanceTimersByTime(79);
    expect(begun).toHaveLength(1);
    jest.advanceTimersByTime(1);
    expect(begun).toHaveLength(2);
  });

  test('is of heavy work: small requests of other sockets of the user go on, also those that have had to wait', () => {
    const { account, begun, next } = busy();
    const small = new Socket(account, 'small', begun, Array<number>(7).fill(20));
    next.queue.push(heavy);
    account.end(heavy, 40, 0);
    small.pump();
    const six = Array<string>(6).fill('small20');
    expect(begun).toEqual(['96', ...six]);
    account.end(20, 0, 0);
    expect(begun).toEqual(['96', ...six, 'small20']);
    jest.advanceTimersByTime(80);
    for (let ended = 0; ended < 6; ended++) account.end(20, 0, 0);
    expect(begun.slice(8)).toEqual(['96']);
    // The rest is over: nobody overtakes who waits.
    small.queue.push(10);
    small.pump();
    expect(begun.slice(9)).toEqual([]);
  });

  test('is not asked of other accounts, nor of one that has most of its store', () => {
    const { account } = busy();
    account.end(heavy, 40, 0);
    const other = new Account(half, 0);
    const begun: string[] = [];
    new Socket(other, '', begun, [heavy, heavy, heavy]).pump();
    for (const { length } of [[1], [1, 2]]) {
      expect(begun).toHaveLength(length);
      other.end(heavy, 40, 0);
    }
    expect(begun).toHaveLength(3);
  });

  test('lasts until a debt is paid, and has an end also where Redis was slow', () => {
    const indebted = busy();
    indebted.account.spend(599);
    indebted.account.end(heavy, 0, 0);
    jest.advanceTimersByTime(99);
    expect(indebted.begun).toHaveLength(1);
    jest.advanceTimersByTime(1);
    expect(indebted.begun).toHaveLength(2);

    const slow = busy();
    slow.account.end(heavy, 60_000, 0);
    jest.advanceTimersByTime(500);
    expect(slow.begun).toHaveLength(2);
  });

  test('is that of the longest, where several end', () => {
    const { account, begun } = busy();
    account.end(heavy, 100, 0);
    account.end(0, 0, 0);
    const { account: second, begun: ofSecond } = busy();
    second.end(heavy, 100, 0);
    second.end(32, 10, 10);
    jest.advanceTimersByTime(199);
    expect([begun.length, ofSecond.length]).toEqual([1, 1]);
    jest.advanceTimersByTime(1);
    expect([begun.length, ofSecond.length]).toEqual([2, 2]);
  });
});

describe('accounts', () => {
  test('are shared by the sockets of a party, and outlive them until the store is full again', () => {
    const accounts = new Accounts(limits);
    const first = accounts.open('ann', 0);
    expect(accounts.open('ann', 0)).toBe(first);
    expect(first.take(50, 0)).toBe(0);
    accounts.close('ann');
    accounts.close('ann');
    accounts.tidy(100);
    // Coming back renews nothing.
    expect(accounts.open('ann', 100)).toBe(first);
    expect(first.take(50, 100)).toBeGreaterThan(0);
    accounts.close('ann');
    accounts.tidy(600);
    expect(accounts.size).toBe(0);
    expect(accounts.open('ann', 600)).not.toBe(first);
  });

  test('tell the debt of a party that has no socket', () => {
    const accounts = new Accounts(limits);
    accounts.open('ann', 0).spend(450);
    accounts.close('ann');
    accounts.tidy(0);
    // Three seconds of it are no reason to keep anybody out.
    expect(accounts.debtMs('ann', 0)).toBe(1000);
    expect(accounts.debtMs('ann', 1000)).toBe(0);
    expect(accounts.debtMs('bob', 0)).toBe(0);
  });
});
