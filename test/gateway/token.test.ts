// Login by signed token, in the request or at the upgrade: which tokens are good, and what their expiry does to an open
// socket.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import type { ErrorCode } from '../../src/protocol/errors/table.ts';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { connectRpc, loginRpc, type Outcome, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startNode, type ServiceNode } from '../support/service.ts';

const secret = 'a secret of at least thirty-two bytes, for tests only';
const jwt = {
  PARLEY_AUTH: 'jwt',
  PARLEY_JWT_SECRET: secret,
  PARLEY_LOG_LEVEL: 'trace',
  // What it does is in token-claims.test.ts; here, a token ends when it says so.
  PARLEY_JWT_LEEWAY_MS: '0',
};

const scope = useScope();
const issued: string[] = [];
let redis: RedisServer;
let node: ServiceNode;
beforeAll(async () => {
  redis = await startRedis(scope);
  node = await startNode(scope, { redis, env: jwt });
});

interface Signing {
  alg?: string;
  key?: string;
}

async function sign(payload: JWTPayload, { alg = 'HS256', key = secret }: Signing = {}): Promise<string> {
  const token = await new SignJWT(payload).setProtectedHeader({ alg }).sign(new TextEncoder().encode(key));
  issued.push(token);
  return token;
}

const nowSeconds = (): number => Math.floor(Date.now() / 1000);
const inAnHour = (): number => nowSeconds() + 3600;

async function logIn(credentials: ValueMap, url = node.url): Promise<Outcome | undefined> {
  const rpc = await connectRpc(scope, url);
  const outcome = (await Promise.all(rpc.callAll(['login', credentials])))[0];
  if (outcome !== undefined && 'error' in outcome) expect(await rpc.raw.closed).toMatchObject({ code: 4501 });
  return outcome;
}

async function expectRefused(credentials: ValueMap, code: ErrorCode, url = node.url): Promise<void> {
  expect(await logIn(credentials, url)).toMatchObject({ error: { code, temporary: false } });
}

const loginWith = async (payload: JWTPayload): Promise<User> => {
  const token = await sign(payload);
  return loginRpc(scope, node.url, '', { credentials: { token } });
};

describe('a token', () => {
  test('names the user, whatever else is said, and tells its expiry', async () => {
    const exp = inAnHour();
    const token = await sign({ sub: 'alice', exp });
    expect(await logIn({ token, userName: 'bob', anonymous: true })).toMatchObject({
      result: { userName: 'alice', tokenExpiresAt: exp * 1000 },
    });
    const forever = await sign({ sub: 'Zoe\u0301' });
    expect(await logIn({ token: forever })).toMatchObject({ result: { userName: 'Zo\u00e9', tokenExpiresAt: null } });
    await expectRefused({ userName: 'alice' }, 'noLogin');
    await expectRefused({ anonymous: true }, 'notAllowed');
    await expectRefused({ token: 7 }, 'badArgument');
  });

  test('must be signed with the secret and the algorithm of the service', async () => {
    const good = await sign({ sub: 'alice' });
    const [header, , signature] = good.split('.');
    const payload = Buffer.from(JSON.stringify({ sub: 'bob' })).toString('base64url');
    for (const token of [
      await sign({ sub: 'alice' }, { key: 'another secret of at least thirty-two bytes' }),
      await sign({ sub: 'alice' }, { alg: 'HS384' }),
      await sign({ sub: 'alice' }, { alg: 'HS512' }),
      new UnsecuredJWT({ sub: 'alice' }).encode(),
      `${header}.${payload}.${signature}`,
      `${header}.${payload}.`,
      good.slice(0, -2),
      `${good}.`,
      'nonsense',
      '',
    ]) {
      await expectRefused({ token }, 'badToken');
    }
    expect(await logIn({ token: good })).toMatchObject({ result: { userName: 'alice' } });
  });

  test('must be in its time', async () => {
    await expectRefused({ token: await sign({ sub: 'alice', exp: nowSeconds() - 60 }) }, 'tokenExpired');
    await expectRefused({ token: await sign({ sub: 'alice', nbf: inAnHour() }) }, 'badToken');
    // Past its expiry and signed by a stranger: no token of ours at all.
    const key = 'another secret of at least thirty-two bytes';
    await expectRefused({ token: await sign({ sub: 'alice', exp: nowSeconds() - 60 }, { key }) }, 'badToken');
  });

  test('must name a valid user', async () => {
    await expectRefused({ token: await sign({}) }, 'badToken');
    await expectRefused({ token: await sign({ sub: 'a:b' }) }, 'invalidName');
    await expectRefused({ token: await sign({ sub: '' }) }, 'invalidName');
    // Whoever has it would be forgotten as an anonymous user is.
    await expectRefused({ token: await sign({ sub: 'anonymous-x' }) }, 'invalidName');
  });

  test('must be meant for this service, where it says who it is', async () => {
    const env = {
      ...jwt,
      PARLEY_JWT_AUDIENCE: 'chat',
      PARLEY_JWT_ISSUER: 'https://id.example',
      PARLEY_JWT_USER_CLAIM: 'nick',
    };
    const { url } = await startNode(scope, { redis, env });
    const good = { nick: 'alice', sub: '4711', aud: ['shop', 'chat'], iss: 'https://id.example' };
    expect(await logIn({ token: await sign(good) }, url)).toMatchObject({ result: { userName: 'alice' } });
    for (const wrong of [
      { ...good, aud: 'shop' },
      { nick: good.nick, iss: good.iss },
      { ...good, iss: 'https://other.example' },
      { nick: good.nick, aud: good.aud },
      { sub: 'alice', aud: good.aud, iss: good.iss },
      { ...good, nick: 7 },
    ]) {
      await expectRefused({ token: await sign(wrong) }, 'badToken', url);
    }
  });
});

