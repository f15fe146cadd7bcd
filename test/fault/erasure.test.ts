// Erasing a user, and in the middle of it a node is killed, or Redis: another one goes on from where it was, or it begins again, and
// it is finished.
import { describe, expect, test } from '@jest/globals';
import { SERVICE } from '../../src/store/rights.ts';
import { write } from '../store/authored-suite.ts';
import { keysWith, MARKER } from '../store/erase-actions.ts';
import { openStore, roomOptions, type Store } from '../store/store.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisAddress } from '../support/redis.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import type { Scope } from '../support/disposal.ts';
import { useScope } from '../support/scope.ts';
import { apiEnv, serverApi } from '../support/server-api.ts';
import { startService } from '../support/service.ts';

const scope = useScope();
/** How long a node has an erasure without a word goes by its lease, and how long it waits for what is on its way by the limit on commands. */
const env = { ...apiEnv, PARLEY_REDIS_TIMEOUT_MS: '1500', PARLEY_NODE_LEASE_MS: '2000' };
const ROOMS = 600;
const AT_ONCE = 50;

/** Rooms in which two users have written. */
async function fill(store: Store, rooms = ROOMS): Promise<string[]> {
  const names = Array.from({ length: rooms }, (_, i) => `room${i}`);
  for (let at = 0; at < rooms; at += AT_ONCE) {
    await Promise.all(
      names.slice(at, at + AT_ONCE).map(async (roomName) => {
        await store.rooms.create(roomName, roomOptions('owner'));
        for (const author of ['ann', 'bob', 'ann']) await write(store, author, { text: MARKER }, { roomName });
      }),
    );
  }
  return names;
}

/** How many of some rooms have tombstones. */
async function erasedOf(store: Store, names: readonly string[]): Promise<number> {
  const counts = await Promise.all(names.map((name) => store.client.exists(store.keys.room(name).latest)));
  return counts.reduce((sum, count) => sum + count, 0);
}

describe.each<[string, (scope: Scope) => Promise<RedisAddress>]>([
  ['a single Redis', startRedis],
  ['a cluster', startRedisCluster],
])('on %s', (_, start) => {
  test('an erasure whose node is killed half way is finished by another one, and by nobody twice', async () => {
    const redis = await start(scope);
    const service = await startService(scope, { redis, nodes: 1, env });
    const store = await openStore(scope, redis, { prefix: service.prefix });
    const names = await fill(store);
    await serverApi(service.node(0)).call('addUser', ['ann']);
    expect(await serverApi(service.node(0)).call('eraseUser', ['ann'])).toEqual({ done: false });
    const sample = names.filter((name) => name.endsWith('0'));
    await eventually(async () => expect(await erasedOf(store, sample)).toBeGreaterThan(0), { timeoutMs: 30_000 });
    await service.node(0).kill();
    const half = await erasedOf(store, names);
    expect(half).toBeLessThan(ROOMS);
    const second = await service.addNode();
    const api = serverApi(second);
    expect(await api.call('eraseUser', ['ann'])).toEqual({ done: false });
    await eventually(async () => expect(await api.call('eraseUser', ['ann'])).toEqual({ done: true }), {
      timeoutMs: 60_000,
    });
    expect(await erasedOf(store, names)).toBe(ROOMS);
    for (const roomName of sample) {
      const events = await store.histories.read(roomName, SERVICE, 0, 10);
      expect(typeof events === 'string' ? events : events.map(({ id }) => id)).toEqual([1, 2, 3]);
    }
    // What the other one wrote is all that is left.
    await store.authored.eraseInRoom('room0', 'bob');
    const left = await keysWith(store.client, service.prefix, MARKER);
    expect(left).not.toContain('{room:room0}:history');
    expect(left).toHaveLength(ROOMS - 1);
    await eventually(() =>
      expect(second.logs().filter(({ msg }) => msg === 'a user is erased with what it wrote')).toHaveLength(1),
    );
  });
});

test('Redis is restarted half way: it is begun again, for another server scans otherwise, and finished', async () => {
  const redis = await startRedis(scope, { persist: true });
  const service = await startService(scope, { redis, nodes: 2, env });
  const store = await openStore(scope, redis, { prefix: service.prefix });
  const names = await fill(store, 400);
  const api = serverApi(service.node(0));
  await api.call('addUser', ['ann']);
  await api.call('eraseUser', ['ann']);
  await eventually(async () => expect(await erasedOf(store, names)).toBeGreaterThan(0), { timeoutMs: 30_000 });
  await redis.restart();
  await eventually(async () => expect(await api.call('eraseUser', ['ann'])).toEqual({ done: true }), {
    timeoutMs: 90_000,
  });
  expect(await erasedOf(store, names)).toBe(400);
  for (const name of names) await store.authored.eraseInRoom(name, 'bob');
  expect(await keysWith(store.client, service.prefix, MARKER)).toEqual([]);
});
