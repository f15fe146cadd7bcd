// What an operator's receiver is sent: which events, how they look, in which order, again where it asks, and nothing but that.
import { createServer } from 'node:http';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { SignJWT } from 'jose';
import { eventually } from '../support/eventually.ts';
import { listen } from '../support/loopback.ts';
import { connectRpc, loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { apiEnv, serverApi, type ServerApiClient } from '../support/server-api.ts';
import { startService, type Service, type ServiceNode } from '../support/service.ts';
import { startWebhookReceiver, type WebhookEvent, type WebhookReceiver } from '../support/webhook-receiver.ts';
import type { RedisServer } from '../support/redis.ts';

const scope = useScope();
let receiver: WebhookReceiver;
let service: Service<RedisServer>;
let api: ServerApiClient;
beforeAll(async () => {
  receiver = await startWebhookReceiver(scope, 'message,change,member,room,presence,absent');
  service = await startService(scope, { nodes: 2, env: { ...receiver.env, ...apiEnv } });
  api = serverApi(service.node(0));
});

let names = 0;
const fresh = (prefix: string): string => `${prefix}-${++names}`;
const login = (node = 0): Promise<User> => loginRpc(scope, service.node(node).url, fresh('user'));

async function roomOf(owner: User, ...others: User[]): Promise<string> {
  const room = fresh('room');
  await owner.call('roomCreate', room);
  for (const user of [owner, ...others]) await user.call('roomJoin', room);
  return room;
}

const namesOf = (room: string): string[] => receiver.events(room).map(({ name }) => name);
const aboutUser = (userName: string): string[] =>
  receiver
    .events()
    .flatMap(({ name, roomName, data }) => (roomName === undefined && data['userName'] === userName ? [name] : []));
const textsOf = (events: readonly WebhookEvent[]): unknown[] =>
  events.filter(({ type }) => type === 'message').map(({ data }) => Object(data['message'])['textMessage']);

test('a room is sent in the order of its log, each event with its number, signed', async () => {
  const [ann, bob] = [await login(), await login(1)];
  const room = await roomOf(ann, bob);
  await ann.call('roomMessage', room, { textMessage: 'one', bytes: Buffer.from([1, 2]) });
  await bob.call('roomMessage', room, { textMessage: 'two' });
  await ann.call('roomLeave', room);
  await eventually(() => expect(namesOf(room)).toHaveLength(6));
  const events = receiver.events(room);
  const [made, , , one] = events;
  expect(events.map(({ type, name, seq }) => [type, name, seq])).toEqual([
    ['room', 'roomMade', 0],
    ['presence', 'roomUserJoined', 1],
    ['presence', 'roomUserJoined', 2],
    ['message', 'roomMessage', 3],
    ['message', 'roomMessage', 4],
    ['presence', 'roomUserLeft', 5],
  ]);
  expect(made?.data).toEqual({ owner: ann.userName });
  const message = { textMessage: 'one', bytes: { $bytes: 'AQI=' }, author: ann.userName, id: 1 };
  expect(one).toEqual({
    type: 'message',
    roomName: room,
    epoch: expect.any(String),
    seq: 3,
    id: 1,
    timestamp: expect.any(Number),
    name: 'roomMessage',
    data: { message: { ...message, timestamp: expect.any(Number) } },
  });
  expect(receiver.forged).toBe(0);
  expect(receiver.requests.at(-1)).toMatchObject({ path: '/parley', headers: { 'content-type': 'application/json' } });
});

test('a receiver that takes a few events at a time gets all of them, in order', async () => {
  const owner = await login();
  const room = await roomOf(owner);
  receiver.judge(({ body }) => (body.roomName === room && body.events.length > 3 ? 413 : undefined));
  scope.add(() => receiver.judge());
  await Promise.all(Array.from({ length: 40 }, (_, i) => owner.call('roomMessage', room, { textMessage: `${i}` })));
  await eventually(() => expect(receiver.events(room)).toHaveLength(42));
  expect(textsOf(receiver.events(room))).toEqual(Array.from({ length: 40 }, (_, i) => `${i}`));
  expect(receiver.events(room).map(({ seq }) => seq)).toEqual(Array.from({ length: 42 }, (_, i) => i));
});

test('a message is sent as it is by then, and what was changed of it in its place', async () => {
  const owner = await login();
  const room = await roomOf(owner);
  receiver.judge(({ body }) => (body.roomName === room ? 500 : undefined));
  scope.add(() => receiver.judge());
  await owner.call('roomMessage', room, { textMessage: 'helo' });
  await owner.call('roomMessage', room, { textMessage: 'regretted' });
  await eventually(() => expect(receiver.requests.at(-1)?.body.roomName).toBe(room));
  await owner.call('roomMessageUpdate', room, 1, { textMessage: 'hello' });
  await owner.call('roomMessageRecall', room, 2);
  receiver.judge();
  const changes = (): unknown[] =>
    receiver
      .events(room)
      .flatMap(({ type, data }) => (type === 'change' ? [Object(Object.values(data)[0])['kind']] : []));
  await eventually(() => expect(changes()).toEqual(['update', 'recall']));
  expect(textsOf(receiver.events(room))).toEqual(['hello', undefined]);
  expect(JSON.stringify(receiver.events(room))).not.toContain('regretted');
});

test('members, settings and the end of a room are sent, and another room of that name behind it', async () => {
  const owner = await login();
  const room = await roomOf(owner);
  await owner.call('roomAddToList', room, 'adminlist', ['bob']);
  await owner.call('roomSetWhitelistMode', room, true);
  await api.call('deleteRoom', { roomName: room });
  await api.call('addRoom', { roomName: room });
  const expected = ['roomMade', 'roomUserJoined', 'roomAccessListAdded', 'roomModeChanged', 'roomDeleted', 'roomMade'];
  await eventually(() => expect(namesOf(room)).toEqual(expected));
  expect(receiver.events(room)[2]?.data).toMatchObject({ listName: 'adminlist' });
  expect(receiver.events(room).at(-1)?.data).toEqual({ owner: null });
  await eventually(async () => {
    const keys = await service.redis.client().keys(`${service.prefix}:{room:${room}}:ended:*`);
    expect(keys).toEqual([]);
  });
});

test('what is of no room is sent as well: who is online, and for whom nobody is there', async () => {
  const user = await login();
  const about = (): string[] => aboutUser(user.userName);
  await eventually(() => expect(about()).toEqual(['userOnline']));
  const room = fresh('club');
  await user.call('roomCreate', room);
  await user.call('roomJoin', room);
  await service.redis.client().zadd(`${service.prefix}:{room:${room}}:roster`, 0, 'away');
  await user.call('roomMessage', room, { textMessage: 'hello' }, { pushData: { badge: 1 } });
  await eventually(() => {
    const [told] = receiver.events().filter(({ type }) => type === 'absent');
    expect(told?.data).toMatchObject({ roomName: room, absent: ['away'], pushData: { badge: 1 } });
  });
  user.raw.close(1000);
  await eventually(() => expect(about()).toEqual(['userOnline', 'userOffline']));
});

test('a room is sent again from where the service asks, and says how far it was sent', async () => {
  const owner = await login();
  const room = await roomOf(owner);
  for (const textMessage of ['one', 'two', 'three']) await owner.call('roomMessage', room, { textMessage });
  await eventually(() => expect(textsOf(receiver.events(room))).toEqual(['one', 'two', 'three']));
  await eventually(async () => {
    const state = await api.call('webhookState', { roomName: room });
    expect(state).toMatchObject({ breaker: 'closed', seq: 4, lastSeq: 4, failures: 0, node: null });
  });
  expect(await api.call('webhookReplay', [room, { id: 2 }])).toMatchObject({ seq: 3, lastSeq: 4 });
  await eventually(() => expect(textsOf(receiver.events(room))).toEqual(['one', 'two', 'three', 'two', 'three']));
  const replayed = receiver.requests.filter(({ body }) => body.roomName === room).at(-1);
  expect(replayed?.body.replay).toBe(1);
  expect(await api.refusal('webhookReplay', [room, {}])).toMatchObject({ code: 'badArgument' });
  expect(await api.refusal('webhookReplay', [room, { id: 1, seq: 1 }])).toMatchObject({ code: 'badArgument' });
  expect(await api.refusal('webhookReplay', ['nowhere', { id: 1 }])).toMatchObject({ code: 'noRoom' });
  expect(await api.refusal('webhookState', ['nowhere'])).toMatchObject({ code: 'noRoom' });
  expect(await api.call('webhookState')).toMatchObject({ seq: expect.any(Number), failures: 0 });
});

test('what is lost before it was sent is told as a gap', async () => {
  const owner = await login();
  const room = await roomOf(owner);
  await eventually(() => expect(namesOf(room)).toHaveLength(2));
  receiver.judge(({ body }) => (body.roomName === room ? 500 : undefined));
  scope.add(() => receiver.judge());
  const of = (part: string): string => `${service.prefix}:{room:${room}}:${part}`;
  for (const textMessage of ['one', 'two', 'three']) await owner.call('roomMessage', room, { textMessage });
  await eventually(() => expect(receiver.requests.at(-1)?.body.roomName).toBe(room));
  await service.redis.client().xtrim(of('history'), 'MINID', '3');
  receiver.judge();
  await eventually(() => expect(textsOf(receiver.events(room))).toEqual(['three']));
  const gap = { type: 'gap', roomName: room, seq: 2, name: 'lost', data: { from: 2, to: 3 } };
  expect(receiver.events(room)[2]).toEqual(gap);
});

describe('a node', () => {
  const alone = async (env: Record<string, string>): Promise<ServiceNode> => {
    const { nodes } = await startService(scope, {
      nodes: 1,
      redis: service.redis,
      env: { ...receiver.env, ...apiEnv, ...env },
    });
    const [node] = nodes;
    if (node === undefined) throw new Error('no node');
    return node;
  };
  const say = async (node: ServiceNode): Promise<string> => {
    const user = await loginRpc(scope, node.url, fresh('user'));
    const room = await roomOf(user);
    await user.call('roomMessage', room, { textMessage: 'secret words' });
    return room;
  };
  const failure = async (node: ServiceNode): Promise<string> => {
    await eventually(() => expect(JSON.stringify(node.logs())).toContain('was not taken'));
    return JSON.stringify(node.logs());
  };

  test('follows no redirect, and says so without a secret', async () => {
    const elsewhere = createServer((_, response) => response.writeHead(307, { location: receiver.url }).end());
    const port = await listen(scope, elsewhere);
    const node = await alone({ PARLEY_WEBHOOK_URL: `http://127.0.0.1:${port}/?token=a-secret` });
    const room = await say(node);
    const log = await failure(node);
    expect(log).toContain('HTTP 307');
    for (const hidden of ['a-secret', receiver.secret, 'secret words']) expect(log).not.toContain(hidden);
    expect(receiver.events(room)).toEqual([]);
    const metrics = await node.metrics();
    expect(metrics.sum('parley_webhook_requests_total', { outcome: 'failed' })).toBeGreaterThan(0);
    expect(metrics.sum('parley_webhook_lag_seconds')).toBeGreaterThan(0);
  });

  test('sends only what is wanted, and nothing more once it was told that the address is gone', async () => {
    const node = await alone({ PARLEY_WEBHOOK_EVENTS: 'message' });
    const room = await say(node);
    await eventually(() => expect(namesOf(room)).toEqual(['roomMessage']));
    receiver.judge(() => 410);
    scope.add(() => receiver.judge());
    await say(node);
    const asked = serverApi(node);
    await eventually(async () => expect(await asked.call('webhookState')).toMatchObject({ breaker: 'off' }));
    receiver.judge();
    const count = receiver.requests.length;
    const last = await say(node);
    expect(await asked.call('webhookState', [last])).toMatchObject({ seq: null, lastSeq: 2 });
    expect(receiver.requests.filter(({ body }) => body.roomName === last)).toEqual([]);
    expect(receiver.requests.length).toBeGreaterThanOrEqual(count);
  });

  test('says once that a user is online whose login by header is filled in', async () => {
    const secret = 'a secret of at least thirty-two bytes, for tests only';
    const node = await alone({ PARLEY_AUTH: 'jwt', PARLEY_JWT_SECRET: secret });
    // The chance lasts a second: where the machine is too slow for that, once more.
    const { userName, rpc } = await eventually(async () => {
      const name = fresh('user');
      const signed = new SignJWT({ sub: name, iat: Math.floor(Date.now() / 1000) }).setProtectedHeader({
        alg: 'HS256',
      });
      const authorization = `Bearer ${await signed.sign(new TextEncoder().encode(secret))}`;
      const opened = await connectRpc(scope, node.url, { headers: { authorization } });
      await opened.next('loginConfirmed');
      await opened.login({ offlineMessages: 'unread' });
      return { userName: name, rpc: opened };
    });
    rpc.raw.close(1000);
    await eventually(() => expect(aboutUser(userName)).toContain('userOffline'));
    expect(aboutUser(userName)).toEqual(['userOnline', 'userOffline']);
  });

  test('without an address has nothing of it: no key, no request', async () => {
    const { nodes, prefix } = await startService(scope, { nodes: 1, redis: service.redis, env: apiEnv });
    const [node] = nodes;
    if (node === undefined) throw new Error('no node');
    await say(node);
    expect(await serverApi(node).refusal('webhookState')).toMatchObject({ code: 'notAllowed' });
    expect(await serverApi(node).refusal('webhookReplay', ['x', { id: 1 }])).toMatchObject({ code: 'notAllowed' });
    expect(await service.redis.client().keys(`${prefix}:*webhook*`)).toEqual([]);
  });
});