describe('a bearer token', () => {
  const bearer = (token: string): { headers: Record<string, string> } => ({
    headers: { authorization: `Bearer ${token}` },
  });

  test('logs in without a request; what comes early waits for it', async () => {
    const alice = await connectRpc(scope, node.url, bearer(await sign({ sub: 'alice' })));
    expect(await alice.call('listOwnSockets')).toEqual(expect.any(Object));
    const [userName, authData] = await alice.next('loginConfirmed');
    expect([userName, authData]).toEqual(['alice', expect.objectContaining({ userName: 'alice', protocol: 1 })]);
    expect(await alice.refusal('login', { token: await sign({ sub: 'alice' }) })).toMatchObject({ code: 'notAllowed' });
    expect(alice.received.map((entry) => ('name' in entry ? entry.name : entry.method))).toEqual([
      'loginConfirmed',
      'listOwnSockets',
      'login',
    ]);
  });

  test('that is bad is told after the upgrade', async () => {
    for (const [token, code] of [
      ['nonsense', 'badToken'],
      [await sign({ sub: 'alice', exp: nowSeconds() - 60 }), 'tokenExpired'],
      [await sign({ sub: 'a:b' }), 'invalidName'],
    ] as const) {
      const rpc = await connectRpc(scope, node.url, { ...bearer(token), format: 'json' });
      expect(await rpc.raw.closed).toEqual({ code: 4501, reason: 'loginRejected' });
      expect(rpc.received).toEqual([{ name: 'loginRejected', params: [expect.objectContaining({ code })] }]);
    }
  });

  test('is only looked for in a Bearer header', async () => {
    const headers = { authorization: `Basic ${Buffer.from('alice:secret').toString('base64')}` };
    const rpc = await connectRpc(scope, node.url, { headers });
    expect(await rpc.refusal('ping')).toMatchObject({ code: 'noLogin' });
    expect(await rpc.login({ token: await sign({ sub: 'alice' }) })).toMatchObject({ userName: 'alice' });
  });
});

describe('expiry', () => {
  test('ends an open socket, unless the login was refreshed', async () => {
    // Enough for the requests below; the sockets that are kept are looked at before the one that ends.
    const exp = nowSeconds() + 8;
    const kept = await loginWith({ sub: 'alice', exp });
    const unlimited = await loginWith({ sub: 'alice', exp });
    const ended = await loginWith({ sub: 'alice', exp });
    const later = inAnHour();
    expect(await kept.call('loginRefresh', await sign({ sub: 'alice', exp: later }))).toBe(later * 1000);
    expect(await unlimited.call('loginRefresh', await sign({ sub: 'alice' }))).toBeNull();

    expect(await ended.raw.closed).toEqual({ code: 4504, reason: 'tokenExpired' });
    expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000);
    expect(await kept.next('socketDisconnectEcho')).toEqual([ended.authData.id, 2]);
    expect(await unlimited.call('ping')).toEqual(expect.any(Number));
  });

  test('is replaced only by a good token of the same user', async () => {
    const alice = await loginWith({ sub: 'alice', exp: inAnHour() });
    const refusals: [string, ErrorCode][] = [
      [await sign({ sub: 'bob' }), 'notAllowed'],
      [await sign({ sub: 'alice', exp: nowSeconds() - 60 }), 'tokenExpired'],
      [await sign({ sub: 'alice' }, { key: 'another secret of at least thirty-two bytes' }), 'badToken'],
      [await sign({ sub: 'a:b' }), 'badToken'],
      ['nonsense', 'badToken'],
    ];
    for (const [token, code] of refusals) {
      expect(await alice.refusal('loginRefresh', token)).toMatchObject({ code, temporary: false });
    }
    expect(await alice.refusal('loginRefresh')).toMatchObject({ code: 'wrongArgumentsCount', args: [1, 0] });
    expect(await alice.call('ping')).toEqual(expect.any(Number));
  });

  test('can also be brought nearer', async () => {
    const alice = await loginWith({ sub: 'alice' });
    const exp = nowSeconds() + 5;
    expect(await alice.call('loginRefresh', await sign({ sub: 'alice', exp }))).toBe(exp * 1000);
    expect(await alice.raw.closed).toEqual({ code: 4504, reason: 'tokenExpired' });
  });
});

afterAll(() => {
  // Everything was logged at the finest level, by a node that saw all of these.
  const log = JSON.stringify(node.logs());
  expect(log).toContain('logged in');
  expect(issued.length).toBeGreaterThan(10);
  for (const text of [secret, ...issued]) expect(log).not.toContain(text);
});
