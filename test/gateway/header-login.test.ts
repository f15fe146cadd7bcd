// A login by the header of the upgrade, and the one `login` behind it that says what a header cannot: device, tag, session, inbox, what
// was missed. It has the effects of a login that says all at once, in the same order.
import { beforeAll, describe, expect, test } from '@jest/globals';
import { SignJWT } from 'jose';
import type { AuthData } from '../../src/protocol/connection.ts';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import { EMPTY, sessionTold } from '../chat/device.ts';
import { eventually } from '../support/eventually.ts';
import { startLink } from '../support/faulty-link.ts';
import { startRedis } from '../support/redis.ts';
import type { RedisServer } from '../support/redis.ts';
import { connectRpc, loginRpc, type Rpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type Service } from '../support/service.ts';

const secret = 'a secret of at least thirty-two bytes, for tests only';
const scope = useScope();
let service: Service<RedisServer>;
let count = 0;

beforeAll(async () => {
  const env = { PARLEY_AUTH: 'jwt', PARLEY_JWT_SECRET: secret, PARLEY_NODE_LEASE_MS: '4000' };
  service = await startService(scope, { nodes: 2, redis: await startRedis(scope), env });
});

const fresh = (): string => `ann-${++count}`;
const sign = (sub: string): Promise<string> =>
  new SignJWT({ sub, iat: Math.floor(Date.now() / 1000) })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(secret));

/** Upgraded with a token, and nothing asked for. */
async function byHeader(userName: string, node: 0 | 1 = 0, format: 'msgpack' | 'json' = 'msgpack'): Promise<Rpc> {
  const headers = { authorization: `Bearer ${await sign(userName)}` };
  return connectRpc(scope, service.node(node).url, { headers, format });
}

const byToken = async (userName: string, node: 0 | 1 = 0, more: ValueMap = {}): Promise<User> =>
  loginRpc(scope, service.node(node).url, userName, { credentials: { token: await sign(userName), ...more } });

const confirmed = async (rpc: Rpc): Promise<AuthData> => Object((await rpc.next('loginConfirmed'))[1]) as AuthData;
const send = (from: Rpc, to: string, text: string): Promise<Value> => from.call('directMessage', to, { text });
const textsOf = (rpc: Rpc): unknown[] => rpc.heard('directMessage').map(([message]) => Object(message).text);
const placesOf = (rpc: Rpc): unknown[] => rpc.heard('inboxPosition').map(([at]) => Object(at).seq);
const namesOf = (rpc: Rpc): string[] => rpc.received.map((entry) => ('name' in entry ? entry.name : entry.method));

