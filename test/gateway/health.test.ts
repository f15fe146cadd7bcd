// What a node tells of itself: whether it lives, whether it may be sent clients, and, to each client, that it is there.
import { expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { startRedis } from '../support/redis.ts';
import { connectRpc, loginRpc } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startNode } from '../support/service.ts';

const scope = useScope();

test('a node lives and is ready; while Redis is away it lives, keeps its sockets and is not ready', async () => {
  const redis = await startRedis(scope);
  const node = await startNode(scope, { redis });
  const alice = await loginRpc(scope, node.url, 'alice');
  const healthy = { redis: true, bus: true, lease: true, accepting: true, redisMemory: true };
  await eventually(async () => {
    const ready = await node.operator('/readyz');
    expect(ready).toMatchObject({
      status: 200,
      body: { status: 'ok', node: node.nodeId, checks: healthy, sockets: 1 },
    });
  });
  // Strangers learn that much, and no more.
  for (const path of ['/healthz', '/readyz']) {
    expect([path, await node.health(path)]).toEqual([path, { status: 200, body: { status: 'ok' } }]);
  }
  expect(await node.health('/nonsense')).toEqual({ status: 404, body: '' });

  redis.pause();
  await eventually(async () => {
    const ready = await node.operator('/readyz');
    expect(ready).toMatchObject({ status: 503, body: { status: 'unavailable', checks: { redis: false } } });
  });
  expect(await node.health('/readyz')).toEqual({ status: 503, body: { status: 'unavailable' } });
  expect(await node.health('/healthz')).toMatchObject({ status: 200 });
  expect(await alice.refusal('roomCreate', 'r')).toMatchObject({
    code: 'unavailable',
    temporary: true,
    retryAfterMs: expect.any(Number),
  });
  redis.resume();
  await eventually(async () => expect(await node.health('/readyz')).toMatchObject({ status: 200 }));
  expect(await alice.call('roomCreate', 's')).toBeNull();
});

test('a login while Redis is away is put off, not refused', async () => {
  const redis = await startRedis(scope);
  const node = await startNode(scope, { redis });
  const { authData } = await loginRpc(scope, node.url, 'alice');
  redis.pause();
  for (const credentials of [{ userName: 'alice' }, { resumeToken: authData.resumeToken }]) {
    await expect(loginRpc(scope, node.url, '', { credentials })).rejects.toThrow(/"unavailable".*"temporary":true/);
  }
  const late = await connectRpc(scope, node.url);
  late.notify(['login', { userName: 'alice' }]);
  expect(await late.raw.closed).toEqual({ code: 4005, reason: 'serverError' });
  expect(late.received).toEqual([]);
  redis.resume();
  await eventually(() => loginRpc(scope, node.url, 'alice'));
});

test('pings come within the heartbeat, and who does not answer them is cut', async () => {
  const redis = await startRedis(scope);
  const node = await startNode(scope, { redis, env: { PARLEY_HEARTBEAT_MS: '4000' } });
  const alive = await loginRpc(scope, node.url, 'alive');
  expect(alive.authData.heartbeatMs).toBe(4000);
  const dead = await loginRpc(scope, node.url, 'dead', { answerPings: false });
  expect(await dead.raw.closed).toMatchObject({ code: 1006 });
  expect(alive.raw.pings).toBeGreaterThan(0);
  expect(await alive.call('ping')).toEqual(expect.any(Number));
});
