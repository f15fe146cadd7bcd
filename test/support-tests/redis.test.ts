// The kit's Redis servers: what survives which fault, on real processes.
import { existsSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Cluster } from 'ioredis';
import { createScope } from '../support/disposal.ts';
import { eventually } from '../support/eventually.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { startRedis, startReplica } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';

const scope = useScope();

describe('a single server', () => {
  test('listens on loopback, on a port of its own, and leaves nothing behind', async () => {
    const own = createScope();
    scope.add(() => own.dispose());
    const [one, other] = await Promise.all([startRedis(own), startRedis(own)]);
    expect(one.port).not.toBe(other.port);
    const client = one.client();
    expect(await client.config('GET', 'bind')).toEqual(['bind', '127.0.0.1']);
    expect(await client.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
    expect(existsSync(one.dir)).toBe(true);
    await own.dispose();
    expect(existsSync(one.dir)).toBe(false);
    expect(() => process.kill(one.pid, 0)).toThrow('ESRCH');
    await own.dispose();
  });

  test('keeps its data through kill and restart only when it persists', async () => {
    const [kept, fleeting] = await Promise.all([startRedis(scope, { persist: true }), startRedis(scope)]);
    for (const [server, expected] of [
      [kept, 'here'],
      [fleeting, null],
    ] as const) {
      const client = server.client();
      await client.set('key', 'here');
      const { pid, port } = server;
      await server.kill();
      await server.restart();
      expect(server.port).toBe(port);
      expect(server.pid).not.toBe(pid);
      // The same client: it reconnects by itself to the same port.
      expect(await client.get('key')).toBe(expected);
    }
  });

  test('answers nothing while paused, and everything after', async () => {
    const server = await startRedis(scope);
    const client = server.client();
    await client.ping();
    server.pause();
    const asked = client.ping();
    const impatient = server.client({ commandTimeout: 200, maxRetriesPerRequest: 0 });
    await expect(impatient.ping()).rejects.toThrow('timed out');
    server.resume();
    expect(await asked).toBe('PONG');
  });

  test('loses its subscribers, sharded ones too, when told to', async () => {
    const server = await startRedis(scope);
    const subscriber = server.client();
    await subscriber.ssubscribe('channel');
    const lost = new Promise((resolve) => subscriber.once('close', () => resolve('closed')));
    expect(await server.killSubscribers()).toBe(1);
    expect(await lost).toBe('closed');
  });

  test('says why it did not start', async () => {
    await expect(startRedis(scope, { args: ['--no-such-setting', '1'] })).rejects.toThrow('no-such-setting');
  });
});

test('a replica follows, is promoted by hand, and misses what it was not sent', async () => {
  const primary = await startRedis(scope);
  const replica = await startReplica(scope, primary);
  const [onPrimary, onReplica] = [primary.client(), replica.client()];
  await onPrimary.set('key', 'first');
  await eventually(async () => expect(await onReplica.get('key')).toBe('first'));
  replica.pause();
  await onPrimary.set('key', 'second');
  await primary.kill();
  replica.resume();
  await onReplica.replicaof('NO', 'ONE');
  expect(await onReplica.set('other', '1')).toBe('OK');
});

test('a cluster serves all slots, and a slot moves with its data while it is written to', async () => {
  const cluster = await startRedisCluster(scope);
  const admin = cluster.node(0).client();
  for (const key of ['a', '{room:lobby}:meta', 'x{}y', '{}{z}', 'žluť', '']) {
    expect([key, cluster.slotOf(key)]).toEqual([key, Number(await admin.call('CLUSTER', 'KEYSLOT', key))]);
  }
  const slot = cluster.slotOf('{room:lobby}');
  const from = await cluster.ownerOf(slot);
  const to = (from + 1) % cluster.nodes.length;
  const client = new Cluster([...cluster.urls]);
  client.on('error', () => undefined);
  scope.add(() => client.disconnect());
  const keyCount = 250;
  for (let index = 0; index < keyCount; index++) await client.set(`{room:lobby}:${index}`, index);

  let moving = true;
  const writes = (async (): Promise<number> => {
    let count = 0;
    while (moving) count = await client.incr('{room:lobby}:counter');
    return count;
  })();
  await cluster.migrateSlot(slot, to);
  moving = false;
  const written = await writes;

  expect(await cluster.ownerOf(slot)).toBe(to);
  expect(await cluster.node(from).client().call('CLUSTER', 'COUNTKEYSINSLOT', slot)).toBe(0);
  const owner = cluster.node(to).client();
  expect(await owner.call('CLUSTER', 'COUNTKEYSINSLOT', slot)).toBe(keyCount + 1);
  expect(Number(await owner.get('{room:lobby}:counter'))).toBe(written);
  expect(await client.get(`{room:lobby}:${keyCount - 1}`)).toBe(String(keyCount - 1));
  expect(() => cluster.node(3)).toThrow('no node 3');
});
