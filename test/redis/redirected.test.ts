// What a server of a Cluster refuses, for the slot is elsewhere or on its way: it is asked for again, while this node may act, until its time is over.
import { expect, test } from '@jest/globals';
import type { Cluster } from 'ioredis';
import { Commands, type CommandsOptions } from '../../src/redis/commands.ts';
import { openClient } from '../../src/redis/connect.ts';
import { Keyspace } from '../../src/redis/keys.ts';
import { addToManifest, registerNode } from '../../src/store/node/node-scripts.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis } from '../support/redis.ts';
import { startRedisCluster, type RedisCluster } from '../support/redis-cluster.ts';
import { endpointAt } from '../support/redis-endpoint.ts';
import { useScope } from '../support/scope.ts';

const scope = useScope();
const keys = new Keyspace('test');
const { lease, manifest } = keys.node('redirected');

interface Opened {
  readonly commands: Commands;
  readonly client: Cluster;
}

async function open(redis: RedisCluster, options: Partial<CommandsOptions> = {}): Promise<Opened> {
  const client = openClient(endpointAt(redis), { use: 'commands' }) as Cluster;
  client.on('error', () => undefined);
  scope.add(() => client.disconnect());
  await client.connect();
  const usual = { timeoutMs: 10_000, queueMax: 1000, queueBytesMax: 1 << 20, onError: () => undefined };
  const commands = new Commands(client, { ...usual, mayAct: () => true, ...options });
  scope.add(() => commands.close());
  return { commands, client };
}

test('all that is asked when a replica has taken over is done, also while that is yet to be connected to', async () => {
  const redis = await startRedisCluster(scope, { replicas: true });
  const place = await redis.ownerOf(redis.slotOf(lease));
  const { commands, client } = await open(redis);
  await commands.plain('exists', lease);
  // It is told nothing of the change but by the server that has been asked so far.
  client.refreshSlotsCache = (told) => told?.();
  await redis.failover(place);
  const { port } = redis.replicaOf(place);
  const successor = client.nodes('all').find(({ options }) => options.port === port);
  expect(successor?.status ?? 'wait').toBe('wait');
  const asked = Array.from({ length: 20 }, () => commands.plain('exists', lease));
  expect(await Promise.allSettled(asked)).toEqual(asked.map(() => ({ status: 'fulfilled', value: 0 })));
});

test('what a server would have tried again later is not done once this node may not act', async () => {
  const redis = await startRedisCluster(scope);
  const slot = redis.slotOf(lease);
  const place = await redis.ownerOf(slot);
  const [from, to] = [redis.node(place).client(), redis.node((place + 1) % 3).client()];
  let [mayAct, tries] = [true, 0];
  const { commands } = await open(redis, {
    mayAct: () => {
      tries++;
      return mayAct;
    },
  });
  await from.hset(lease, 'claimed', '0');
  const add = (topic: string): Promise<unknown> =>
    commands.run(addToManifest, { lease, manifest }, {}, { args: [topic] });
  await to.call('CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', String(await from.call('CLUSTER', 'MYID')));
  await from.call('CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', String(await to.call('CLUSTER', 'MYID')));
  // One of its keys is there, the other one is not.
  const [late, early] = [add('late'), add('early')];
  await eventually(() => expect(tries).toBeGreaterThan(2));
  mayAct = false;
  const over = { status: 'rejected', reason: expect.objectContaining({ message: expect.stringContaining('lease') }) };
  expect(await Promise.allSettled([late, early])).toEqual([over, over]);
  for (const server of [from, to]) await server.call('CLUSTER', 'SETSLOT', String(slot), 'STABLE');
  mayAct = true;
  await add('then');
  expect(await from.zrange(manifest, '0', '-1')).toEqual(['then']);
});

test('what is elsewhere goes to a server that nobody has told of yet, and waits for that only while this node may act', async () => {
  const redis = await startRedisCluster(scope);
  const slot = redis.slotOf(lease);
  const from = redis.node(await redis.ownerOf(slot)).client();
  let tries = 0;
  const { commands, client } = await open(redis, { mayAct: () => ++tries > 0 });
  const added = await startRedis(scope, { cluster: true });
  const to = added.client();
  const [fromId, toId] = [String(await from.call('CLUSTER', 'MYID')), String(await to.call('CLUSTER', 'MYID'))];
  const { port = 0 } = from.options;
  const busPort = new RegExp(`:${port}@(\\d+)`).exec(String(await from.call('CLUSTER', 'NODES')))?.[1];
  await to.call('CLUSTER', 'MEET', '127.0.0.1', String(port), String(busPort));
  // Whose the slot is it does not learn any more once it takes it over.
  await eventually(async () => expect(await to.call('CLUSTER', 'INFO')).toContain('cluster_state:ok'));
  // It has no slot yet: until this one is there, only who is sent to it hears of it.
  await to.call('CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', fromId);
  await eventually(() => from.call('CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', toId));
  expect(client.nodes('all').map(({ options }) => options.port)).not.toContain(added.port);
  // What is not there any more, or was not there yet, is asked of the other one.
  await commands.run(registerNode, { lease }, { ttlMs: 60_000, keepMs: 60_000 });
  // At first, when the server was there, and when that had been given the script.
  expect(tries).toBeGreaterThan(2);
  for (const server of [to, from]) await server.call('CLUSTER', 'SETSLOT', String(slot), 'NODE', toId);
  expect(await to.exists(lease)).toBe(1);
});
