// Webhooks where things fail: an address that takes only some of what comes, or nothing for a while, nodes that die with what they were
// sending. Each room comes whole and in its order, for a receiver that drops repeats.
import type { ServerResponse } from 'node:http';
import { beforeAll, expect, test } from '@jest/globals';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import { Keyspace } from '../../src/redis/keys.ts';
import { eventually } from '../support/eventually.ts';
import { startLink } from '../support/faulty-link.ts';
import { loginRpc } from '../support/rpc.ts';
import { seeded } from '../support/rng.ts';
import { useScope } from '../support/scope.ts';
import { apiEnv, serverApi } from '../support/server-api.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { startNode, startService, type Service, type ServiceNode } from '../support/service.ts';
import { ANSWERED, LOST, startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

const scope = useScope();
let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis(scope);
});

const rooms = ['red', 'green', 'blue'];
const env = { ...apiEnv, PARLEY_NODE_LEASE_MS: '4000', PARLEY_WEBHOOK_TIMEOUT_MS: '1500', PARLEY_WEBHOOK_BATCH: '7' };

const start = (receiver: WebhookReceiver, nodes = 2): Promise<Service<RedisServer>> =>
  startService(scope, { redis, nodes, env: { ...receiver.env, ...env } });

const textsOf = (receiver: WebhookReceiver, room: string): unknown[] =>
  receiver.events(room).flatMap(({ data }) => Object(data['message'])['textMessage'] ?? []);

/** By the service, through a node. */
async function say(service: Service<RedisServer>, node: number, room: string, textMessage: string): Promise<void> {
  await serverApi(service.node(node)).call('roomMessage', [room, { textMessage }]);
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i));

const whole = seeded(async (rng) => {
  const receiver = await startWebhookReceiver(scope);
  const service = await start(receiver, 3);
  for (const roomName of rooms) await serverApi(service.node(0)).call('addRoom', { roomName });
  receiver.judge(() => {
    const draw = rng.next();
    if (draw < 0.1) return LOST;
    if (draw < 0.15) return ANSWERED;
    return draw < 0.3 ? 500 : undefined;
  });
  for (const text of numbered(40)) {
    await Promise.all(rooms.map((room, i) => say(service, (i + Number(text)) % 2, room, text)));
    if (text === '20') void service.node(1).kill();
    if (text === '20') break;
  }
  for (const text of numbered(40).slice(21)) {
    await Promise.all(rooms.map((room, i) => say(service, i % 2 === 0 ? 0 : 2, room, text)));
  }
  const last = (): void => {
    for (const room of rooms) expect(textsOf(receiver, room)).toHaveLength(40);
  };
  await eventually(last, { timeoutMs: 45_000 });
  for (const room of rooms) {
    expect(textsOf(receiver, room)).toEqual(numbered(40));
    expect(receiver.events(room).map(({ seq }) => seq)).toEqual([0, ...numbered(40).map((_, i) => i + 1)]);
  }
  const ids = receiver.requests.map(({ id }) => id);
  expect(new Set(ids).size).toBeLessThan(ids.length);
});
test('each room comes whole and in order where an address fails at random, and a node is killed in the middle', whole);

test('what a node that died had noted alone is found by the one that looks at all rooms', async () => {
  const receiver = await startWebhookReceiver(scope);
  const service = await start(receiver, 1);
  receiver.judge(() => 500);
  await serverApi(service.node(0)).call('addRoom', { roomName: 'left' });
  await say(service, 0, 'left', 'last words');
  await eventually(() => expect(receiver.requests.length).toBeGreaterThan(0));
  await service.node(0).kill();
  receiver.judge();
  await service.addNode();
  await eventually(() => expect(textsOf(receiver, 'left')).toEqual(['last words']), { timeoutMs: 45_000 });
});