describe('a login without credentials, first after one by header', () => {
  test('gives the auth data anew, and is allowed once', async () => {
    const userName = fresh();
    const other = await byToken(userName, 1);
    const rpc = await byHeader(userName);
    const filled = await rpc.login({ deviceId: 'phone' });
    const first = await confirmed(rpc);
    expect(filled).toEqual({ ...first, serverTime: expect.any(Number), resumeToken: expect.any(String) });
    expect(filled.resumeToken).not.toBe(first.resumeToken);
    for (const credentials of [{}, { token: await sign(userName) }]) {
      expect(await rpc.refusal('login', credentials)).toMatchObject({ code: 'notAllowed' });
    }
    expect(namesOf(rpc)).toEqual(['loginConfirmed', 'login', 'login', 'login']);
    // Nobody is told of a login twice.
    await rpc.call('systemMessage', {});
    await other.next('systemMessage');
    expect(other.heard('socketConnectEcho')).toEqual([[first.id, 2]]);
    // It stands for the device that was named.
    const credentials = { resumeToken: filled.resumeToken, deviceId: 'phone' };
    expect((await loginRpc(scope, service.node(1).url, userName, { credentials })).authData.userName).toBe(userName);
    const wrong = await connectRpc(scope, service.node(1).url);
    expect(await wrong.refusal('login', { ...credentials, deviceId: 'other' })).toMatchObject({ code: 'badToken' });
  });

  test('is notAllowed with credentials, or behind any other request, and takes the only chance', async () => {
    const userName = fresh();
    for (const credentials of [
      { userName },
      { token: await sign(userName) },
      { resumeToken: 'x' },
      { anonymous: true },
      { signature: { signature: '', timestamp: 0, nonce: 'n' } },
    ]) {
      const rpc = await byHeader(userName);
      expect(await rpc.refusal('login', credentials)).toMatchObject({ code: 'notAllowed' });
      expect(await rpc.refusal('login', {})).toMatchObject({ code: 'notAllowed' });
      expect(await rpc.call('ping')).toEqual(expect.any(Number));
      rpc.raw.close(1000);
    }
    const rpc = await byHeader(userName);
    expect(await rpc.refusal('login', 7)).toMatchObject({ code: 'badArgument' });
    expect(await rpc.refusal('login', {})).toMatchObject({ code: 'notAllowed' });
    const late = await byHeader(userName);
    const asked = late.callAll(['ping'], ['login', {}], ['ping']);
    expect(await Promise.all(asked)).toMatchObject([{ result: expect.any(Number) }, { error: { code: 'notAllowed' } }, {}]); // prettier-ignore
    const byRequest = await byToken(userName);
    expect(await byRequest.refusal('login', {})).toMatchObject({ code: 'notAllowed' });
  });

  test('goes before all that is behind it in the pipe, and brings the inbox, the session and what is live in this order', async () => {
    const userName = fresh();
    const [bob, near] = [await byToken(fresh(), 1), await byToken(userName, 1, { enableSync: true })];
    await bob.call('roomCreate', `room-${userName}`);
    await near.call('roomJoin', `room-${userName}`);
    const inbox = { ...near.authData.inbox };
    for (const text of ['one', 'two']) await send(bob, userName, text);
    const rpc = await byHeader(userName, 0, 'json');
    const asked = rpc.callAll(['login', { inbox, enableSync: true, offlineMessages: 'push' }], ['sessionGet']);
    await Promise.all(asked);
    await send(bob, userName, 'three');
    await eventually(() => expect(textsOf(rpc)).toEqual(['one', 'two', 'three']));
    const places = placesOf(rpc).map(Number);
    expect(places).toEqual(Array.from({ length: places.length }, (_, i) => i + 1));
    const names = namesOf(rpc);
    const order = ['loginConfirmed', 'directMessage', '$.group.restored', 'login', 'sessionGet'].map((name) =>
      names.indexOf(name),
    );
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(names.filter((name) => name === 'loginConfirmed')).toHaveLength(1);
    expect(sessionTold(rpc)).toEqual([`$.chat.join room-${userName} custom`, `$.chat.join room-${userName} custom`, ...EMPTY]); // prettier-ignore
    // It takes part from now on.
    await near.call('roomLeave', `room-${userName}`);
    expect(await rpc.next('$.chat.leave')).toMatchObject([{ chat: { name: `room-${userName}` } }]);
    expect(rpc.heard('missedMessages')).toEqual([]);
    await eventually(() => expect(bob.heard('directMessageStatus').at(-1)).toEqual([userName, { status: 'sent', upToId: 3 }])); // prettier-ignore
  });

  test('is waited for by the frames behind it, where all of them came while the header was looked at', async () => {
    const userName = fresh();
    const bob = await byToken(fresh(), 1);
    await bob.call('roomCreate', `room-${userName}`);
    const redis = await startLink(scope, service.redis.port);
    const slow = await service.addNode({ PARLEY_REDIS_URL: redis.url });
    redis.delay(100);
    const headers = { authorization: `Bearer ${await sign(userName)}` };
    const rpc = await connectRpc(scope, slow.url, { headers });
    const frames = [
      rpc.callAll(['login', {}], ['roomJoin', `room-${userName}`]),
      rpc.callAll(['roomMessage', `room-${userName}`, {}], ['roomMessage', `room-${userName}`, {}]),
    ];
    const outcomes = await Promise.all(frames.flat());
    expect(outcomes).toMatchObject([{}, { result: 1 }, { result: 1 }, { result: 2 }]);
  });

  test('without a position brings what came since the header live, in order and once', async () => {
    const bob = await byToken(fresh(), 1);
    // The chance lasts a second: where the machine is too slow for that, once more.
    const { rpc, first, filled } = await eventually(async () => {
      const userName = fresh();
      await byToken(userName, 1);
      const opened = await byHeader(userName);
      const authData = await confirmed(opened);
      const sent = Promise.all(['one', 'two', 'three'].map((text) => send(bob, userName, text)));
      const [again] = await Promise.all([opened.login({ enableSync: true }), sent]);
      return { rpc: opened, first: authData, filled: again };
    });
    expect(filled.inbox).toEqual(first.inbox);
    await eventually(() => expect(new Set(textsOf(rpc))).toEqual(new Set(['one', 'two', 'three'])));
    await eventually(() => expect(placesOf(rpc).length).toBeGreaterThanOrEqual(3));
    expect(textsOf(rpc)).toHaveLength(3);
    const places = placesOf(rpc).map(Number);
    expect(places).toEqual(Array.from({ length: places.length }, (_, i) => first.inbox.seq + i + 1));
  });

  test('has its tag as a login has: it takes over, or loses and is closed', async () => {
    const userName = fresh();
    const phone = await byToken(userName, 1, { tag: 'mobile', deviceId: 'phone' });
    const shy = await byHeader(userName);
    const refusal = await shy.refusal('login', { tag: 'mobile', deviceId: 'tablet', isReconnect: true });
    expect(refusal).toMatchObject({ code: 'sessionConflict', temporary: false });
    expect(await shy.raw.closed).toEqual({ code: 4501, reason: 'loginRejected' });
    expect(shy.heard('loginRejected')).toEqual([]);
    expect(await phone.call('ping')).toEqual(expect.any(Number));
    const tablet = await byHeader(userName);
    await tablet.login({ tag: 'mobile', deviceId: 'tablet' });
    await phone.next('loginConflict');
    expect(await phone.raw.closed).toMatchObject({ code: 4503 });
    const next = await byToken(userName, 1, { tag: 'mobile', deviceId: 'phone' });
    expect(await tablet.raw.closed).toMatchObject({ code: 4503 });
    expect(await next.call('ping')).toEqual(expect.any(Number));
  });

  test('is ended by `disconnect` with both resume tokens that it has', async () => {
    const userName = fresh();
    const rpc = await byHeader(userName);
    const { resumeToken } = await confirmed(rpc);
    const filled = await rpc.login({ deviceId: 'phone' });
    expect(await rpc.call('disconnect')).toBeNull();
    for (const token of [resumeToken, filled.resumeToken]) {
      const back = await connectRpc(scope, service.node(1).url);
      expect(await back.refusal('login', { resumeToken: token })).toMatchObject({ code: 'badToken' });
    }
  });
});

describe('a login by header that asks for nothing', () => {
  test('hears what is live a little later, each once', async () => {
    const userName = fresh();
    const bob = await byToken(fresh(), 1);
    const rpc = await byHeader(userName);
    await confirmed(rpc);
    for (const text of ['one', 'two']) await send(bob, userName, text);
    await eventually(() => expect(textsOf(rpc)).toEqual(['one', 'two']));
    await send(bob, userName, 'three');
    await eventually(() => expect(textsOf(rpc)).toEqual(['one', 'two', 'three']));
    expect(await rpc.refusal('login', {})).toMatchObject({ code: 'notAllowed' });
  });

  test('is closed with the others of its user, and leaves nothing behind where it goes at once', async () => {
    const userName = fresh();
    const tagged = await byToken(userName, 1, { tag: 'mobile', deviceId: 'phone' });
    const rpc = await byHeader(userName);
    await confirmed(rpc);
    rpc.raw.terminate();
    await tagged.next('socketDisconnectEcho');
    expect(Object.keys(Object(await tagged.call('listOwnSockets')))).toEqual([tagged.authData.id]);
  });
});
