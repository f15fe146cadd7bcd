// Webhooks where things fail: an address that takes only some of what comes, or nothing for a while, nodes that die with what they were
// sending. Each room comes whole and in its order, for a receiver that drops repeats.
import { beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { loginRpc } from '../support/rpc.ts';
import { seeded } from '../support/rng.ts';
import { useScope } from '../support/scope.ts';
import { apiEnv, serverApi } from '../support/server-api.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { startService, type Service } from '../support/service.ts';
import { ANSWERED, LOST, startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

const scope = useScope();
let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis(scope);
});

const rooms = ['red', 'green', 'blue'];
const env = { ...apiEnv, PARLEY_NODE_LEASE_MS: '2000', PARLEY_WEBHOOK_TIMEOUT_MS: '1500', PARLEY_WEBHOOK_BATCH: '7' };

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