test('so is what it had noted of no room, also where nothing of rooms is sent', async () => {
  const receiver = await startWebhookReceiver(scope, 'absent');
  const service = await start(receiver, 1);
  receiver.judge(() => 500);
  const ann = await loginRpc(scope, service.node(0).url, 'ann');
  await ann.call('roomCreate', 'quiet');
  await ann.call('roomJoin', 'quiet');
  await redis.client().zadd(`${service.prefix}:{room:quiet}:roster`, 0, 'away');
  await ann.call('roomMessage', 'quiet', { textMessage: 'hello' });
  await eventually(() => expect(receiver.requests.length).toBeGreaterThan(0));
  await service.node(0).kill();
  receiver.judge();
  await service.addNode();
  await eventually(() => expect(receiver.events().map(({ type }) => type)).toContain('absent'));
});

test('an address that is away for a while costs nobody anything, shows, and has all of it when it is back', async () => {
  const receiver = await startWebhookReceiver(scope);
  const service = await start(receiver);
  receiver.judge(() => 503);
  for (const roomName of rooms) await serverApi(service.node(0)).call('addRoom', { roomName });
  const user = await loginRpc(scope, service.node(1).url, 'ann');
  for (const room of rooms) await user.call('roomJoin', room);
  for (const text of numbered(20))
    for (const room of rooms) await user.call('roomMessage', room, { textMessage: text });
  await eventually(async () => {
    const open = await Promise.all(
      service.nodes.map(async (node) => (await node.metrics()).sum('parley_webhook_open')),
    );
    expect(Math.max(...open)).toBe(1);
  });
  const asked = receiver.requests.length;
  for (const room of rooms) await user.call('roomMessage', room, { textMessage: '20' });
  // One tries at a time, ever less often: by both nodes together.
  expect(receiver.requests.length - asked).toBeLessThanOrEqual(6);
  receiver.judge();
  await eventually(
    () => {
      for (const room of rooms) expect(textsOf(receiver, room)).toEqual(numbered(21));
    },
    { timeoutMs: 45_000 },
  );
  await eventually(async () => {
    const metrics = await Promise.all(service.nodes.map((node) => node.metrics()));
    expect(metrics.map((one) => one.sum('parley_webhook_open'))).toEqual([0, 0]);
    expect(metrics.map((one) => one.sum('parley_webhook_logs'))).toEqual([0, 0]);
  });
});

test('a node that ends gives what it was sending to another one at once', async () => {
  const receiver = await startWebhookReceiver(scope);
  const service = await startService(scope, {
    redis,
    nodes: 2,
    env: { ...receiver.env, ...env, PARLEY_WEBHOOK_TIMEOUT_MS: '60000' },
  });
  receiver.judge(() => ANSWERED);
  await serverApi(service.node(0)).call('addRoom', { roomName: 'handed' });
  await say(service, 0, 'handed', 'one');
  await eventually(() => expect(receiver.requests).toHaveLength(1));
  receiver.judge();
  await service.node(0).terminate();
  await say(service, 1, 'handed', 'two');
  await eventually(() => expect(textsOf(receiver, 'handed')).toEqual(['one', 'two']));
});

/** Of the numbers of a room's events, in the order in which they were taken. */
const seqsOf = (receiver: WebhookReceiver, room: string): unknown[] => receiver.events(room).map(({ seq }) => seq);

/** How far a room was sent, as a node reads it. */
const stateOf = async (node: ServiceNode, room: string): Promise<ValueMap> =>
  Object(await serverApi(node).call('webhookState', [room])) as ValueMap;

// A lease is twice the timeout and a bit: PARLEY_WEBHOOK_TIMEOUT_MS.
const frozenEnv = { ...env, PARLEY_WEBHOOK_TIMEOUT_MS: '3000' };

