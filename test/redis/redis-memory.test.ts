// How full Redis is, as a node reads it: by server, where the server tells, and told when it comes to another level.
import { expect, test } from '@jest/globals';
import { Commands } from '../../src/redis/commands.ts';
import { openClient } from '../../src/redis/connect.ts';
import { RedisMemory, type MemoryLevel } from '../../src/redis/redis-memory.ts';
import { startRedis, type RedisAddress, type RedisServer } from '../support/redis.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { useScope } from '../support/scope.ts';
import { endpointAt } from '../support/redis-endpoint.ts';

const scope = useScope();

interface Opened {
  readonly memory: RedisMemory;
  readonly levels: readonly MemoryLevel[];
}

async function open(address: RedisAddress): Promise<Opened> {
  const client = openClient(endpointAt(address), { use: 'commands' });
  client.on('error', () => undefined);
  await client.connect();
  const commands = new Commands(client, {
    timeoutMs: 5000,
    queueMax: 100,
    queueBytesMax: 1 << 20,
    mayAct: () => true,
    onError: () => undefined,
  });
  scope.add(() => {
    commands.close();
    client.disconnect();
  });
  const levels: MemoryLevel[] = [];
  return { memory: new RedisMemory({ commands, onLevel: (level) => levels.push(level) }), levels };
}

/** Sets the limit so that this share of it is used. */
async function fillTo(server: RedisServer, ratio: number): Promise<void> {
  const admin = server.client();
  await admin.setrange('ballast', 20_000_000, 'x');
  const used = Number(/^used_memory:(\d+)/m.exec(await admin.info('memory'))?.[1]);
  await admin.config('SET', 'maxmemory', Math.round(used / ratio));
  admin.disconnect();
}

test('comes to its levels at 80 and 95 %, each told once', async () => {
  const redis = await startRedis(scope);
  const { memory, levels } = await open(redis);
  // Without a limit there is nothing to be full of.
  await memory.poll();
  expect([memory.readings, memory.level, levels]).toEqual([[], 'ample', []]);
  for (const [ratio, level] of Object.entries({ 0.5: 'ample', 0.85: 'filling', 0.97: 'short', 0.6: 'ample' })) {
    await fillTo(redis, Number(ratio));
    await memory.poll();
    await memory.poll();
    expect(memory.readings).toEqual([{ server: 'redis', ratio: expect.closeTo(Number(ratio), 1) }]);
    expect(memory.level).toBe(level);
  }
  expect(levels).toEqual(['filling', 'short', 'ample']);
});

test('has no reading of a server that does not tell', async () => {
  const redis = await startRedis(scope);
  await fillTo(redis, 0.97);
  const admin = redis.client();
  await admin.call('ACL', 'SETUSER', 'silent', 'on', '>secret', 'allkeys', 'allchannels', '+@all');
  const { memory, levels } = await open({ url: redis.url.replace('redis://', 'redis://silent:secret@') });
  await admin.call('ACL', 'SETUSER', 'silent', '-info');
  await memory.poll();
  expect([memory.readings, memory.level, levels]).toEqual([[], 'ample', []]);
  await redis.kill();
  await memory.poll();
  expect(memory.readings).toEqual([]);
});

test('reads every primary of a cluster; the fullest one counts', async () => {
  const cluster = await startRedisCluster(scope);
  for (const [i, node] of cluster.nodes.entries()) {
    const admin = node.client();
    // Further connections take some, too.
    const used = Number(/^used_memory:(\d+)/m.exec(await admin.info('memory'))?.[1]);
    await admin.config('SET', 'maxmemory', Math.round(used / (i === 1 ? 0.87 : 0.2)));
  }
  const { memory } = await open(cluster);
  await memory.poll();
  expect(memory.readings.map(({ server }) => server).toSorted()).toEqual(
    cluster.nodes.map(({ port }) => `127.0.0.1:${port}`).toSorted(),
  );
  expect(memory.level).toBe('filling');
});
