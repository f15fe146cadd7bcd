// The two connections of a node to Redis: named, opened and closed together, replaced where they fall silent, and always
// at the same server.
import { describe, expect, test } from '@jest/globals';
import { Commands } from '../../src/redis/commands.ts';
import { StateUnavailable } from '../../src/redis/unavailable.ts';
import { primaryIds, type Client } from '../../src/redis/connect.ts';
import { Keyspace } from '../../src/redis/keys.ts';
import { Links } from '../../src/redis/links.ts';
import { eventually } from '../support/eventually.ts';
import { startLink } from '../support/faulty-link.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { startRedis, type RedisAddress } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';
import { endpointAt } from '../support/redis-endpoint.ts';

const scope = useScope();
const { nodes: key } = new Keyspace('links');

interface Opened {
  readonly links: Links;
  readonly errors: readonly string[];
}

async function open(address: RedisAddress, leaseMs = 10_000): Promise<Opened> {
  const errors: string[] = [];
  const links = new Links(endpointAt(address), {
    timeoutMs: 2000,
    leaseMs,
    onError: (what, error) => errors.push(`${what}: ${String(error)}`),
  });
  scope.add(() => links.close());
  await links.connect();
  return { links, errors };
}

function commandsOn(client: Client, timeoutMs = 60_000): Commands {
  const commands = new Commands(client, {
    timeoutMs,
    queueMax: 1000,
    queueBytesMax: 1 << 20,
    mayAct: () => true,
    onError: () => undefined,
  });
  scope.add(() => commands.close());
  return commands;
}

const idOf = async (client: Client): Promise<string> => [...(await primaryIds(client))].join();

test('each has a name of its own at the server, and both end together', async () => {
  const redis = await startRedis(scope);
  const { links } = await open(redis);
  const names = async (): Promise<string[]> =>
    [...String(await redis.client().client('LIST')).matchAll(/ name=(parley\S*)/g)].map(([, name]) => name ?? '');
  expect((await names()).toSorted()).toEqual(['parley-commands', 'parley-lease']);
  links.close();
  await eventually(async () => expect(await names()).toEqual([]));
});

test('on a cluster too', async () => {
  const { links } = await open(await startRedisCluster(scope));
  for (const client of [links.commands, links.lease]) {
    expect(await commandsOn(client).plain('zcard', key)).toBe(0);
    expect((await primaryIds(client)).size).toBe(3);
  }
});

describe('a connection that goes silent', () => {
  test('is replaced within a part of the lease, and what was asked on it fails', async () => {
    const redis = await startRedis(scope);
    const link = await startLink(scope, redis.port, { only: /parley-lease/ });
    const { links, errors } = await open(link, 2000);
    const lease = commandsOn(links.lease);
    expect(await lease.plain('zcard', key)).toBe(0);
    link.strand();
    await expect(lease.plain('zcard', key)).rejects.toBeInstanceOf(StateUnavailable);
    expect(await eventually(() => lease.plain('zcard', key))).toBe(0);
    expect(errors.join()).toContain('the connection for the lease: Error: Socket timeout');
    expect(errors.join()).not.toContain('for commands');
  });

  test('is left alone while nothing is asked', async () => {
    const redis = await startRedis(scope);
    const { links, errors } = await open(redis, 8000);
    const openedAt = performance.now();
    await eventually(() => expect(performance.now() - openedAt).toBeGreaterThan(2400));
    expect(await commandsOn(links.lease).plain('zcard', key)).toBe(0);
    expect(errors).toEqual([]);
  });
});

describe('at different servers', () => {
  test.each(['lease', 'commands'] as const)('both are made again: when %s has moved alone', async (moved) => {
    const [before, after] = await Promise.all([startRedis(scope), startRedis(scope)]);
    const link = await startLink(scope, before.port, { only: new RegExp(`parley-${moved}`) });
    const { links } = await open(link);
    const id = await idOf(links.commands);
    expect(await idOf(links.lease)).toBe(id);
    link.setTarget(after.port);
    link.cut();
    await eventually(async () => {
      const ids = await Promise.all([links.commands, links.lease].map(idOf));
      expect(ids[0]).toBe(ids[1]);
      expect(ids[0]).not.toBe(id);
    });
  });
});

test('how long nothing was answered is counted from the first failure, and ends with an answer, be it late', async () => {
  const redis = await startRedis(scope);
  const { links } = await open(redis);
  const commands = commandsOn(links.commands, 100);
  expect(commands.failingMs).toBe(0);
  redis.pause();
  await expect(commands.plain('zcard', key)).rejects.toBeInstanceOf(StateUnavailable);
  const first = commands.failingMs;
  await expect(commands.plain('zcard', key)).rejects.toBeInstanceOf(StateUnavailable);
  expect(commands.failingMs).toBeGreaterThan(first);
  expect(commands.healthy).toBe(false);
  redis.resume();
  await eventually(() => expect(commands.failingMs).toBe(0));
});
