// Redis that freezes, ends, comes back empty, or is replaced by one that lacks the last writes. No process dies, no
// request hangs, readiness tells the truth, and every client has the whole log or was told that it has not.
import { expect, test } from '@jest/globals';
import { connectClient, failureOf } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { startLink } from '../support/faulty-link.ts';
import { startRedis, startReplica } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';
import { startService, type ServiceNode } from '../support/service.ts';
import { counted, expectWhole, startTalk } from '../support/talk.ts';

const scope = useScope();
const busy = { PARLEY_RATE_REQUESTS_PER_SECOND: '10000', PARLEY_RATE_BURST: '10000' };

const ready = async (nodes: readonly ServiceNode[]): Promise<number[]> =>
  (await Promise.all(nodes.map((node) => node.health('/readyz')))).map(({ status }) => status);

const allLive = async (nodes: readonly ServiceNode[]): Promise<void> => {
  for (const node of nodes) expect((await node.health('/healthz')).status).toBe(200);
};

test('a freeze of 3 s closes no socket, requests fail as temporary, nothing is lost', async () => {
  const redis = await startRedis(scope);
  const service = await startService(scope, { nodes: 2, redis, env: busy });
  const urls = service.nodes.map((node) => node.url);
  const talk = await startTalk(scope, { clients: [...urls, ...urls], rooms: ['lobby', 'attic'] });
  const probe = await connectClient(scope, { urls: urls[0] ?? '', userName: 'probe' });
  await talk.more(100);
  redis.pause();
  const frozenAt = performance.now();
  const failure = await failureOf(probe.request('roomHistoryInfo', { roomName: 'lobby' }));
  expect(failure).toMatchObject({ code: 'unavailable', temporary: true });
  await eventually(async () => expect(await ready(service.nodes)).toEqual([503, 503]));
  await allLive(service.nodes);
  await eventually(() => expect(performance.now() - frozenAt).toBeGreaterThan(3000));
  redis.resume();
  await eventually(async () => expect(await ready(service.nodes)).toEqual([200, 200]));
  await talk.more(100);
  expectWhole(await talk.verdict());
  for (const client of [...talk.clients, probe]) expect(client.seen('disconnect')).toEqual([]);
});

test('killed under load and restarted with its data: sockets stay, everything goes on', async () => {
  const redis = await startRedis(scope, { persist: true });
  const service = await startService(scope, { nodes: 2, redis, env: busy });
  const urls = service.nodes.map((node) => node.url);
  const talk = await startTalk(scope, { clients: [...urls, ...urls], rooms: ['lobby', 'attic'] });
  for (let round = 0; round < 2; round++) {
    await talk.more(100);
    await redis.kill();
    await eventually(async () => expect(await ready(service.nodes)).toEqual([503, 503]));
    await allLive(service.nodes);
    await redis.restart();
    await eventually(async () => expect(await ready(service.nodes)).toEqual([200, 200]));
  }
  await talk.more(100);
  expectWhole(await talk.verdict());
  for (const client of talk.clients) expect(client.seen('disconnect')).toEqual([]);
});

test('all links to Redis cut again and again under load: nothing lost, nothing doubled', async () => {
  const redis = await startRedis(scope);
  const link = await startLink(scope, redis.port);
  const service = await startService(scope, { nodes: 2, redis: link, env: busy });
  const urls = service.nodes.map((node) => node.url);
  const talk = await startTalk(scope, { clients: [...urls, ...urls], rooms: ['lobby', 'attic'] });
  for (let round = 0; round < 8; round++) {
    await talk.more(60);
    link.cut();
  }
  await talk.more(60);
  expectWhole(await talk.verdict());
  for (const client of talk.clients) expect(client.seen('disconnect')).toEqual([]);
});

test('a subscription that goes silent without breaking is noticed, replaced, and made good', async () => {
  const redis = await startRedis(scope);
  const link = await startLink(scope, redis.port);
  const service = await startService(scope, { nodes: 1, redis, env: busy });
  // Only this node's links can be frozen.
  const deaf = await service.addNode({ PARLEY_REDIS_URL: link.url });
  const speaker = await connectClient(scope, { urls: service.node(0).url, userName: 'speaker' });
  const listener = await connectClient(scope, { urls: deaf.url, userName: 'listener' });
  await speaker.request('roomCreate', { roomName: 'lobby' });
  await speaker.join('lobby');
  await listener.join('lobby');
  await speaker.say('lobby', 'one');
  await listener.next('roomMessage');
  link.pause();
  await speaker.say('lobby', 'two');
  await speaker.say('lobby', 'three');
  await eventually(async () => expect(await ready([deaf])).toEqual([503]));
  link.resume();
  await listener.next('roomMessage', (_, { key }) => key === 'three');
  expect(listener.seen('roomMessage').map(([, { key }]) => key)).toEqual(['one', 'two', 'three']);
  await eventually(async () => expect(await ready([deaf])).toEqual([200]));
});

test('back with nothing: sockets are closed with 4002 and clients start afresh', async () => {
  const redis = await startRedis(scope);
  const service = await startService(scope, { nodes: 2, redis, env: busy });
  const clients = await Promise.all(
    service.nodes.map((node, i) => connectClient(scope, { urls: node.url, userName: `user-${i}` })),
  );
  const [owner, other] = clients;
  if (owner === undefined || other === undefined) throw new Error('two nodes, two clients');
  await owner.request('roomCreate', { roomName: 'lobby' });
  for (const client of clients) await client.join('lobby');
  await owner.say('lobby', 'before');
  await redis.restart();
  for (const client of clients) {
    await client.next('disconnect', ({ code }) => code === 4002);
    await client.next('reconnect', () => true);
    await client.next('roomLost', ({ error }) => error.code === 'noRoom');
  }
  await owner.request('roomCreate', { roomName: 'lobby' });
  for (const client of clients) await client.join('lobby');
  expect(await owner.say('lobby', 'after')).toBe(1);
  await other.next('roomMessage', (_, { key }) => key === 'after');
});

test('a primary lost with its last writes, and overtaken: all have the whole log or are told', async () => {
  const primary = await startRedis(scope);
  const link = await startLink(scope, primary.port);
  const service = await startService(scope, { nodes: 2, redis: link, env: busy });
  const urls = service.nodes.map((node) => node.url);
  const talk = await startTalk(scope, { clients: [...urls, ...urls], rooms: ['lobby', 'attic'], everyMs: 8 });
  await talk.more(100);
  const replica = await startReplica(scope, primary);
  await talk.more(100);
  // From here on the primary writes alone: what it acknowledges now will be lost.
  const promoted = replica.client();
  await promoted.replicaof('NO', 'ONE');
  await talk.more(40);
  link.setTarget(replica.port);
  link.cut();
  await primary.kill();
  // The new log grows past every position that was taken from the old one.
  await talk.more(200);
  const verdict = await talk.verdict();
  expect(verdict.violations).toEqual([]);
  expect(verdict.lostTold.length).toBeGreaterThan(0);
  expect(await counted(service.nodes, 'parley_forks_total')).toBeGreaterThan(0);
  for (const client of talk.clients) {
    const told = new Set(client.seen('roomReset').map(([roomName]) => roomName));
    expect([...told].toSorted()).toEqual(['attic', 'lobby']);
  }
});
