// Temporary rooms end by themselves, on whatever node is left, and leave nothing in Redis: everybody who was in one is told once, also where
// the node dies that made it, or the one that ends it, or Redis is away at that time.
import { expect, test } from '@jest/globals';
import { endOf, temporaryName } from '../../src/protocol/names/temporary.ts';
import { textOf } from '../chat/device.ts';
import { field } from '../chat/world.ts';
import { openStore } from '../store/store.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisAddress, type RedisServer } from '../support/redis.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type Service, type ServiceNode } from '../support/service.ts';

const scope = useScope();
const env = { PARLEY_NODE_LEASE_MS: '4000' };
/** Long enough to let everybody in. */
const TTL_MS = 6000;
/** A look comes a second behind an end at most, and the sweep of a node three leases behind its death. */
const patience = { timeoutMs: 30_000 };

const login = (node: ServiceNode, userName: string): Promise<User> => loginRpc(scope, node.url, userName);

async function makeTemporary(owner: User, ttlMs: number, ...members: readonly User[]): Promise<string> {
  const options = { kind: 'temporary', ttlMs, members: members.map(({ userName }) => userName) };
  const roomName = field(await owner.call('conversationCreate', options), 'roomName');
  if (typeof roomName !== 'string') throw new Error('a room without a name');
  return roomName;
}

/** What Redis has of temporary rooms, but for tombstones of dead nodes, which go by themselves. */
async function leftOf(service: Pick<Service<RedisAddress>, 'redis' | 'prefix'>): Promise<string[]> {
  const store = await openStore(scope, service.redis, { prefix: service.prefix });
  const left = Object.entries(await store.ttls()).filter(([key]) => /^\{(?:room:tmp-|conversations\})/.test(key));
  return left.flatMap(([key, ttl]) => (/:tomb:/.test(key) && ttl > 0 ? [] : [key]));
}

/** All of them, its members, were told once that it is gone, know it as ended, and there is nothing of it. */
async function expectEnded(
  service: Pick<Service<RedisAddress>, 'redis' | 'prefix'>,
  roomNames: readonly string[],
  users: readonly User[],
): Promise<void> {
  const told = (user: User): string[] => user.heard('roomAccessRemoved').map(([name]) => textOf(name));
  const kicked = (user: User): unknown[] => user.heard('roomKicked').map(([what]) => what);
  const byNobody = roomNames.map((roomName) => ({ roomName, by: null }));
  await eventually(() => {
    for (const user of users) {
      expect(told(user).toSorted()).toEqual(roomNames.toSorted());
      expect(kicked(user)).toHaveLength(roomNames.length);
      expect(kicked(user)).toEqual(expect.arrayContaining(byNobody));
    }
  }, patience);
  await eventually(async () => expect(await leftOf(service)).toEqual([]), patience);
  for (const user of users) {
    for (const roomName of roomNames) {
      for (const method of ['roomJoin', 'roomGetOwner']) {
        expect(await user.refusal(method, roomName)).toMatchObject({ code: 'roomExpired', args: [roomName] });
      }
    }
    expect([told(user).length, kicked(user).length]).toEqual([roomNames.length, roomNames.length]);
  }
}

test('a temporary room ends by itself on two nodes that look at the same time', async () => {
  const service = await startService(scope, { redis: await startRedis(scope), nodes: 2, env });
  const [alice, bob] = [await login(service.node(0), 'alice'), await login(service.node(1), 'bob')];
  const roomNames: string[] = [];
  for (let i = 0; i < 20; i++) roomNames.push(await makeTemporary(i % 2 === 0 ? alice : bob, 2 * TTL_MS, bob, alice));
  for (const roomName of roomNames) {
    expect(roomName).toMatch(/^tmp-[0-9a-z]{8}-[0-9a-f]{16}$/);
    for (const user of [alice, bob]) await user.call('roomJoin', roomName);
    await bob.call('roomMessage', roomName, { n: 1 }, { clientMessageId: roomName });
  }
  await expectEnded(service, roomNames, [alice, bob]);
});

test('a temporary room ends in a cluster, where the list of ends is on a server of its own', async () => {
  const service = await startService(scope, { redis: await startRedisCluster(scope), nodes: 2, env });
  const [alice, bob] = [await login(service.node(0), 'alice'), await login(service.node(1), 'bob')];
  const roomNames: string[] = [];
  for (let i = 0; i < 6; i++) roomNames.push(await makeTemporary(alice, TTL_MS, bob));
  for (const roomName of roomNames) for (const user of [alice, bob]) await user.call('roomJoin', roomName);
  await expectEnded(service, roomNames, [alice, bob]);
});

test('a temporary room ends where the node that made it is gone', async () => {
  const service = await startService(scope, { redis: await startRedis(scope), nodes: 2, env });
  const [alice, bob] = [await login(service.node(0), 'alice'), await login(service.node(1), 'bob')];
  const roomName = await makeTemporary(alice, TTL_MS, bob);
  await bob.call('roomJoin', roomName);
  await service.node(0).kill();
  await expectEnded(service, [roomName], [bob]);
});

test('an end that was noted for a room that never came is forgotten a while later', async () => {
  const service = await startService(scope, { redis: await startRedis(scope), nodes: 1, env });
  const store = await openStore(scope, service.redis, { prefix: service.prefix });
  // Whoever is late is waited for until a minute behind it.
  const endsAt = Date.now() - 50_000;
  const roomName = temporaryName(endsAt, '0123456789abcdef');
  await store.endingStore.note(roomName, endsAt);
  const { endings } = store.keys.conversations;
  await eventually(
    async () => expect(Number(await store.client.zscore(endings, roomName))).toBeGreaterThan(endsAt + 50_000),
    patience,
  );
  await eventually(async () => {
    // It is looked for again, sooner than it is noted.
    await store.client.zadd(endings, 'XX', endsAt, roomName);
    expect(await leftOf(service)).toEqual([]);
  }, patience);
});

