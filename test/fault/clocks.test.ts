// Clocks that are wrong: Redis's time of day is set while nodes run, and a node's own is an hour ahead. Nobody who lives is
// taken for dead, and what is stored, ordered and compared is by Redis's clock alone.
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { startRedis } from '../support/redis.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';
import { settableClock } from '../support/set-clock.ts';
import { counted } from '../support/talk.ts';

const scope = useScope();
const LEASE_MS = 4000;
const env = { PARLEY_NODE_LEASE_MS: String(LEASE_MS) };
const clockAhead = fileURLToPath(new URL('../support/clock-ahead.mjs', import.meta.url));
const HOUR_MS = 3_600_000;

test('setting the clock of Redis ends no node and no membership', async () => {
  const clock = await settableClock(scope);
  const redis = await startRedis(scope, { env: clock.env });
  const service = await startService(scope, { nodes: 3, redis, env });
  const users = await Promise.all(
    Array.from({ length: 15 }, (_, i) => loginRpc(scope, service.node(i % 3).url, `user${i}`)),
  );
  await users[0]?.call('roomCreate', 'lobby');
  for (const user of users) await user.call('roomJoin', 'lobby');
  const nodeIds = service.nodes.map(({ nodeId }) => nodeId);
  const client = redis.client();
  const redisTime = async (): Promise<number> => Number((await client.time())[0]);
  const began = await redisTime();

  let posted = 0;
  for (const ahead of [12, 3600, 0]) {
    await clock.set(ahead);
    expect(Math.abs((await redisTime()) - began - ahead)).toBeLessThan(120);
    const since = performance.now();
    await eventually(
      async () => {
        await users[posted % users.length]?.call('roomMessage', 'lobby', { text: `${posted}` });
        posted++;
        expect(performance.now() - since).toBeGreaterThan(2 * LEASE_MS);
      },
      { timeoutMs: 60_000 },
    );
  }
  expect(await counted(service.nodes, 'parley_nodes_swept_total')).toBe(0);
  expect(await counted(service.nodes, 'parley_leases_lost_total')).toBe(0);
  // All the same: each has heard everything, and none was closed.
  for (const user of users) {
    await user.call('roomMessage', 'lobby', {});
    posted++;
  }
  for (const user of users) await eventually(() => expect(user.heard('roomMessage')).toHaveLength(posted));
  // One that is really gone is still found, whatever the clock says.
  await clock.set(-3600);
  await service.node(2).kill();
  await eventually(
    async () => expect(await users[0]?.call('roomGetAccessList', 'lobby', 'userlist')).toHaveLength(10),
    { timeoutMs: 30_000 },
  );
  expect(service.nodes.map(({ nodeId }) => nodeId)).toEqual(nodeIds);
}, 120_000);

test('a node whose clock is ahead stamps, orders and remembers by that of Redis', async () => {
  const service = await startService(scope, { nodes: 1, env: { ...env, PARLEY_DIRECT_MESSAGES: 'live' } });
  const { redis, prefix } = service;
  const ahead = await service.addNode({ NODE_OPTIONS: `--import=${clockAhead}` });
  const login = (url: string, name: string): Promise<User> => loginRpc(scope, url, name);
  const [here, there] = [await login(service.node(0).url, 'here'), await login(ahead.url, 'there')];
  const client = redis.client();
  const redisMs = async (): Promise<number> => Number((await client.time())[0]) * 1000;
  // The node's own clock is wrong, and nothing that it tells is by it.
  expect(Number(there.authData.serverTime) - (await redisMs())).toBeLessThan(HOUR_MS / 2);
  expect(Number(await there.call('ping')) - (await redisMs())).toBeLessThan(HOUR_MS / 2);

  await there.call('roomCreate', 'lobby');
  for (const user of [here, there]) await user.call('roomJoin', 'lobby');
  for (const user of [there, here, there]) {
    for (const clientMessageId of ['m-1', 'm-2']) {
      await user.call('roomMessage', 'lobby', { text: clientMessageId }, { clientMessageId });
      await user.call('roomMessage', 'lobby', {}, { clientMessageId: `t-${clientMessageId}`, transient: true });
    }
  }
  const twice = await login(service.node(0).url, 'there');
  await twice.call('roomJoin', 'lobby');
  await twice.call('roomMessage', 'lobby', { text: 'm-1' }, { clientMessageId: 'm-1' });
  await there.call('directMessage', 'here', { text: 'hello' }, { clientMessageId: 'd-1' });
  await twice.call('directMessage', 'here', { text: 'hello' }, { clientMessageId: 'd-1' });
  await here.next('directMessage');
  expect(here.heard('directMessage')).toHaveLength(1);

  const history = await there.call('roomHistoryGet', 'lobby', 0, 10);
  const stored = history as unknown as { timestamp: number }[];
  expect(stored).toHaveLength(4);
  const now = await redisMs();
  for (const { timestamp } of stored) expect(Math.abs(Number(timestamp) - now)).toBeLessThan(HOUR_MS / 2);
  const seen = await here.call('roomUserSeen', 'lobby', 'there');
  expect(seen).toMatchObject({ joined: true });

  const repeats = (await client.keys(`${prefix}:*:dedup:*`)).toSorted();
  expect(repeats.length).toBeGreaterThan(0);
  for (const key of repeats) expect(await client.pttl(key)).toBeGreaterThan(0);
});
