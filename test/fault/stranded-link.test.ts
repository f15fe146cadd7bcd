// A connection that dies without a sign, of one use at a time: it is replaced, and the new one is good for what it is for. The
// bus is proven over a link that is made at once and over one that takes longer to be made than a probe takes to come back.
import { expect, test } from '@jest/globals';
import { RedisBus } from '../../src/bus/redis-bus.ts';
import { newCounters } from '../../src/ops/counters.ts';
import { Commands } from '../../src/redis/commands.ts';
import { Keyspace } from '../../src/redis/keys.ts';
import { Links } from '../../src/redis/links.ts';
import { eventually } from '../support/eventually.ts';
import { startLink } from '../support/faulty-link.ts';
import { endpointAt } from '../support/redis-endpoint.ts';
import { startRedis } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';

const scope = useScope();
const keys = new Keyspace('stranded');
const ignored = (): void => undefined;
const timeoutMs = 2000;

test.each([
  ['commands', 0],
  ['lease', 0],
  ['subscriber', 0],
  ['subscriber', 100],
])(
  'the connection for %s, on a network of %i ms',
  async (use, delayMs) => {
    const redis = await startRedis(scope);
    const link = await startLink(scope, redis.port, { only: new RegExp(`parley-${use}`) });
    link.delay(delayMs);
    const links = new Links(endpointAt(link), { timeoutMs, leaseMs: 15_000, onError: ignored });
    scope.add(() => links.close());
    await links.connect();
    const limits = { timeoutMs, queueMax: 1000, queueBytesMax: 1 << 20 };
    const commands = new Commands(links.commands, { ...limits, mayAct: () => true, onError: ignored });
    scope.add(() => commands.close());
    const counters = newCounters();
    const bus = new RedisBus({
      shards: links.shards,
      commands,
      keys,
      nodeId: 'n1',
      timeoutMs,
      counters,
      onError: ignored,
    });
    scope.add(() => bus.stop());
    const received = new Set<string>();
    await bus.start({ received: (topic) => received.add(topic), interrupted: ignored });
    await bus.subscribe(['room:lobby']);
    await eventually(() => expect(bus.healthy).toBe(true));
    const client = redis.client();
    const id = async (): Promise<number> => {
      const all = [...String(await client.call('CLIENT', 'LIST')).matchAll(/^id=(\d+) .*name=(\S+) /gm)];
      return Math.max(...all.filter(([, , name]) => name === `parley-${use}`).map((match) => Number(match[1])));
    };
    const before = await id();
    link.strand();
    await eventually(async () => expect(await id()).toBeGreaterThan(before));
    await eventually(async () => {
      await commands.plain('spublish', keys.channel('room:lobby'), 'event');
      expect([...received]).toEqual(['room:lobby']);
      expect(bus.healthy).toBe(true);
      expect(links.lease.status).toBe('ready');
    });
    // One that is made again is given the time to echo before it is made again.
    expect(counters.linkRebuilds).toBeLessThan(2);
  },
  60_000,
);
