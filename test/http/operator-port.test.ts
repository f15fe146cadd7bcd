// The operator port: what it answers, where it listens, how long it lives. What the metrics say is in metrics.test.ts.
import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/ports.ts';
import { exchangeHttp } from '../support/raw-http.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';
import { startNode } from '../support/service.ts';

const connectionsMax = 1000;

const scope = useScope();
let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis(scope);
});

const ask = (port: number, path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${port}${path}`, { ...init, headers: { connection: 'close', ...init.headers } });

test('it answers metrics and health, and nothing else; the public port has no metrics', async () => {
  const node = await startNode(scope, { redis });
  expect(node.apiPort).not.toBe(node.port);
  const metrics = await ask(node.apiPort, '/metrics');
  expect([metrics.status, metrics.headers.get('content-type')]).toEqual([
    200,
    expect.stringMatching(/^text\/plain; version=0\.0\.4/),
  ]);
  expect(await metrics.text()).toMatch(/\nparley_users 0\n/);
  expect(await node.operator('/healthz')).toMatchObject({ status: 200, body: { status: 'ok', node: node.nodeId } });
  await eventually(async () => expect(await node.operator('/readyz')).toMatchObject({ status: 200 }));

  for (const path of ['/', '/metrics/', '/ws', '/api/v1/roomCreate']) {
    expect([path, (await ask(node.apiPort, path)).status]).toEqual([path, 404]);
  }
  for (const path of ['/metrics', '/api/v1/roomCreate']) expect((await ask(node.port, path)).status).toBe(404);
});

test('many may ask at once, and who leaves before the answer does no harm', async () => {
  const node = await startNode(scope, { redis });
  const gone = Array.from({ length: 20 }, () => {
    const controller = new AbortController();
    const asked = ask(node.apiPort, '/metrics', { signal: controller.signal });
    controller.abort();
    return asked.then(
      () => 'answered',
      () => 'gone',
    );
  });
  const staying = await Promise.all(Array.from({ length: 20 }, () => node.metrics()));
  expect(staying.map((metrics) => metrics.sum('parley_build_info'))).toEqual(staying.map(() => 1));
  expect(new Set(await Promise.all(gone))).toEqual(new Set(['gone']));
  expect(await node.operator('/healthz')).toMatchObject({ status: 200 });
});

test('metrics are made once a second at most, and once for all who ask meanwhile', async () => {
  const node = await startNode(scope, { redis, env: { PARLEY_METRICS_FRESH_MS: undefined } });
  const told = async (): Promise<string> => (await ask(node.apiPort, '/metrics')).text();
  // The processor time in it is another each time that it is made.
  const began = performance.now();
  const first = await told();
  const together = await Promise.all(Array.from({ length: 20 }, told));
  const inTime = performance.now() - began < 1000;
  expect(inTime ? new Set([first, ...together]).size : 1).toBe(1);
  expect(
    await eventually(async () => {
      const later = await told();
      expect(later).not.toBe(first);
      return later;
    }),
  ).toMatch(/\nparley_users 0\n/);
  expect(performance.now() - began).toBeGreaterThan(1000);
});

test('connections are bounded, and who is served already stays so', async () => {
  const node = await startNode(scope, { redis });
  const sockets = Array.from({ length: connectionsMax }, () => connect(node.apiPort, '127.0.0.1'));
  scope.add(() => sockets.forEach((socket) => socket.destroy()));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  await expect(node.operator('/healthz')).rejects.toThrow();
  sockets[0]?.write('GET /healthz HTTP/1.1\r\n\r\n');
  expect(String((await once(sockets[0] ?? new EventEmitter(), 'data'))[0])).toMatch(/^HTTP\/1\.1 200/);
  expect(await node.health('/healthz')).toMatchObject({ status: 200 });
  for (const socket of sockets.slice(0, 10)) socket.destroy();
  await eventually(async () => expect(await node.operator('/healthz')).toMatchObject({ status: 200 }));
});

test('it is on loopback only, unless the operator opens it', async () => {
  const outer = Object.values(networkInterfaces())
    .flat()
    .find((each) => each?.family === 'IPv4' && !each.internal);
  const host = outer?.address ?? '127.0.0.2';
  const reached = (port: number): Promise<boolean> =>
    exchangeHttp(port, 'GET /healthz HTTP/1.0\r\n\r\n', { host }).then(
      ({ status }) => status === 200,
      () => false,
    );
  const node = await startNode(scope, { redis, env: { PARLEY_HOST: '0.0.0.0' } });
  expect([await reached(node.apiPort), (await node.operator('/healthz')).status]).toEqual([false, 200]);
  expect(node.logs()).toContainEqual(expect.objectContaining({ msg: 'listening', apiHost: '127.0.0.1' }));
  const open = await startNode(scope, { redis, env: { PARLEY_API_HOST: '0.0.0.0' } });
  expect(await reached(open.apiPort)).toBe(true);
});

test('it stays while a node drains, and says that the node is not to be sent clients', async () => {
  const away = await startRedis(scope);
  const node = await startNode(scope, { redis: away, env: { PARLEY_REDIS_TIMEOUT_MS: '20000' } });
  // A drain gives the lease back, and waits for an answer to that.
  away.pause();
  const exit = node.terminate();
  await eventually(async () => {
    const ready = await node.operator('/readyz');
    expect(ready).toMatchObject({ status: 503, body: { checks: { accepting: false } } });
    expect((await node.metrics()).sum('parley_ready', { check: 'accepting' })).toBe(0);
  });
  away.resume();
  expect(await exit).toEqual({ code: 0, signal: null });
  await expect(node.operator('/healthz')).rejects.toThrow();
});

test('it answers before Redis is there', async () => {
  const away = await startRedis(scope);
  // Not one that the system hands out: a node of another test could get it.
  const apiPort = await freePort();
  away.pause();
  const starting = startNode(scope, { redis: away, env: { PARLEY_API_PORT: String(apiPort) } });
  await eventually(async () => expect((await ask(apiPort, '/healthz')).status).toBe(200));
  expect((await ask(apiPort, '/readyz')).status).toBe(503);
  expect(await (await ask(apiPort, '/metrics')).text()).toContain('parley_link_probe_age_seconds +Inf');
  away.resume();
  expect((await starting).apiPort).toBe(apiPort);
});

describe('a port that is taken', () => {
  test('is replaced by a free one, with a warning: nodes on one machine need only differ in their public port', async () => {
    const first = await startNode(scope, { redis });
    const second = await startNode(scope, { redis, env: { PARLEY_API_PORT: String(first.apiPort) } });
    expect(second.apiPort).not.toBe(first.apiPort);
    expect(second.logs()).toContainEqual(
      expect.objectContaining({ level: 40, msg: expect.stringContaining('PARLEY_API_PORT') }),
    );
    expect(await second.operator('/healthz')).toMatchObject({ body: { node: second.nodeId } });
    expect(await first.operator('/healthz')).toMatchObject({ body: { node: first.nodeId } });
  });

  test('refuses the start in production', async () => {
    const first = await startNode(scope, { redis });
    const env = { PARLEY_API_PORT: String(first.apiPort), NODE_ENV: 'production', PARLEY_ALLOW_OPEN: 'on' };
    await expect(startNode(scope, { redis, env })).rejects.toThrow(`cannot listen on 127.0.0.1:${first.apiPort}`);
    expect(await first.operator('/healthz')).toMatchObject({ status: 200 });
  });
});
