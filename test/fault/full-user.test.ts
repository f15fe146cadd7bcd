// A user with as many sockets as are allowed, on a node that dies, freezes or leaves: its own dead sockets keep it out no
// longer than the lease of that node says that they may live, and it is told so.
import { describe, expect, test } from '@jest/globals';
import { connectClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { startRedis, type RedisAddress } from '../support/redis.ts';
import { connectRpc, loginRpc } from '../support/rpc.ts';
import type { Scope } from '../support/disposal.ts';
import { useScope } from '../support/scope.ts';
import { startService, type ServiceNode } from '../support/service.ts';

const scope = useScope();
const leaseMs = 5000;
const env = { PARLEY_SOCKETS_PER_USER: '2', PARLEY_NODE_LEASE_MS: String(leaseMs) };

interface Nodes {
  readonly doomed: ServiceNode;
  readonly other: ServiceNode;
}

/** Two nodes; the one that is doomed has all the sockets that alice may have. */
async function startFull(redis: RedisAddress): Promise<Nodes> {
  const service = await startService(scope, { nodes: 2, redis, env });
  const doomed = service.node(0);
  for (let i = 0; i < 2; i++) await loginRpc(scope, doomed.url, 'alice');
  return { doomed, other: service.node(1) };
}

/** What a login that is refused for the moment is told; nothing says that it was for good. */
async function refusedAt(url: string): Promise<number> {
  const rpc = await connectRpc(scope, url);
  const error = await rpc.refusal('login', { userName: 'alice' });
  expect(error).toMatchObject({ code: 'tooManySockets', temporary: true, retryAfterMs: expect.any(Number) });
  expect(await rpc.raw.closed).toEqual({ code: 4005, reason: 'serverError' });
  expect(rpc.heard('loginRejected')).toEqual([]);
  return Number(error.retryAfterMs);
}

/** `harm` stops the node; from then on its lease runs out. */
async function comesBackAfter(harm: (node: ServiceNode) => Promise<void>, redis: RedisAddress): Promise<void> {
  const { doomed, other } = await startFull(redis);
  await refusedAt(other.url);
  await harm(doomed);
  const retryAfterMs = await refusedAt(other.url);
  expect(retryAfterMs).toBeGreaterThanOrEqual(1000);
  expect(retryAfterMs).toBeLessThanOrEqual(leaseMs);
  const refusals = (): Promise<number> =>
    other.metrics().then((told) => {
      return told.sum('parley_request_duration_seconds_count', { method: 'login', outcome: 'tooManySockets' });
    });
  const before = await refusals();
  // The library waits as long as it is told, and is in: before the dead sockets are swept, or after.
  const clients = await Promise.all(
    [1, 2].map(() =>
      connectClient(scope, { urls: other.url, userName: 'alice', reconnect: { minDelayMs: 1, maxDelayMs: 5 } }),
    ),
  );
  expect((await refusals()) - before).toBeLessThanOrEqual(clients.length);
  expect(clients.map(({ state }) => state)).toEqual(['connected', 'connected']);
  await eventually(
    async () => {
      const sockets = Object.keys((await clients[0]?.request('listOwnSockets', {})) ?? {});
      expect(sockets.toSorted()).toEqual(clients.map(({ socketId }) => socketId ?? '').toSorted());
    },
    { timeoutMs: 30_000 },
  );
  await eventually(() => expect(other.logs()).toContainEqual(expect.objectContaining({ swept: doomed.nodeId })), {
    timeoutMs: 30_000,
  });
  // The limit is what it was.
  await refusedAt(other.url);
}

describe.each([
  ['a single server', (owner: Scope): Promise<RedisAddress> => startRedis(owner)],
  ['a cluster', (owner: Scope): Promise<RedisAddress> => startRedisCluster(owner)],
])('on %s', (_name, start) => {
  test('after kill -9 the user is in elsewhere when the lease of the dead node is over', async () => {
    await comesBackAfter(async (node) => void (await node.kill()), await start(scope));
  });

  test('while a node drains, its sockets do not count', async () => {
    const { doomed, other } = await startFull(await start(scope));
    const leaving = await connectRpc(scope, doomed.url);
    await refusedAt(other.url);
    const ended = doomed.terminate();
    // The node sends away whoever it has; this one has not even logged in.
    await leaving.raw.closed;
    await loginRpc(scope, other.url, 'alice');
    await loginRpc(scope, other.url, 'alice');
    await refusedAt(other.url);
    expect(await ended).toEqual({ code: 0, signal: null });
  });
});

test('after a freeze likewise; the node that thaws sends its own away', async () => {
  let frozen: ServiceNode | undefined;
  await comesBackAfter(
    (node) => {
      frozen = node;
      node.freeze();
      return Promise.resolve();
    },
    await startRedis(scope),
  );
  frozen?.thaw();
  await eventually(() => expect(frozen?.logs().some(({ msg }) => msg.includes('the lease was lost'))).toBe(true), {
    timeoutMs: 30_000,
  });
});
