// More topics than a call has room for: a node with 200,000 of them makes its bus anew, and while the connection for
// subscriptions is away nothing is kept for it but what is followed.
import { expect, test } from '@jest/globals';
import { RedisBus } from '../../src/bus/redis-bus.ts';
import { newCounters } from '../../src/ops/counters.ts';
import { Commands } from '../../src/redis/commands.ts';
import { openClient, openServer } from '../../src/redis/connect.ts';
import { Keyspace } from '../../src/redis/keys.ts';
import { Lease } from '../../src/store/node/lease.ts';
import { Shards } from '../../src/redis/shards.ts';
import { eventually } from '../support/eventually.ts';
import { startLink } from '../support/faulty-link.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { startRedis, type RedisAddress, type RedisServer } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';
import { endpointAt } from '../support/redis-endpoint.ts';

const scope = useScope();
const keys = new Keyspace('many');
const ignored = (): void => undefined;
const patient = { timeoutMs: 120_000 };

interface Scene {
  readonly bus: RedisBus;
  readonly commands: Commands;
  readonly received: Set<string>;
}

async function startBus(redis: RedisAddress, subscriberUrl = redis.url, timeoutMs = 60_000): Promise<Scene> {
  const endpoint = endpointAt(redis);
  const client = openClient(endpoint, { use: 'commands' });
  client.on('error', ignored);
  scope.add(() => client.disconnect());
  await client.connect();
  const commands = new Commands(client, {
    timeoutMs: 60_000,
    queueMax: 10_000,
    queueBytesMax: 1 << 28,
    mayAct: () => true,
    onError: ignored,
  });
  scope.add(() => commands.close());
  const bus = new RedisBus({
    shards: new Shards({
      commands: client,
      open: (server) =>
        openServer(subscriberUrl === redis.url ? endpoint : endpointAt({ url: subscriberUrl }), {
          use: 'subscriber',
          server,
        }),
    }),
    commands,
    keys,
    nodeId: 'n1',
    timeoutMs,
    counters: newCounters(),
    onError: ignored,
  });
  scope.add(() => bus.stop());
  const received = new Set<string>();
  await bus.start({ received: (topic) => received.add(topic), interrupted: ignored });
  return { bus, commands, received };
}

const topicsOf = (count: number): string[] => Array.from({ length: count }, (_, i) => `room:r${i}`);

/** Publishes to some topics, and waits until all of them have come. */
async function allHeard({ commands, received }: Scene, topics: readonly string[]): Promise<void> {
  await eventually(async () => {
    for (const topic of topics) {
      // Topics of rooms, as keys.ts makes them.
      await commands.plain('spublish', keys.channel(topic as `room:${string}`), 'event');
    }
    expect(topics.filter((topic) => !received.has(topic))).toEqual([]);
  }, patient);
}

const channelsOf = async (server: RedisServer): Promise<number> => {
  const info = await server.client().info('stats');
  return Number(/^pubsubshard_channels:(\d+)/m.exec(info)?.[1]);
};

test('200,000 topics are followed, entered into the manifest, subscribed again, and let go', async () => {
  const redis = await startRedis(scope);
  const scene = await startBus(redis);
  const events = { suspended: ignored, resumed: ignored, lost: ignored, onError: ignored };
  const lease = new Lease(keys, 60_000);
  lease.start({ own: scene.commands, commands: scene.commands }, events);
  scope.add(() => lease.stop());
  await lease.register();
  const topics = topicsOf(200_000);
  await Promise.all([scene.bus.subscribe(topics), lease.add(topics)]);
  const { manifest } = keys.node(lease.nodeId);
  expect(await redis.client().zcard(manifest)).toBe(topics.length);
  const some = ['room:r0', 'room:r100000', 'room:r199999'];
  await allHeard(scene, some);
  expect(await redis.killSubscribers()).toBe(1);
  scene.bus.reconnect();
  await eventually(async () => {
    expect(scene.bus.healthy).toBe(true);
    // And the probe.
    expect(await channelsOf(redis)).toBe(topics.length + 1);
  }, patient);
  await allHeard(scene, some);
  await Promise.all([scene.bus.unsubscribe(topics), lease.remove(topics)]);
  expect(await channelsOf(redis)).toBe(1);
  expect(await redis.client().exists(manifest)).toBe(0);
}, 300_000);

test('on a cluster every topic is at the server that serves it', async () => {
  const redis = await startRedisCluster(scope);
  const scene = await startBus(redis);
  const topics = topicsOf(20_000);
  await scene.bus.subscribe(topics);
  const counts = (): Promise<number[]> => Promise.all(redis.nodes.map(channelsOf));
  const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);
  expect(total(await counts())).toBe(topics.length + 3);
  const slot = redis.slotOf('{room:r7}');
  await redis.migrateSlot(slot, ((await redis.ownerOf(slot)) + 1) % 3);
  await allHeard(scene, ['room:r7', 'room:r8']);
  for (const node of redis.nodes) await node.killSubscribers();
  await eventually(async () => expect(total(await counts())).toBe(topics.length + 3), patient);
  await allHeard(scene, ['room:r7', 'room:r19999']);
}, 300_000);

test('a slot that moves while the connection to its former server is made leaves nothing behind there', async () => {
  const redis = await startRedisCluster(scope);
  const scene = await startBus(redis);
  await scene.bus.subscribe(['room:r7', 'room:r8']);
  await eventually(() => expect(scene.bus.healthy).toBe(true));
  const slot = redis.slotOf('{room:r7}');
  const from = await redis.ownerOf(slot);
  await redis.node(from).killSubscribers();
  await redis.migrateSlot(slot, (from + 1) % 3);
  await eventually(() => expect(scene.bus.healthy).toBe(false));
  // For longer than from one of the bus's ticks to the next: while something is asked for again nothing is missing.
  let inARow = 0;
  await eventually(() => {
    inARow = scene.bus.healthy ? inARow + 1 : 0;
    expect(inARow).toBeGreaterThan(100);
  });
  await allHeard(scene, ['room:r7', 'room:r8']);
}, 120_000);

test('what is asked for while the connection is away fails in time, and what is let go again is not subscribed later', async () => {
  const redis = await startRedis(scope);
  const link = await startLink(scope, redis.port);
  const scene = await startBus(redis, link.url, 3000);
  await scene.bus.subscribe(['room:kept']);
  link.refuse(true);
  link.cut();
  await eventually(() => expect(scene.bus.healthy).toBe(false));
  const topics = topicsOf(10_000);
  const asked = topics.map((topic) => scene.bus.subscribe([topic]));
  const outcomes = await Promise.allSettled(asked);
  expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['rejected']));
  await scene.bus.unsubscribe(topics);
  link.refuse(false);
  await eventually(() => expect(scene.bus.healthy).toBe(true), patient);
  await allHeard(scene, ['room:kept']);
  expect(await channelsOf(redis)).toBe(2);
}, 120_000);

test('a slot that has moved away and back before anybody looked is subscribed again', async () => {
  const redis = await startRedisCluster(scope);
  const scene = await startBus(redis);
  await scene.bus.subscribe(topicsOf(100));
  await allHeard(scene, ['room:r7']);
  const slot = redis.slotOf('{room:r7}');
  const home = await redis.ownerOf(slot);
  await redis.migrateSlot(slot, (home + 1) % 3);
  await redis.migrateSlot(slot, home);
  scene.received.clear();
  await allHeard(scene, ['room:r7']);
}, 120_000);