test('a temporary room that its owner has deleted ends no second time', async () => {
  const service = await startService(scope, { redis: await startRedis(scope), nodes: 2, env });
  const [alice, bob] = [await login(service.node(0), 'alice'), await login(service.node(1), 'bob')];
  const roomName = await makeTemporary(alice, TTL_MS, bob);
  await bob.call('roomJoin', roomName);
  await alice.call('roomDelete', roomName);
  expect(await bob.next('roomAccessRemoved')).toEqual([roomName]);
  expect(await bob.refusal('roomJoin', roomName)).toMatchObject({ code: 'noRoom' });
  const { client, keys } = await openStore(scope, service.redis, { prefix: service.prefix });
  // Nothing is kept of it, or who makes and deletes rooms of a month would fill Redis with when they end.
  expect(await client.exists(keys.conversations.endings)).toBe(0);
  await eventually(
    async () => expect(await bob.refusal('roomJoin', roomName)).toMatchObject({ code: 'roomExpired' }),
    patience,
  );
  expect(bob.heard('roomAccessRemoved')).toHaveLength(1);
});

test('of a temporary room that could not be made nothing is kept', async () => {
  const quota = { ...env, PARLEY_QUOTA_ROOMS: '1' };
  const service = await startService(scope, { redis: await startRedis(scope), nodes: 1, env: quota });
  const alice = await login(service.node(0), 'alice');
  await alice.call('roomCreate', 'room');
  const refused = await alice.refusal('conversationCreate', { kind: 'temporary', ttlMs: 30 * 24 * 3_600_000 });
  expect(refused).toMatchObject({ code: 'quotaExceeded' });
  expect(await leftOf(service)).toEqual([]);
});

/** A node with a user of Redis of its own, whose keys can be refused. */
async function startRestricted(
  redis: RedisServer,
  name: string,
): Promise<{ url: string; only: (...tags: string[]) => Promise<unknown> }> {
  const setUser = (...rules: string[]): Promise<unknown> => redis.client().call('ACL', 'SETUSER', name, ...rules);
  await setUser('on', '>secret', 'allkeys', 'allchannels', '+@all');
  return {
    url: redis.url.replace('redis://', `redis://${name}:secret@`),
    only: (...patterns) => setUser('resetkeys', ...patterns.map((pattern) => `~${pattern}`)),
  };
}

test('a node that dies while it ends rooms has told nobody: the others do, once', async () => {
  const redis = await startRedis(scope);
  const [living, doomed] = [await startRestricted(redis, 'living'), await startRestricted(redis, 'doomed')];
  const service = await startService(scope, { redis, nodes: 1, env: { ...env, PARLEY_REDIS_URL: living.url } });
  const node = await service.addNode({ PARLEY_REDIS_URL: doomed.url });
  const { prefix } = service;
  const tags = (...names: string[]): string[] => names.map((name) => `${prefix}:{${name}*`);
  const [alice, bob] = [await login(node, 'alice'), await login(service.node(0), 'bob')];
  const elsewhere = await login(service.node(0), 'bob');
  const roomNames: string[] = [];
  for (let i = 0; i < 4; i++) roomNames.push(await makeTemporary(alice, TTL_MS, bob));
  for (const roomName of roomNames) await bob.call('roomJoin', roomName);
  // The one cannot tell users, and the other one knows of no ends.
  await doomed.only(...tags('room', 'node', 'probe', 'calls', 'conversations'));
  await living.only(...tags('room', 'user', 'node', 'probe', 'calls', 'resume', 'erasures'));
  await eventually(() => expect(bob.heard('roomAccessRemoved')).toHaveLength(roomNames.length), patience);
  for (const socket of [bob, elsewhere]) expect(socket.heard('roomKicked')).toEqual([]);
  await node.kill();
  await living.only('*');
  // It may have died before it took them off the list: then another one has, to look for them once more in a minute, which is not waited for.
  const { client, keys } = await openStore(scope, redis, { prefix });
  await eventually(async () => {
    for (const roomName of await client.zrange(keys.conversations.endings, '0', '-1')) {
      const endsAt = Number(endOf(roomName));
      const lookedForAt = Number(await client.zscore(keys.conversations.endings, roomName));
      expect(lookedForAt).toBeGreaterThan(endsAt + 500);
      await client.zrem(keys.conversations.endings, roomName);
    }
    expect(await client.exists(keys.conversations.endings)).toBe(0);
  }, patience);
  await expectEnded(service, roomNames, [bob, elsewhere]);
});

test('a temporary room ends once Redis is back where it was away at that time', async () => {
  const redis = await startRedis(scope);
  const service = await startService(scope, { redis, nodes: 2, env });
  const [alice, bob] = [await login(service.node(0), 'alice'), await login(service.node(1), 'bob')];
  const roomName = await makeTemporary(alice, TTL_MS / 2, bob);
  for (const user of [alice, bob]) await user.call('roomJoin', roomName);
  redis.pause();
  await eventually(() => expect(Date.now()).toBeGreaterThan(Number(endOf(roomName)) + 1500));
  redis.resume();
  await expectEnded(service, [roomName], [alice, bob]);
});
