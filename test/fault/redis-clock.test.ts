// Redis's clock that is set, forwards and back, while nodes run: who lives keeps its sockets, who is dead is swept, what was
// promised for a while is kept for a while.
import { expect, test } from '@jest/globals';
import { connectClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { connectRpc } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { settableClock } from '../support/set-clock.ts';
import { startService, type ServiceNode } from '../support/service.ts';
import { counted, expectWhole, startTalk } from '../support/talk.ts';

const scope = useScope();
const leaseMs = 4000;
const env = {
  PARLEY_NODE_LEASE_MS: String(leaseMs),
  PARLEY_RATE_REQUESTS_PER_SECOND: '10000',
  PARLEY_RATE_BURST: '10000',
};

async function startSettable(): Promise<RedisServer & { setClock(aheadMs: number): Promise<void> }> {
  const clock = await settableClock(scope);
  const redis = await startRedis(scope, { env: clock.env });
  return Object.assign(redis, { setClock: (aheadMs: number) => clock.set(aheadMs / 1000) });
}

const after = (ms: number): Promise<void> => {
  const from = performance.now();
  return eventually(() => expect(performance.now() - from).toBeGreaterThan(ms), { timeoutMs: ms + 10_000 });
};

/** Only who has renewed for a whole lease judges others. */
const steady = (): Promise<void> => after(leaseMs + 1000);

const allReady = (nodes: readonly ServiceNode[]): Promise<void> =>
  eventually(async () => {
    for (const node of nodes) expect((await node.health('/readyz')).status).toBe(200);
  });

const steps = [12_000, 24_000, 3_600_000, -3_600_000, 100_000_000];

test('steps of 12 s, an hour, and back sweep nobody, close no socket and refuse no occupant', async () => {
  const redis = await startSettable();
  const service = await startService(scope, { nodes: 3, redis, env });
  const urls = service.nodes.map((node) => node.url);
  const talk = await startTalk(scope, { clients: [...urls, ...urls], rooms: ['lobby', 'attic'], everyMs: 8 });
  await steady();
  for (const aheadMs of steps) {
    await redis.setClock(aheadMs);
    await after(leaseMs / 2);
    await talk.more(30);
  }
  await allReady(service.nodes);
  expect(await counted(service.nodes, 'parley_nodes_swept_total')).toBe(0);
  expect(await counted(service.nodes, 'parley_leases_lost_total')).toBe(0);
  expectWhole(await talk.verdict());
  for (const client of talk.clients) {
    for (const name of ['disconnect', 'roomUserLeft', 'roomAccessRemoved'] as const)
      expect(client.seen(name)).toEqual([]);
    const times = client.seen('roomMessage').flatMap(([room, { timestamp }]) => (room === 'lobby' ? [timestamp] : []));
    expect(times).toEqual(times.toSorted((a, b) => Number(a) - Number(b)));
  }
});

test('steps let nobody past the limit of sockets: those of living nodes count', async () => {
  const redis = await startSettable();
  const service = await startService(scope, { nodes: 3, redis, env: { ...env, PARLEY_SOCKETS_PER_USER: '2' } });
  for (const node of service.nodes.slice(0, 2)) await connectClient(scope, { urls: node.url, userName: 'both' });
  for (const aheadMs of steps) {
    await redis.setClock(aheadMs);
    const until = performance.now() + leaseMs / 2;
    while (performance.now() < until) {
      const third = await connectRpc(scope, service.node(2).url);
      expect(await third.refusal('login', { userName: 'both' })).toMatchObject({ code: 'tooManySockets' });
    }
  }
});

test('who dies is swept as soon as ever, also where the clock was set back an hour', async () => {
  const redis = await startSettable();
  const service = await startService(scope, { nodes: 3, redis, env });
  const [first, , third] = service.nodes;
  const watcher = await connectClient(scope, { urls: first?.url ?? '', userName: 'watcher' });
  await watcher.request('roomCreate', { roomName: 'lobby' });
  const doomed = await connectClient(scope, { urls: third?.url ?? '', userName: 'doomed', reconnect: false });
  for (const client of [watcher, doomed]) await client.join('lobby');
  await steady();
  await third?.kill();
  await redis.setClock(-3_600_000);
  await watcher.next('roomUserLeft', (_, userName) => userName === 'doomed', { timeoutMs: 8 * leaseMs });
  expect(await watcher.request('roomUserlistGet', { roomName: 'lobby' })).toMatchObject({ names: ['watcher'] });
});

test('the grace of a drained node is no shorter where the clock is set forwards, and no longer where it is set back', async () => {
  const graceMs = 6000;
  const leavesAfter = async (aheadMs: number): Promise<void> => {
    const redis = await startSettable();
    const service = await startService(scope, {
      nodes: 2,
      redis,
      env: { ...env, PARLEY_DRAIN_GRACE_MS: String(graceMs) },
    });
    const [stays, goes] = service.nodes;
    const watcher = await connectClient(scope, { urls: stays?.url ?? '', userName: 'watcher' });
    await watcher.request('roomCreate', { roomName: 'lobby' });
    const sentAway = await connectClient(scope, { urls: goes?.url ?? '', userName: 'sent away', reconnect: false });
    for (const client of [watcher, sentAway]) await client.join('lobby');
    await steady();
    const leaves = watcher.next('roomUserLeft', () => true, { timeoutMs: graceMs + 8 * leaseMs });
    const askedAt = performance.now();
    await goes?.terminate();
    await redis.setClock(aheadMs);
    await leaves;
    // From before it ended: when it did may be noticed late here.
    expect(performance.now() - askedAt).toBeGreaterThan(graceMs);
  };
  await Promise.all([12_000, -3_600_000].map(leavesAfter));
});
