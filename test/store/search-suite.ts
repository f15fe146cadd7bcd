// What a search of a log looks at: its ends, by id and by time, both ways, and where it goes on.
import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { rightsOf, SERVICE } from '../../src/store/rights.ts';
import type { SearchRange } from '../../src/store/history/search.ts';
import { useScope } from '../support/scope.ts';
import { append } from './pair-actions.ts';
import { join, post, room, starter } from './room-actions.ts';
import type { OpenStore, Store } from './store.ts';

const scope = useScope();
const ALL: SearchRange = { from: {}, to: {}, forward: true, at: undefined, limit: 100 };

/** What is looked at: the ids in their order, and the ends. */
async function looked(store: Store, range: Partial<SearchRange>): Promise<unknown> {
  const found = await store.histories.search(room, rightsOf('owner'), { ...ALL, ...range });
  return typeof found === 'string' ? found : [found.messages.map(({ id }) => id), found.first, found.last];
}

/** Messages of a clock that moves on between them. */
async function timesOf(store: Store, count: number): Promise<number[]> {
  await join(store, 'alice');
  for (let i = 0; i < count; i++) {
    await post(store, 'alice');
    const postedAt = Date.now();
    await eventually(() => expect(Date.now()).toBeGreaterThan(postedAt + 2));
  }
  const all = await store.histories.read(room, SERVICE, 0, count);
  if (typeof all === 'string') throw new Error(all);
  return all.map(({ timestamp }) => timestamp);
}

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function searchSuite(open: OpenStore): void {
  const start = starter(open, scope);
  describe('in a room', () => {
    test('it goes from the newer end back, or from the older one on, between ids and times', async () => {
      const store = await start();
      expect(await looked(store, {})).toEqual([[], 1, 0]);
      const times = await timesOf(store, 5);
      expect(await looked(store, {})).toEqual([[1, 2, 3, 4, 5], 1, 5]);
      expect(await looked(store, { forward: false })).toEqual([[5, 4, 3, 2, 1], 1, 5]);
      expect(await looked(store, { from: { id: 2 }, to: { id: 4 }, limit: 2 })).toEqual([[2, 3], 2, 4]);
      expect(await looked(store, { from: { id: 2 }, to: { id: 4 }, limit: 2, forward: false })).toEqual([[4, 3], 2, 4]);
      const [, second = 0, , fourth = 0] = times;
      expect(await looked(store, { from: { time: second }, to: { time: fourth } })).toEqual([[2, 3, 4], 2, 4]);
      expect(await looked(store, { from: { time: second + 1 }, to: { time: fourth - 1 } })).toEqual([[3], 3, 3]);
      // By both, the narrower one.
      expect(await looked(store, { from: { time: second, id: 3 }, to: { time: fourth, id: 9 } })).toEqual([
        [3, 4],
        3,
        4,
      ]);
      expect(await looked(store, { from: { id: 4 }, to: { id: 2 } })).toEqual([[], 4, 2]);
      expect(await looked(store, { from: { time: (times[4] ?? 0) + 1 } })).toEqual([[], 6, 5]);
      expect(await looked(store, { to: { time: (times[0] ?? 0) - 1 } })).toEqual([[], 1, 0]);
    });

    test('it goes on in the log in which it was, for who may read, and ends where what is kept does', async () => {
      const store = await start({ replyBytes: 1 }, { historyMax: 3 });
      await timesOf(store, 5);
      // One message, however large, and none that is not kept.
      expect(await looked(store, {})).toEqual([[3], 3, 5]);
      const found = await store.histories.search(room, SERVICE, ALL);
      const epoch = typeof found === 'string' ? '' : found.epoch;
      expect(await looked(store, { at: { id: 4, epoch } })).toEqual([[4], 4, 5]);
      expect(await looked(store, { at: { id: 4, epoch }, forward: false })).toEqual([[4], 3, 4]);
      expect(await looked(store, { at: { id: 4, epoch: 'x'.repeat(16) } })).toBe('otherLog');
      expect(await store.histories.search(room, rightsOf('bob'), ALL)).toBe('notJoined');
      expect(await store.histories.search('nowhere', SERVICE, ALL)).toBe('noRoom');
    });
  });

  ofTwoUsers(open);
}

function ofTwoUsers(open: OpenStore): void {
  test('of two users it tells as well how far their messages have come', async () => {
    const store = await open(scope);
    expect(await store.pairs.search('ann', 'bob', ALL)).toBe('noPair');
    for (const text of ['one', 'two', 'three']) await append(store, 'ann', 'bob', { text });
    await append(store, 'bob', 'ann');
    await store.pairs.markSent('bob', 'ann', { first: 1, last: 2 });
    await store.pairs.markRead('bob', 'ann', 1);
    const found = await store.pairs.search('ann', 'bob', { ...ALL, from: { id: 2 }, forward: false });
    if (typeof found === 'string') throw new Error(found);
    const { messages, ...rest } = found;
    expect(messages.map(({ id, subject }) => [id, subject])).toEqual([
      [4, 'bob'],
      [3, 'ann'],
      [2, 'ann'],
    ]);
    const marks = { sentOwn: 2, readOwn: 1, sentPeer: 0, readPeer: 0 };
    expect(rest).toEqual({ first: 2, last: 4, epoch: expect.any(String), ...marks });
    const other = { ...ALL, at: { id: 1, epoch: 'x'.repeat(16) } };
    expect(await store.pairs.search('ann', 'bob', other)).toBe('otherLog');
  });
}
