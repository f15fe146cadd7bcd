// Redis at its memory limit. It refuses what would need more: posts, creations and logins are told to come again. All else
// goes on: leases, reads, pings, delivery, and whatever frees memory, after which everything works again.
import { expect, test } from '@jest/globals';
import type { RedisAddress, RedisServer } from '../support/redis.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis } from '../support/redis.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { connectRpc, loginRpc, type Call, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { apiEnv, serverApi } from '../support/server-api.ts';
import { startService, type Service } from '../support/service.ts';

const scope = useScope();
/** Longer than a busy machine stops a process: no lease is lost here. */
const LEASE_MS = 5000;
const env = {
  ...apiEnv,
  PARLEY_NODE_LEASE_MS: String(LEASE_MS),
  PARLEY_RATE_REQUESTS_PER_SECOND: '100000',
  PARLEY_RATE_BURST: '100000',
  PARLEY_HISTORY_MAX_SIZE: '100000',
  PARLEY_DIRECT_MESSAGES: 'stored',
};
const temporary = { code: 'unavailable', temporary: true };

/** Sets the limit by what is used now. */
async function limit(server: RedisServer, moreBytes: number): Promise<void> {
  const admin = server.client();
  const used = Number(/^used_memory:(\d+)/m.exec(await admin.info('memory'))?.[1]);
  await admin.config('SET', 'maxmemory', used + moreBytes);
}

/** Posts until Redis refuses, and makes sure that it goes on to: what its buffers take comes and goes. */
async function fill(server: RedisServer, user: User, room: string): Promise<void> {
  await limit(server, 3_000_000);
  const text = 'x'.repeat(15_000);
  let refusals = 0;
  while (refusals < 20) {
    const outcomes = Array.from({ length: 10 }, () => user.callAll(['roomMessage', room, { text }]));
    for (const outcome of await Promise.all(outcomes.flat())) {
      if ('result' in outcome) continue;
      expect(outcome.error).toMatchObject(temporary);
      refusals++;
    }
  }
  await limit(server, -500_000);
}

async function scene<R extends RedisAddress>(
  redis: R,
): Promise<{ service: Service<R>; owner: User; bob: User; fillers: User; rooms: string[] }> {
  const service = await startService(scope, { nodes: 2, redis, env });
  const login = (node: 0 | 1, userName: string): Promise<User> =>
    loginRpc(scope, service.node(node).url, userName, { credentials: { userName, enableSync: true } });
  const [owner, bob, fillers] = [await login(0, 'owner'), await login(1, 'bob'), await login(0, 'filler')];
  const rooms = ['lobby', 'attic', 'cellar'];
  for (const room of rooms) {
    await owner.call('roomCreate', room);
    await owner.call('roomAddToList', room, 'whitelist', ['bob', 'carol']);
    for (const user of [owner, bob, fillers]) await user.call('roomJoin', room);
    await owner.call('roomMessage', room, { text: 'before' });
  }
  return { service, owner, bob, fillers, rooms };
}

test('what needs memory waits, the rest goes on, no lease is lost, and freeing makes room', async () => {
  const redis = await startRedis(scope);
  const { service, owner, bob, fillers } = await scene(redis);
  const api = serverApi(service.node(1));
  expect(await owner.call('roomMessage', 'attic', { text: 'said too soon' })).toBe(2);
  for (const text of ['said too soon', 'before']) await owner.call('directMessage', 'bob', { text });
  await bob.call('directMessageReact', 'owner', 2, '+');
  await bob.call('roomMessageReact', 'attic', 1, '+');
  await fill(redis, fillers, 'lobby');
  const fullAt = performance.now();

  // Refused, as temporary: never as a fault of the service.
  const refused: Call[] = [
    ['roomMessage', 'attic', { text: 'x'.repeat(9000) }],
    ['roomCreate', 'another'],
    ['roomSetWhitelistMode', 'attic', true],
    ['roomAddToList', 'attic', 'whitelist', ['dora']],
    ['directMessage', 'bob', { text: 'hello' }, { clientMessageId: 'c' }],
    ['roomMessageUpdate', 'attic', 1, { text: 'other words' }],
    ['directMessageUpdate', 'bob', 2, { text: 'other words' }],
    ['roomMessageReact', 'attic', 1, '+'],
  ];
  for (const call of refused) expect(await owner.refusal(...call)).toMatchObject(temporary);
  const guest = await connectRpc(scope, service.node(0).url);
  expect(await guest.refusal('login', { userName: 'guest' })).toMatchObject(temporary);

  // For several leases: nobody is fenced, nobody loses its sockets.
  await eventually(
    async () => {
      for (const user of [owner, bob]) expect(await user.call('ping')).toEqual(expect.any(Number));
      expect(performance.now() - fullAt).toBeGreaterThan(3 * LEASE_MS);
    },
    { timeoutMs: 60_000 },
  );
  for (const node of service.nodes) {
    expect(await node.operator('/readyz')).toMatchObject({
      status: 200,
      body: { checks: { lease: true, redis: true, redisMemory: false } },
    });
    const metrics = await node.metrics();
    expect(metrics.sum('parley_leases_lost_total')).toBe(0);
    expect(metrics.sum('parley_defects_total')).toBe(0);
    expect(metrics.sum('parley_nodes_swept_total')).toBe(0);
    expect(metrics.sum('parley_redis_memory_ratio', { server: 'redis' })).toBeGreaterThan(0.95);
    expect(metrics.sum('parley_ready')).toBe(4);
  }

  // Reads, and what needs no memory.
  expect(await bob.call('roomRecentHistory', 'attic')).toHaveLength(2);
  expect(await bob.call('roomGetAccessList', 'attic', 'userlist')).toHaveLength(3);
  expect(await bob.call('sessionGet')).toMatchObject({ custom: { attic: {}, lobby: {}, cellar: {} } });
  await owner.call('roomMessage', 'attic', { event: 'typing' }, { transient: true });
  expect((await bob.next('roomMessage'))[0]).toBe('lobby'); // of the filling; the transient one comes behind
  await eventually(() => expect(JSON.stringify(bob.heard('roomMessage').at(-1))).toContain('typing'));

  // What was said and reacted is taken back, and everybody is told.
  expect(await owner.call('roomMessageRecall', 'attic', 2)).toMatchObject({ version: 2 });
  expect(await bob.call('roomMessageReact', 'attic', 1, '+', { remove: true })).toEqual({ counts: {} });
  expect(await owner.call('directMessageRecall', 'bob', 1)).toMatchObject({ version: 2 });
  expect(await bob.call('directMessageReact', 'owner', 2, '+', { remove: true })).toEqual({ counts: {} });
  for (const user of [owner, bob]) {
    for (const name of ['roomMessageChanged', 'directMessageChanged'] as const) {
      await eventually(() =>
        expect(user.heard(name).slice(-2)).toMatchObject([
          [expect.any(String), { kind: 'recall' }],
          [expect.any(String), { kind: 'reactions', removed: true }],
        ]),
      );
    }
  }

  // Leaving, being taken off, disconnecting, deleting: done, and told.
  expect(await bob.call('roomLeave', 'cellar')).toBe(0);
  expect(await owner.next('roomUserLeft')).toEqual(['cellar', 'bob']);
  expect(await owner.call('roomRemoveFromList', 'attic', 'whitelist', ['carol'])).toBe(null);
  expect(await bob.next('roomAccessListRemoved')).toEqual(['attic', 'whitelist', ['carol']]);
  fillers.raw.close();
  await eventually(async () =>
    expect(await owner.call('roomGetAccessList', 'attic', 'userlist')).toEqual(expect.not.arrayContaining(['filler'])),
  );
  expect(await owner.call('roomDelete', 'lobby')).toBe(null);
  expect(await bob.next('roomAccessRemoved')).toEqual(['lobby']);
  expect(await api.call('deleteRoom', { roomName: 'cellar' })).toBe(null);

  // There is room again.
  await eventually(async () => expect(await owner.call('roomMessage', 'attic', { text: 'after' })).toBe(3));
  await eventually(() => expect(JSON.stringify(bob.heard('roomMessage').at(-1))).toContain('after'));
  await owner.call('roomCreate', 'another');
  await loginRpc(scope, service.node(1).url, 'dora');
  expect(service.nodes.flatMap((node) => node.logs()).filter(({ msg }) => msg.includes('lease'))).toEqual([]);
});

test('a node that dies while Redis is full is swept, and one that starts gets its lease', async () => {
  const redis = await startRedis(scope);
  const { service, owner, bob, fillers, rooms } = await scene(redis);
  await fill(redis, fillers, 'lobby');
  await service.node(1).kill();
  await eventually(() =>
    expect(owner.heard('roomUserLeft').map(String).toSorted()).toEqual(
      rooms.map((room) => `${room},${bob.userName}`).toSorted(),
    ),
  );
  const fresh = await service.addNode();
  await eventually(async () => expect((await fresh.health('/readyz')).status).toBe(200));
  await eventually(async () => expect((await service.node(0).metrics()).sum('parley_nodes_swept_total')).toBe(1));
  // What the dead node had is not in anybody's way.
  expect(await owner.call('roomGetAccessList', 'attic', 'userlist')).toEqual(expect.not.arrayContaining(['bob']));
});

test('of a cluster one server is full: rooms elsewhere are not concerned, and leases hold', async () => {
  const redis = await startRedisCluster(scope);
  const { service, owner, bob, fillers, rooms } = await scene(redis);
  const ownerOf = async (room: string): Promise<number> => redis.ownerOf(redis.slotOf(`{room:${room}}`));
  const place = await ownerOf('lobby');
  const full = redis.node(place);
  await fill(full, fillers, 'lobby');
  const fullAt = performance.now();
  expect(await owner.refusal('roomMessage', 'lobby', { text: 'x'.repeat(9000) })).toMatchObject(temporary);
  for (const room of rooms) {
    if ((await ownerOf(room)) === place) continue;
    expect(await owner.call('roomMessage', room, { text: 'elsewhere' })).toBe(2);
  }
  await eventually(
    async () => {
      for (const user of [owner, bob]) expect(await user.call('ping')).toEqual(expect.any(Number));
      expect(performance.now() - fullAt).toBeGreaterThan(2 * LEASE_MS);
    },
    { timeoutMs: 60_000 },
  );
  for (const node of service.nodes) {
    expect((await node.metrics()).sum('parley_leases_lost_total')).toBe(0);
    // The limit was set a moment ago, and memory is read every few seconds.
    await eventually(
      async () => {
        const metrics = await node.metrics();
        expect(metrics.sum('parley_redis_memory_ratio', { server: `127.0.0.1:${full.port}` })).toBeGreaterThan(0.95);
      },
      { timeoutMs: 20_000 },
    );
    expect((await node.health('/readyz')).status).toBe(200);
  }
  expect(await owner.call('roomDelete', 'lobby')).toBe(null);
  expect(await bob.next('roomAccessRemoved')).toEqual(['lobby']);
  await eventually(() => owner.call('roomCreate', 'lobby'));
});
