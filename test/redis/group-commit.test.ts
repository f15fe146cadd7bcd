// What goes together, in which order, and what becomes of it where a call fails.
import { expect, test } from '@jest/globals';
import { Budget } from '../../src/redis/budget.ts';
import { GroupCommit, type Share } from '../../src/redis/group-commit.ts';
import { StateUnavailable } from '../../src/redis/unavailable.ts';
import { eventually } from '../support/eventually.ts';

interface Call {
  readonly shares: readonly Share<string>[];
  answer(outcomes: readonly (string | Error)[]): void;
  fail(error: Error): void;
}

/** Calls that are answered by the test. An item weighs its length; a lane's slot is its first letter's. */
function start(
  countMax = 1000,
  timeoutMs = 60_000,
): {
  add: (lane: string, item: string) => Promise<string>;
  calls: Call[];
  budget: Budget;
} {
  const calls: Call[] = [];
  const budget = new Budget(countMax, 1 << 20, () => undefined);
  const group = new GroupCommit<string, string>({
    budget,
    itemsMax: 64,
    timeoutMs,
    slotOf: (lane) => lane.charCodeAt(0),
    bytesOf: (item) => item.length,
    run: (shares) =>
      new Promise((resolve, reject) => {
        calls.push({ shares, answer: resolve, fail: reject });
      }),
  });
  const add = (lane: string, item: string): Promise<string> => {
    const outcome = group.add(lane, item);
    // Some are looked at only after they have failed.
    outcome.catch(() => undefined);
    return outcome;
  };
  return { add, calls, budget };
}

const seen = ({ shares }: Call): [string, string][] => shares.map(({ lane, items }) => [lane, items.join(' ')]);
/** Each item answered by itself. */
const echo = (call: Call | undefined): void => call?.answer(call.shares.flatMap(({ items }) => items));

async function nth(calls: readonly Call[], count: number): Promise<Call> {
  await eventually(() => expect(calls).toHaveLength(count));
  const call = calls[count - 1];
  if (call === undefined) throw new Error('no such call');
  return call;
}

test('lanes that are ready in one turn share a call where they may, and each has one under way', async () => {
  const { add, calls, budget } = start();
  const outcomes = [add('a1', 'p'), add('b1', 'q'), add('a2', 'r'), add('a1', 's')];
  await nth(calls, 2);
  expect(calls.map(seen)).toEqual([
    [
      ['a1', 'p s'],
      ['a2', 'r'],
    ],
    [['b1', 'q']],
  ]);
  const late = [add('a1', 't'), add('b1', 'u'), add('a2', 'v'), add('a1', 'w')];
  // Another slot's goes on while the first call is not answered.
  echo(calls[1]);
  expect(seen(await nth(calls, 3))).toEqual([['b1', 'u']]);
  echo(calls[2]);
  expect(await late[1]).toBe('u');
  expect(calls).toHaveLength(3);
  echo(calls[0]);
  expect(await Promise.all(outcomes)).toEqual(['p', 'q', 'r', 's']);
  expect(seen(await nth(calls, 4))).toEqual([
    ['a1', 't w'],
    ['a2', 'v'],
  ]);
  echo(calls[3]);
  expect(await Promise.all(late)).toEqual(['t', 'u', 'v', 'w']);
  expect([budget.count, budget.bytes]).toEqual([0, 0]);
});

test('a call has a bound, in items and in bytes, and what is larger than that goes alone', async () => {
  const { add, calls } = start();
  const large = 'x'.repeat(300 * 1024);
  const outcomes = [...Array.from({ length: 70 }, (_, i) => add('a1', `${i}`)), add('a2', 'y'.repeat(200 * 1024))];
  outcomes.push(add('a2', 'z'.repeat(100 * 1024)), add('a3', large));
  await nth(calls, 3);
  const sizes = (call: Call | undefined): number[] => call?.shares.map(({ items }) => items.length) ?? [];
  expect(calls.map(sizes)).toEqual([[64], [1], [1]]);
  for (const call of calls.slice()) echo(call);
  // Both lanes are ready again in the same turn.
  const more = await nth(calls, 4);
  expect(sizes(more)).toEqual([6, 1]);
  echo(more);
  expect((await Promise.all(outcomes)).slice(0, 70)).toEqual(Array.from({ length: 70 }, (_, i) => `${i}`));
});

test('what goes wrong with one item is told of that one', async () => {
  const { add, calls } = start();
  const outcomes = [add('a1', 'p'), add('a1', 'q'), add('a2', 'r')];
  (await nth(calls, 1)).answer(['p', new Error('q is no good'), 'r']);
  expect(await Promise.allSettled(outcomes)).toEqual([
    { status: 'fulfilled', value: 'p' },
    { status: 'rejected', reason: new Error('q is no good') },
    { status: 'fulfilled', value: 'r' },
  ]);
});

test('what waits behind a call that Redis has not answered fails with it; behind a defect it goes on', async () => {
  const { add, calls, budget } = start();
  const [sent, waiting] = [add('a1', 'p'), [add('a1', 'q'), add('a1', 'r')]];
  const first = await nth(calls, 1);
  const [behind, other] = [add('a1', 's'), add('a2', 't')];
  expect(seen(first)).toEqual([['a1', 'p q r']]);
  echo(await nth(calls, 2));
  expect(await other).toBe('t');
  const away = new StateUnavailable('Redis did not answer in time');
  first.fail(away);
  for (const failed of [sent, ...waiting, behind]) await expect(failed).rejects.toBe(away);
  expect([budget.count, budget.bytes]).toEqual([0, 0]);

  const broken = add('a1', 'u');
  const third = await nth(calls, 3);
  const after = add('a1', 'v');
  third.answer([]);
  await expect(broken).rejects.toThrow('0 outcomes for 1 items');
  echo(await nth(calls, 4));
  expect(await after).toBe('v');
});

test('what waits counts as what is on its way, and what is too much is refused at once', async () => {
  const { add, calls, budget } = start(2);
  const outcomes = [add('a1', 'p'), add('a1', 'q')];
  await expect(add('a2', 'r')).rejects.toThrow(StateUnavailable);
  expect(budget.count).toBe(2);
  echo(await nth(calls, 1));
  expect(await Promise.all(outcomes)).toEqual(['p', 'q']);
  expect(budget.count).toBe(0);
});

test('what has waited longer than a call may take is not sent any more', async () => {
  const { add, calls, budget } = start(1000, 1000);
  const sent = add('a1', 'p');
  const first = await nth(calls, 1);
  const late = add('a1', 'q');
  const began = performance.now();
  await eventually(() => expect(performance.now() - began).toBeGreaterThan(1100));
  const intime = add('a1', 'r');
  echo(first);
  expect(await sent).toBe('p');
  await expect(late).rejects.toThrow('waited too long');
  expect(seen(await nth(calls, 2))).toEqual([['a1', 'r']]);
  echo(calls[1]);
  expect(await intime).toBe('r');
  expect([budget.count, budget.bytes]).toEqual([0, 0]);
});
