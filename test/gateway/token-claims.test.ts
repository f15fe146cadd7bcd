// What of a token reaches its user, and when a token counts as expired: claims that the operator passes on, and the leeway
// for clocks that differ.
import { beforeAll, describe, expect, test } from '@jest/globals';
import { SignJWT, type JWTPayload } from 'jose';
import { claimsBytesMax, pickClaims } from '../../src/chat/auth/claims.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { connectRpc, loginRpc } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startNode, type ServiceNode } from '../support/service.ts';

const secret = 'a secret of at least thirty-two bytes, for tests only';
const leewayMs = 4000;
const jwt = {
  PARLEY_AUTH: 'jwt',
  PARLEY_JWT_SECRET: secret,
  PARLEY_JWT_CLAIMS: 'role,groups,https://example.com/team',
  PARLEY_JWT_LEEWAY_MS: String(leewayMs),
};

const scope = useScope();
let redis: RedisServer;
let node: ServiceNode;
beforeAll(async () => {
  redis = await startRedis(scope);
  node = await startNode(scope, { redis, env: jwt });
});

const sign = (payload: JWTPayload): Promise<string> =>
  new SignJWT(payload).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret));
const nowSeconds = (): number => Math.floor(Date.now() / 1000);

describe('claims', () => {
  const claims = { role: 'moderator', groups: ['a', { b: [1.5, null, true] }], 'https://example.com/team': 'blue' };

  test.each(['msgpack', 'json'] as const)('that are passed on are in AuthData, others not (%s)', async (format) => {
    const token = await sign({ sub: 'alice', email: 'alice@example.com', ...claims });
    const alice = await loginRpc(scope, node.url, '', { format, credentials: { token } });
    expect(alice.authData).toMatchObject({ ...claims, userName: 'alice', protocol: 1 });
    expect(alice.authData).not.toHaveProperty('email');
    expect(alice.heard('loginConfirmed')).toEqual([['alice', alice.authData]]);
    const bare = await loginRpc(scope, node.url, '', { format, credentials: { token: await sign({ sub: 'bob' }) } });
    expect(Object.keys(bare.authData).toSorted()).toEqual(
      Object.keys(alice.authData)
        .filter((key) => !(key in claims))
        .toSorted(),
    );
  });

  test('come back with a resumed login, on every node, as far as they are passed on there', async () => {
    const prefix = 'claims';
    const [one, other] = [
      await startNode(scope, { redis, prefix, env: jwt }),
      await startNode(scope, { redis, prefix, env: { ...jwt, PARLEY_JWT_CLAIMS: 'role' } }),
    ];
    const token = await sign({ sub: 'alice', ...claims });
    const first = await loginRpc(scope, one.url, '', { credentials: { token } });
    const resume = { resumeToken: first.authData.resumeToken };
    const again = await loginRpc(scope, one.url, '', { credentials: resume });
    expect(again.authData).toMatchObject(claims);
    const { authData } = await loginRpc(scope, other.url, '', { credentials: resume });
    expect(authData).toMatchObject({ role: 'moderator' });
    expect(authData).not.toHaveProperty('groups');
  });

  test('that are too many are refused, and the operator is told', async () => {
    const good = await sign({ sub: 'alice', role: 'x'.repeat(claimsBytesMax - 100) });
    expect((await loginRpc(scope, node.url, '', { credentials: { token: good } })).authData.userName).toBe('alice');
    const rpc = await connectRpc(scope, node.url);
    const token = await sign({ sub: 'alice', role: 'x'.repeat(claimsBytesMax) });
    expect(await rpc.refusal('login', { token })).toMatchObject({ code: 'badToken', temporary: false });
    await eventually(() => expect(node.logs().map(({ msg }) => msg)).toContain('a good token is refused'));
  });

  test('are values of the protocol, or none', () => {
    const pick = (json: string): unknown => pickClaims(JSON.parse(json), ['a', 'b']);
    expect(pick('{"a": {"b": [1, "é"]}, "c": 1}')).toEqual({ a: { b: [1, 'é'] } });
    expect(pick('{}')).toEqual({});
    expect(pick('null')).toEqual({});
    expect(pickClaims({ a: 'x'.repeat(claimsBytesMax) }, ['b'])).toEqual({});
    expect(pickClaims({ a: 1 }, ['a', 'constructor', 'toString'])).toEqual({ a: 1 });
    for (const bad of [
      '9007199254740993',
      '1e999',
      '"\\ud800"',
      '{"\\ud800": 1}',
      '{"$bytes": "AA=="}',
      '[{"__proto__": 1}]',
      `${'['.repeat(9)}${']'.repeat(9)}`,
      `${'['.repeat(2000)}${']'.repeat(2000)}`,
      JSON.stringify('x'.repeat(claimsBytesMax)),
    ]) {
      expect([bad, pick(`{"a": ${bad}}`)]).toEqual([bad, undefined]);
    }
  });
});

describe('the leeway', () => {
  test('lets a token in that is just past its time or ahead of it, and ends the login that much later', async () => {
    const exp = nowSeconds();
    const late = await loginRpc(scope, node.url, '', { credentials: { token: await sign({ sub: 'alice', exp }) } });
    // What the token says is told, so that clients renew in time.
    expect(late.authData.tokenExpiresAt).toBe(exp * 1000);
    const early = await sign({ sub: 'bob', nbf: nowSeconds() + 3 });
    expect((await loginRpc(scope, node.url, '', { credentials: { token: early } })).authData.userName).toBe('bob');
    expect(await late.raw.closed).toEqual({ code: 4504, reason: 'tokenExpired' });
    expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000 + leewayMs);
  });

  test('is not longer than that', async () => {
    for (const [payload, code] of [
      [{ exp: nowSeconds() - 5 }, 'tokenExpired'],
      [{ exp: 0 }, 'tokenExpired'],
      [{ exp: -1e9 }, 'tokenExpired'],
      [{ nbf: nowSeconds() + 60 }, 'badToken'],
      [{ exp: 1e300 }, 'badToken'],
    ] as const) {
      const rpc = await connectRpc(scope, node.url);
      const token = await sign({ sub: 'alice', ...payload });
      expect([payload, await rpc.refusal('login', { token })]).toMatchObject([payload, { code, temporary: false }]);
    }
  });

  test('is for a refreshed login, too', async () => {
    const token = await sign({ sub: 'alice', exp: nowSeconds() + 3600 });
    const alice = await loginRpc(scope, node.url, '', { credentials: { token } });
    const exp = nowSeconds();
    expect(await alice.call('loginRefresh', await sign({ sub: 'alice', exp }))).toBe(exp * 1000);
    expect(await alice.raw.closed).toEqual({ code: 4504, reason: 'tokenExpired' });
    expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000 + leewayMs);
  });
});
