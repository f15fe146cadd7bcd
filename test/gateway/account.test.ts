// What one party may take of a node: its store of units, what runs for it at once, and who of its sockets is next.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Account, Accounts, type Waiter } from '../../src/gateway/account.ts';

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
    account.end(50);
    account.end(50);
    account.end(50);
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
    for (let ended = 0; ended < 5; ended++) account.end(20);
    expect(begun).toContain('L5000');
  });

  test('does not wait for a socket that is gone', () => {
    const account = new Account({ perSecond: 1, burst: 1 }, 0);
    const begun: string[] = [];
    const [first, gone, next] = ['f', 'g', 'n'].map((name) => new Socket(account, name, begun, [128]));
    first?.pump();
    gone?.pump();
    next?.pump();
    expect(begun).toEqual(['f128', 'g128']);
    if (gone !== undefined) account.forget(gone);
    account.end(128);
    expect(begun).toEqual(['f128', 'g128', 'n128']);
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
          } else if (ended < begun.length) account.end(sizes()[ended++] ?? 0);
          const running = sizes()
            .slice(ended)
            .reduce((sum, units) => sum + Math.min(units, 64), 0);
          expect(running).toBeLessThanOrEqual(128);
          const waits = sockets.some(({ queue }) => queue.length > 0);
          if (waits) expect(begun.length).toBeGreaterThan(ended);
        }
      }),
    );
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
