// Sentinels whose news come at a bad moment: while connections are being made, late, in two spellings, or by way of one connection
// only. Both of a node's connections come to the primary, once, and everything else is told that it changed.
import { connect, type Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { Links } from '../../src/redis/links.ts';
import { eventually } from '../support/eventually.ts';
import { startFakeSentinel, type FakeSentinel } from '../support/fake-sentinel.ts';
import { endpointAt } from '../support/redis-endpoint.ts';
import { startRedis, startReplica, type RedisServer } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';

const scope = useScope();

interface Scene {
  readonly a: RedisServer;
  readonly b: RedisServer;
  readonly sentinels: readonly FakeSentinel[];
  readonly links: Links;
  /** How often everybody was told to leave. */
  readonly left: () => number;
}

/** Connected to `a`; `b` is its replica. */
async function start(): Promise<Scene> {
  const a = await startRedis(scope, { args: ['--tcp-backlog', '1'] });
  const b = await startReplica(scope, a);
  const sentinels = await Promise.all([0, 1, 2].map(() => startFakeSentinel(scope, a.port)));
  let left = 0;
  const links = new Links(
    endpointAt({ url: sentinels.map(({ url }) => url).join(','), mode: 'sentinel', master: 'p' }),
    { timeoutMs: 2000, leaseMs: 15_000, onError: () => undefined },
  );
  links.onLeave(() => left++);
  scope.add(() => links.close());
  await links.connect();
  return { a, b, sentinels, links, left: () => left };
}

const bothAt = (server: RedisServer): Promise<void> =>
  eventually(async () => {
    const admin = server.client();
    const clients = String(await admin.call('CLIENT', 'LIST').finally(() => admin.disconnect()));
    expect(clients).toContain('name=parley-commands');
    expect(clients).toContain('name=parley-lease');
  });

const about = (a: RedisServer, b: RedisServer): string =>
  `slave 127.0.0.1:${b.port} 127.0.0.1 ${b.port} @ p 127.0.0.1 ${a.port}`;

test('a connection that was begun before a failover is not used after it has begun', async () => {
  const { a, b, sentinels, links, left } = await start();
  const sockets = (): Socket[] => [links.commands, links.lease].map((client) => (client as unknown as Streamed).stream);
  await a.client().call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  // Frozen, and with nobody to take further connections in: they are made for as long as that.
  a.pause();
  const crowd = Array.from({ length: 6 }, () => connect(a.port, '127.0.0.1').on('error', () => undefined));
  await eventually(() => expect(sockets().map(({ connecting }) => connecting)).toEqual([true, true]));
  sentinels[0]?.tell('+selected-slave', about(a, b));
  await eventually(() => expect(left()).toBe(1));
  for (const socket of crowd) socket.destroy();
  a.resume();
  // As the bus does that was told to leave.
  const subscriber = links.shards.open('');
  scope.add(() => subscriber.disconnect());
  subscriber.on('error', () => undefined);
  subscriber.connect().catch(() => undefined);
  for (const sentinel of sentinels) sentinel.says({ port: b.port, epoch: 2 });
  await bothAt(b);
});

/** Not in the client's type. */
interface Streamed {
  readonly stream: Socket;
}

test('the primary is left as soon as one looks for its successor, and gone back to where there is none', async () => {
  const { a, b, sentinels, links, left } = await start();
  sentinels[0]?.tell('+failover-state-select-slave', `master p 127.0.0.1 ${b.port}`);
  // It is about another one. Told before, on the same connection.
  sentinels[0]?.tell('+failover-state-select-slave', `master p 127.0.0.1 ${a.port}`);
  await eventually(() => expect(left()).toBe(1));
  sentinels[0]?.tell('-failover-abort-no-good-slave', `master p 127.0.0.1 ${a.port}`);
  await eventually(() => expect([links.commands.status, links.lease.status]).toEqual(['ready', 'ready']));
  await bothAt(a);
});

test('that one connection has found another primary is told to all', async () => {
  const { b, sentinels, links, left } = await start();
  for (const sentinel of sentinels) sentinel.says({ port: b.port, epoch: 2 });
  (links.lease as unknown as Streamed).stream.destroy();
  await bothAt(b);
  // By the one that has found it; on a busy machine the other one may have, before it is told.
  expect([1, 2]).toContain(left());
});

test('an event of a failover that is over does not make anybody leave', async () => {
  const { a, b, sentinels, links, left } = await start();
  for (const sentinel of sentinels) sentinel.says({ port: b.port, epoch: 2 });
  await bothAt(b);
  const before = left();
  sentinels[0]?.tell('+selected-slave', about(a, b));
  // Told after it, on the same connection.
  sentinels[0]?.says({ port: a.port, epoch: 3 });
  sentinels[0]?.tell('+switch-master', `p 127.0.0.1 ${b.port} 127.0.0.1 ${a.port}`);
  await bothAt(a);
  expect(left()).toBe(before + 1);
  await eventually(() => expect(links.commands.status).toBe('ready'));
  expect(left()).toBe(before + 1);
});

test('two spellings of one primary are one primary', async () => {
  const { a, sentinels, left } = await start();
  for (let round = 0; round < 6; round++) {
    // Whose answer comes first is not said, so each says either.
    for (const [i, sentinel] of sentinels.entries()) {
      sentinel.says({ host: (i + round) % 2 === 0 ? 'localhost' : '127.0.0.1', port: a.port, epoch: 1 });
      sentinel.tell('+failover-end', `master p 127.0.0.1 ${a.port}`);
    }
    const asked = sentinels.map((sentinel) => sentinel.asked);
    await eventually(() => {
      for (const [i, sentinel] of sentinels.entries()) expect(sentinel.asked).toBeGreaterThan((asked[i] ?? 0) + 1);
    });
  }
  await bothAt(a);
  expect(left()).toBe(0);
});
