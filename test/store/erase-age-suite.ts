// What was erased and how long messages are kept: a tombstone is as old as its message was, is found by its time, and goes with what is
// as old. And a user's inbox goes by itself no earlier than its newest notice, nor later than the user.
import { expect, test } from '@jest/globals';
import { SERVICE } from '../../src/store/rights.ts';
import { useScope } from '../support/scope.ts';
import { makeOlder } from './age-actions.ts';
import { write } from './authored-suite.ts';
import { saidIn } from './erase-actions.ts';
import { appended, deliver, login, logout, read } from './pair-actions.ts';
import { room, starter, type Start } from './room-actions.ts';
import type { OpenStore, Store } from './store.ts';

const scope = useScope();
const HOUR = 3_600_000;

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function eraseAgeSuite(open: OpenStore): void {
  const start = starter(open, scope);
  rooms(start);
  pairs(open);
  inboxes(open);
}

/** By letter, and those up to an id are too old. */
async function talked(store: Store, authors: string, tooOldUpTo: number): Promise<void> {
  for (const letter of authors) await write(store, letter, { text: letter });
  const { meta, history: stream } = store.keys.room(room);
  await makeOlder(store, { meta, stream, byMs: 2 * HOUR, upTo: tooOldUpTo });
}

const whole = async (store: Store): Promise<string[]> => saidIn(await store.histories.read(room, SERVICE, 0, 100));

function rooms(start: Start): void {
  test.each([
    ['before others', 'aaab', 3, ['4 b'], 4],
    ['after others', 'baaa', 3, ['4 erased'], 4],
    ['and nothing else is there', 'aaa', 3, [], 4],
    ['but the newest', 'aabb', 0, ['1 erased', '2 erased', '3 b', '4 b'], 1],
  ] as const)('tombstones that are too old are not given: %s', async (_, authors, upTo, seen, oldestId) => {
    const store = await start({ historyMaxAgeMs: HOUR });
    await talked(store, authors, upTo);
    await store.authored.eraseInRoom(room, 'a');
    expect(await whole(store)).toEqual(seen);
    expect(await store.rooms.readInfo(room, SERVICE)).toMatchObject({ oldestId, lastId: authors.length });
  });

  test('they go when somebody posts, or by themselves', async () => {
    const store = await start({ historyMaxAgeMs: HOUR });
    const { client, keys } = store;
    const { latest, history } = keys.room(room);
    await talked(store, 'aaaa', 3);
    await client.pexpire(history, HOUR);
    await store.authored.eraseInRoom(room, 'a');
    expect(await client.pttl(latest)).toBeGreaterThan(0);
    await write(store, 'b', { text: 'b' });
    expect(await client.zcard(latest)).toBe(1);
    expect(await whole(store)).toEqual(['4 erased', '5 b']);
    for (const key of [latest, history]) expect(await client.pttl(key)).toBeGreaterThan(HOUR);
  });
}

function pairs(open: OpenStore): void {
  test('what two users have said is found by its time, erased or not', async () => {
    const store = await open(scope);
    const times: number[] = [];
    for (const [author, to] of [
      ['bob', 'ann'],
      ['bob', 'ann'],
      ['ann', 'bob'],
      ['ann', 'bob'],
    ] as const) {
      times.push((await appended(store, author, to)).timestamp);
    }
    const { meta, history: stream } = store.keys.pair('ann', 'bob');
    await makeOlder(store, { meta, stream, byMs: HOUR, upTo: 3 });
    await store.authored.eraseInPair('ann', 'bob');
    const fromTime = (times[0] ?? 0) - HOUR / 2;
    expect(await read(store, 'bob', 'ann', { fromTime, forward: false })).toEqual([1, 2, 3]);
    expect(await read(store, 'bob', 'ann', { fromTime })).toEqual([4]);
  });

  test('what is unread is only what is kept of it, erased or not', async () => {
    const store = await open(scope, { historyMaxSize: 4 });
    for (let i = 0; i < 6; i++) await appended(store, 'ann', 'bob');
    await store.authored.eraseInPair('ann', 'bob');
    expect(await store.unreads.ofPair('bob', 'ann', false)).toMatchObject({ unread: 4 });
  });

  test('of an anonymous user a tombstone goes with the log', async () => {
    const store = await open(scope);
    await appended(store, 'anonymous-1', 'bob');
    await store.authored.eraseInPair('anonymous-1', 'bob');
    const { meta, latest } = store.keys.pair('anonymous-1', 'bob');
    expect(await store.client.pttl(latest)).toBeGreaterThan(0);
    expect(await store.client.pttl(latest)).toBeLessThanOrEqual((await store.client.pttl(meta)) + 1000);
  });
}

function inboxes(open: OpenStore): void {
  const tell = (store: Store, userName: string): Promise<void> =>
    store.users.notifyOthers(userName, '', Buffer.from('told'), true);
  const send = async (store: Store, userName: string): Promise<void> => {
    await deliver(store, userName, 'ann', await appended(store, 'ann', userName));
  };

  test('an inbox stays as long as its newest notice may, also where that is no message', async () => {
    const store = await open(scope, { historyMaxAgeMs: HOUR });
    await login(store, 'bob');
    await send(store, 'bob');
    const { history, meta } = store.keys.user('bob');
    await store.client.pexpire(history, 1000);
    await tell(store, 'bob');
    expect(await store.client.pttl(history)).toBeGreaterThan(HOUR);
    // Where messages are kept for ever again, it is, too.
    await send(await open(scope, { prefix: store.keys.prefix }), 'bob');
    expect([await store.client.pttl(history), await store.client.hexists(meta, 'aged')]).toEqual([-1, 0]);
  });

  test('an inbox is not there for longer than the user', async () => {
    const days = 24 * HOUR;
    for (const historyMaxAgeMs of [HOUR, 60 * days]) {
      const store = await open(scope, { historyMaxAgeMs });
      const { history, meta } = store.keys.user('anonymous-1');
      await login(store, 'anonymous-1');
      await logout(store, 'anonymous-1');
      for (const say of [send, tell, send]) {
        await say(store, 'anonymous-1');
        const left = await store.client.pttl(history);
        expect(left).toBeGreaterThan(0);
        expect(left).toBeLessThanOrEqual((await store.client.pttl(meta)) + 1000);
      }
      const forEver = await open(scope, { prefix: store.keys.prefix });
      await send(forEver, 'anonymous-1');
      const left = await store.client.pttl(history);
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThanOrEqual((await store.client.pttl(meta)) + 1000);
    }
  });
}
