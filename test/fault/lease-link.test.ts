// The lease has a connection to Redis of its own: what users make a node ask costs it no lease, a lease that cannot be
// renewed is noticed whatever else works, and a node that can only renew its lease does not keep its users to itself.
import { expect, test } from '@jest/globals';
import { connectClient, failureOf } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { startLink, type FaultyLink } from '../support/faulty-link.ts';
import { startRedis } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';
import { startService, type ServiceNode } from '../support/service.ts';

const scope = useScope();

interface Pair {
  readonly sound: ServiceNode;
  /** Of this node one of the connections goes through the link. */
  readonly faulty: ServiceNode;
  readonly link: FaultyLink;
}

async function startPair(use: 'commands' | 'lease', leaseMs: number): Promise<Pair> {
  const redis = await startRedis(scope);
  const link = await startLink(scope, redis.port, { only: new RegExp(`parley-${use}`) });
  const env = { PARLEY_NODE_LEASE_MS: String(leaseMs) };
  const service = await startService(scope, { nodes: 1, redis, env });
  const faulty = await service.addNode({ PARLEY_REDIS_URL: link.url });
  return { sound: service.node(0), faulty, link };
}

async function checksOf(node: ServiceNode): Promise<Readonly<Record<string, boolean>>> {
  const { body } = await node.operator('/readyz');
  return (body as { checks: Record<string, boolean> }).checks; // as http/health.ts answers
}

const said = (node: ServiceNode, text: string): number => node.logs().filter(({ msg }) => msg.includes(text)).length;

const ready = (node: ServiceNode): Promise<void> =>
  eventually(async () => expect((await node.health('/readyz')).status).toBe(200), { timeoutMs: 30_000 });

test('commands whose answers are all too late cost no lease', async () => {
  const { sound, faulty, link } = await startPair('commands', 4000);
  const watcher = await connectClient(scope, { urls: sound.url, userName: 'watcher' });
  const victim = await connectClient(scope, { urls: faulty.url, userName: 'victim' });
  await watcher.request('roomCreate', { roomName: 'lobby' });
  for (const client of [watcher, victim]) await client.join('lobby');

  // Later than the longest wait for an answer: a renewal behind them would never be heard of.
  link.delay(3000);
  const since = performance.now();
  expect(await failureOf(victim.request('roomHistoryInfo', { roomName: 'lobby' }))).toMatchObject({
    code: 'unavailable',
    temporary: true,
  });
  await eventually(
    async () => {
      expect(performance.now() - since).toBeGreaterThan(8000);
      // The probes of the bus come back, though nobody is told in time that they were sent.
      expect(await checksOf(faulty)).toMatchObject({ redis: false, bus: true, lease: true });
    },
    { timeoutMs: 60_000 },
  );
  link.delay(0);
  await ready(faulty);
  expect(await victim.request('roomHistoryInfo', { roomName: 'lobby' })).toMatchObject({ lastMessageId: 0 });
  await watcher.say('lobby', 'still here?');
  await victim.next('roomMessage');
  expect(victim.seen('disconnect')).toEqual([]);
  expect(watcher.seen('roomUserLeft')).toEqual([]);
  expect([said(faulty, 'the lease has run out'), said(faulty, 'the lease was lost')]).toEqual([0, 0]);
});

test('a lease whose connection is broken alone runs out, and is held again when that is back', async () => {
  const redis = await startRedis(scope);
  const link = await startLink(scope, redis.port, { only: /parley-lease/ });
  // Alone, so that nobody claims the lease meanwhile.
  const service = await startService(scope, { nodes: 1, redis: link, env: { PARLEY_NODE_LEASE_MS: '3000' } });
  const node = service.node(0);
  const client = await connectClient(scope, { urls: node.url, userName: 'alice' });
  for (const [breaks, mends] of [
    [(): void => link.pause(), (): void => link.resume()],
    [
      (): void => {
        link.refuse(true);
        link.cut();
      },
      (): void => link.refuse(false),
    ],
  ] as const) {
    breaks();
    await eventually(async () => expect(await checksOf(node)).toMatchObject({ lease: false }));
    expect(await failureOf(client.request('listOwnSockets', {}))).toMatchObject({ code: 'unavailable' });
    mends();
    await ready(node);
    expect(Object.keys(await client.request('listOwnSockets', {}))).toEqual([client.socketId]);
  }
  await eventually(() =>
    expect([said(node, 'the lease has run out'), said(node, 'the lease is held again')]).toEqual([2, 2]),
  );
  expect(said(node, 'the connection for the lease')).toBeGreaterThan(0);
  expect(client.seen('disconnect')).toEqual([]);
});

test('a connection of the lease that is cut, or goes silent for good, is replaced before the lease runs out', async () => {
  const { sound, faulty, link } = await startPair('lease', 10_000);
  const client = await connectClient(scope, { urls: faulty.url, userName: 'alice' });
  const age = async (): Promise<number> => {
    return (await faulty.metrics()).sum('parley_lease_age_seconds');
  };
  for (const harm of [(): void => link.cut(), (): void => link.strand()]) {
    harm();
    const since = performance.now();
    await eventually(
      async () => {
        expect(performance.now() - since).toBeGreaterThan(4000);
        expect(await age()).toBeLessThan(3);
      },
      { timeoutMs: 30_000 },
    );
  }
  expect(client.seen('disconnect')).toEqual([]);
  expect([said(faulty, 'the lease has run out'), said(sound, 'swept')]).toEqual([0, 0]);
});

test('a node that can renew its lease and nothing else lets it go: its users are free, and its clients come back', async () => {
  const { sound, faulty, link } = await startPair('commands', 2000);
  const watcher = await connectClient(scope, { urls: sound.url, userName: 'watcher' });
  const victim = await connectClient(scope, { urls: faulty.url, userName: 'victim' });
  await watcher.request('roomCreate', { roomName: 'lobby' });
  for (const client of [watcher, victim]) await client.join('lobby');
  link.refuse(true);
  link.cut();
  await eventually(async () => expect(await checksOf(faulty)).toMatchObject({ redis: false }));
  await watcher.next('roomUserLeft', (_, userName) => userName === 'victim', { timeoutMs: 60_000 });
  expect(await checksOf(faulty)).toMatchObject({ redis: false, lease: false });
  link.refuse(false);
  await victim.next('disconnect', ({ code }) => code === 4002, { timeoutMs: 30_000 });
  await victim.next('recovered', () => true, { timeoutMs: 30_000 });
  await ready(faulty);
  await watcher.say('lobby', 'welcome back');
  await victim.next('roomMessage');
});
