// What reaches a socket while the login that fills in its header's is under way: it is told in its place, behind what was missed, however
// long that takes and whatever else ends of its user meanwhile; only what ends the socket itself does not wait.
import { beforeAll, expect, test } from '@jest/globals';
import { SignJWT } from 'jose';
import type { AuthData } from '../../src/protocol/connection.ts';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { connectRpc, loginRpc, type Rpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type Service } from '../support/service.ts';
import { startSplitLink } from '../support/weather.ts';

const secret = 'a secret of at least thirty-two bytes, for tests only';
const scope = useScope();
let service: Service<RedisServer>;
let count = 0;

beforeAll(async () => {
  const env = { PARLEY_AUTH: 'jwt', PARLEY_JWT_SECRET: secret };
  service = await startService(scope, { nodes: 2, redis: await startRedis(scope), env });
});

const fresh = (): string => `ann-${++count}`;
const sign = (sub: string): Promise<string> =>
  new SignJWT({ sub, iat: Math.floor(Date.now() / 1000) })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(secret));

async function byHeader(userName: string, url = service.node(0).url): Promise<Rpc> {
  const rpc = await connectRpc(scope, url, { headers: { authorization: `Bearer ${await sign(userName)}` } });
  await rpc.next('loginConfirmed');
  return rpc;
}

const byToken = async (userName: string, more: ValueMap = {}): Promise<User> =>
  loginRpc(scope, service.node(1).url, userName, { credentials: { token: await sign(userName), ...more } });

const send = (from: Rpc, to: string, text: string): Promise<Value> => from.call('directMessage', to, { text });
const textsOf = (rpc: Rpc): unknown[] => rpc.heard('directMessage').map(([message]) => Object(message).text);
const placesOf = (rpc: Rpc): number[] => rpc.heard('inboxPosition').map(([at]) => Number(Object(at).seq));

/** Once, in order, and with no place twice. */
async function expectInOrder(rpc: Rpc, from: AuthData['inbox'], texts: readonly string[]): Promise<void> {
  await eventually(() => expect(textsOf(rpc)).toEqual(texts));
  const places = placesOf(rpc);
  expect(places).toEqual(Array.from({ length: places.length }, (_, i) => from.seq + i + 1));
}

test('where it takes a tag over, what was missed and what is live come once and in order', async () => {
  const bob = await byToken(fresh());
  // The chance lasts a second: where the machine is too slow for that, once more.
  const { userName, phone, rpc } = await eventually(async () => {
    const name = fresh();
    const first = await byToken(name, { tag: 'mobile', deviceId: 'phone' });
    await send(bob, name, 'one');
    const opened = await byHeader(name);
    await send(bob, name, 'two');
    await opened.login({ inbox: { ...first.authData.inbox }, tag: 'mobile', deviceId: 'tablet' });
    return { userName: name, phone: first, rpc: opened };
  });
  const { inbox } = phone.authData;
  expect(await phone.raw.closed).toMatchObject({ code: 4503 });
  await send(bob, userName, 'three');
  await expectInOrder(rpc, inbox, ['one', 'two', 'three']);
});

test.each([true, false])('its positions have the times that it asks for (naming one: %s)', async (isNaming) => {
  const bob = await byToken(fresh());
  const { userName, header, rpc, filled } = await eventually(async () => {
    const name = fresh();
    const first = await byToken(name);
    await send(bob, name, 'one');
    await first.next('inboxPosition');
    const opened = await byHeader(name);
    const position = isNaming ? { inbox: { ...first.authData.inbox } } : {};
    const authData = await opened.login({ ...position, inboxTimestamps: true });
    return { userName: name, header: opened.heard('loginConfirmed')[0]?.[1], rpc: opened, filled: authData };
  });
  await send(bob, userName, 'two');
  await eventually(() => expect(textsOf(rpc)).toEqual(isNaming ? ['one', 'two'] : ['two']));
  const told = rpc.heard('inboxPosition').map(([at]) => Object(at).timestamp);
  expect([filled.inbox.timestamp, ...told]).toEqual(Array.from({ length: told.length + 1 }, () => expect.any(Number)));
  expect(Object(header).inbox).toEqual({ epoch: filled.inbox.epoch, seq: expect.any(Number) });
});

test('where Redis takes its time, what was missed and what is live come once and in order', async () => {
  const link = await startSplitLink(scope, service.redis.port);
  const slow = await service.addNode({ PARLEY_REDIS_URL: link.url });
  const bob = await byToken(fresh());
  const { userName, inbox, rpc } = await eventually(async () => {
    link.commands.delay(0);
    const name = fresh();
    const near = await byToken(name);
    const from = near.authData.inbox;
    await send(bob, name, 'one');
    const opened = await byHeader(name, slow.url);
    await send(bob, name, 'two');
    // Longer than a login by header waits for being filled in.
    link.commands.delay(450);
    await opened.login({ inbox: { ...from }, enableSync: true, offlineMessages: 'unread' });
    return { userName: name, inbox: from, rpc: opened };
  });
  link.commands.delay(0);
  await send(bob, userName, 'three');
  await expectInOrder(rpc, inbox, ['one', 'two', 'three']);
});

test('a takeover between other devices leaves the chance to fill in', async () => {
  const phone = await eventually(async () => {
    const userName = fresh();
    const [first, token] = [await byToken(userName, { tag: 'mobile', deviceId: 'phone' }), await sign(userName)];
    const tablet = await connectRpc(scope, service.node(1).url);
    const rpc = await byHeader(userName);
    await tablet.login({ token, tag: 'mobile', deviceId: 'tablet' });
    await rpc.login({ inbox: { ...first.authData.inbox } });
    return first;
  });
  expect(await phone.raw.closed).toMatchObject({ code: 4503 });
});
