// The load balancer as shipped: what it tells of the service, what it lets through, and what it does about nodes that come,
// go, and are not ready. The rolling restart has a test of its own, in test/fault.
import { expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { connectClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { checkConfiguration, startBalancer } from '../support/haproxy.ts';
import { freePort } from '../support/ports.ts';
import { startRedis } from '../support/redis.ts';
import { useScope, type Scope } from '../support/scope.ts';
import { startService } from '../support/service.ts';

const scope = useScope();

/** The HTTP status that an upgrade is answered with; 101 when it is one. */
function upgrade(on: Scope, url: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, 'parley.v1.json', { headers });
    on.add(() => socket.terminate());
    socket.on('error', reject);
    socket.once('open', () => resolve(101));
    socket.once('unexpected-response', (_, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
  });
}

test('HAProxy finds the configuration valid, and warns of nothing', async () => {
  const { code, lines } = await checkConfiguration();
  expect([code, lines.filter((line) => /WARNING|ALERT/.test(line))]).toEqual([0, []]);
});

test('only /ws leads to the nodes; /healthz tells whether there is one, and follows it', async () => {
  const port = await freePort();
  const service = await startService(scope, { nodes: 0 });
  const node = await service.addNode({ PARLEY_PORT: String(port) });
  const balancer = await startBalancer(scope, [port]);
  // The node itself answers there; through the load balancer nobody does.
  expect((await node.health('/readyz')).status).toBe(200);
  expect(await balancer.status('/readyz')).toBe(404);
  expect(await balancer.status('/metrics')).toBe(404);
  expect(await balancer.status('/ws/other')).toBe(404);

  await node.terminate();
  await eventually(async () => expect(await balancer.status('/healthz')).toBe(503));
  await service.addNode({ PARLEY_PORT: String(port) });
  await eventually(async () => expect(await balancer.status('/healthz')).toBe(200));
  const client = await connectClient(scope, { urls: balancer.url, userName: 'ada' });
  expect(client.state).toBe('connected');
});

test('a node that is not ready gets no new sockets, and keeps those it has', async () => {
  const redis = await startRedis(scope);
  const service = await startService(scope, { redis, nodes: 1, env: { PARLEY_NODE_LEASE_MS: '4000' } });
  const balancer = await startBalancer(scope, [service.node(0).port]);
  const client = await connectClient(scope, { urls: balancer.url, userName: 'ada' });
  await client.request('roomCreate', { roomName: 'lobby' });
  await client.join('lobby');

  redis.pause();
  await eventually(async () => expect(await balancer.status('/healthz')).toBe(503));
  expect(await upgrade(scope, balancer.url, {})).toBe(503);
  redis.resume();
  await eventually(async () => expect(await balancer.status('/healthz')).toBe(200));
  expect(await client.post('lobby', { key: 'still here' })).toBe(1);
  expect(client.seen('disconnect')).toEqual([]);
});

test('nodes learn the address of the client, which cannot choose one itself', async () => {
  const limits = { PARLEY_SOCKETS_PER_ADDRESS: '1', PARLEY_TRUSTED_PROXIES: '127.0.0.1' };
  const service = await startService(scope, { nodes: 1, env: limits });
  const node = service.node(0);
  const balancer = await startBalancer(scope, [node.port]);
  // Straight to the node, whoever is trusted is believed.
  expect(await upgrade(scope, node.url, { 'x-forwarded-for': '192.0.2.1' })).toBe(101);
  expect(await upgrade(scope, node.url, { 'x-forwarded-for': '192.0.2.1' })).toBe(429);
  expect(await upgrade(scope, balancer.url, { 'x-forwarded-for': '192.0.2.2' })).toBe(101);
  expect(await upgrade(scope, balancer.url, { 'x-forwarded-for': '192.0.2.3' })).toBe(429);
});