test('a node that was frozen while it was sending changes nothing of what another one has sent since', async () => {
  const receiver = await startWebhookReceiver(scope);
  const service = await startService(scope, { redis, nodes: 1, env: { ...receiver.env, ...frozenEnv } });
  let held: ServerResponse | undefined;
  await serverApi(service.node(0)).call('addRoom', { roomName: 'frozen' });
  await eventually(() => expect(seqsOf(receiver, 'frozen')).toEqual([0]));
  receiver.judge((_, response) => {
    held = response;
    return ANSWERED;
  });
  await say(service, 0, 'frozen', '0');
  await eventually(() => expect(held).toBeDefined());
  service.node(0).freeze();
  receiver.judge();
  const other = await service.addNode();
  for (const text of numbered(30).slice(1)) await say(service, 1, 'frozen', text);
  await eventually(() => expect(textsOf(receiver, 'frozen')).toEqual(numbered(30)), { timeoutMs: 30_000 });
  const before = await eventually(async () => {
    const state = await stateOf(other, 'frozen');
    expect(state).toMatchObject({ seq: state['lastSeq'], node: null });
    return state;
  });
  const asked = receiver.requests.length;

  // Its batch is taken by now, in the name of a token that is over.
  held?.writeHead(200).end();
  service.node(0).thaw();
  await eventually(async () => expect((await service.node(0).health('/readyz')).status).toBe(200));
  await say(service, 1, 'frozen', '30');
  await eventually(() => expect(textsOf(receiver, 'frozen')).toEqual(numbered(31)));
  await eventually(async () => {
    const now = await stateOf(other, 'frozen');
    expect(now).toMatchObject({ seq: Number(before['seq']) + 1, failures: 0, node: null });
  });
  expect(seqsOf(receiver, 'frozen')).toEqual(numbered(32).map(Number));
  // What comes since is new, but for what the frozen one was sending.
  const late = receiver.requests.slice(asked).flatMap(({ body }) => body.events.map(({ seq }) => seq));
  expect(late).toEqual([31]);
});

test('a node that was frozen before it sent what it had taken does not send it any more', async () => {
  const receiver = await startWebhookReceiver(scope);
  const slow = { ...receiver.env, ...env, PARLEY_NODE_LEASE_MS: '6000' };
  const service = await startService(scope, { redis, nodes: 0, env: slow });
  const { prefix } = service;
  // What Redis answers comes late here, so that the node can be stopped in between.
  const link = await startLink(scope, redis.port, { only: /parley-commands/ });
  const frozen = await startNode(scope, { redis: { url: link.url }, prefix, env: slow });
  await serverApi(frozen).call('addRoom', { roomName: 'taken' });
  await eventually(async () => expect(await stateOf(frozen, 'taken')).toMatchObject({ seq: 0, node: null }));
  link.delay(1500);
  const late = serverApi(frozen).call('roomMessage', ['taken', { textMessage: '0' }]);
  const { webhook } = new Keyspace(prefix).room('taken');
  await eventually(async () => expect(await redis.client().hget(webhook, 'token')).not.toBeNull());
  frozen.freeze();
  link.delay(0);
  const asked = receiver.requests.length;
  const other = await service.addNode();
  for (const text of numbered(10).slice(1)) await say(service, 0, 'taken', text);
  await eventually(() => expect(textsOf(receiver, 'taken')).toEqual(numbered(10)), { timeoutMs: 30_000 });
  await eventually(async () => expect(await stateOf(other, 'taken')).toMatchObject({ seq: 10, node: null }));
  expect(receiver.requests.length).toBeGreaterThan(asked);

  frozen.thaw();
  // Whether it was said is known to nobody who asked a node that has lost its lease.
  await late.catch(() => undefined);
  await eventually(async () => expect((await frozen.health('/readyz')).status).toBe(200));
  await say(service, 0, 'taken', '10');
  await eventually(() => expect(textsOf(receiver, 'taken')).toEqual(numbered(11)));
  await eventually(async () => expect(await stateOf(other, 'taken')).toMatchObject({ seq: 11, node: null }));
  const ids = receiver.requests.map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)]);
  expect(seqsOf(receiver, 'taken')).toEqual(numbered(12).map(Number));
});
