// Chains of resumed logins: when they end, whatever is resumed or refreshed in between, what `disconnect` voids of them, and
// what becomes of tokens that an earlier version has written.
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { SignJWT, type JWTPayload } from 'jose';
import { issueToken } from '../../src/chat/auth/resume.ts';
import type { ErrorCode } from '../../src/protocol/error-table.ts';
import { Keyspace } from '../../src/redis/keys.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { connectRpc, loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { randomPrefix, startNode, type ServiceNode } from '../support/service.ts';

const secret = 'a secret of at least thirty-two bytes, for tests only';
const resumeMs = 4000;
const prefix = randomPrefix();
const scope = useScope();
let redis: RedisServer;
/** Two with short chains, one by name and one by token; one that gives a day. */
let open: ServiceNode;
let signed: ServiceNode;
let daily: ServiceNode;
beforeAll(async () => {
  redis = await startRedis(scope);
  const short = { PARLEY_RESUME_TOKEN_MS: String(resumeMs) };
  const jwt = { PARLEY_AUTH: 'jwt', PARLEY_JWT_SECRET: secret };
  [open, signed, daily] = await Promise.all([
    startNode(scope, { redis, env: { ...short, PARLEY_ALLOW_ANONYMOUS: 'on' } }),
    // A chain ends when it ends: leeway is for what others have signed.
    startNode(scope, { redis, env: { ...short, ...jwt, PARLEY_JWT_LEEWAY_MS: '600000' } }),
    startNode(scope, { redis, prefix }),
  ]);
});

const sign = (payload: JWTPayload): Promise<string> =>
  new SignJWT(payload).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret));

const nowSeconds = (): number => Math.floor(Date.now() / 1000);

const resume = (node: ServiceNode, { authData }: User, more: Record<string, string> = {}): Promise<User> =>
  loginRpc(scope, node.url, '', { credentials: { resumeToken: authData.resumeToken, ...more } });

async function expectRefused(node: ServiceNode, user: User, codes: readonly ErrorCode[]): Promise<void> {
  const rpc = await connectRpc(scope, node.url);
  const error = await rpc.refusal('login', { resumeToken: user.authData.resumeToken });
  expect(codes).toContain(error.code);
  expect(error.temporary).toBe(false);
}

const endOf = ({ authData }: User): number => Number(authData.tokenExpiresAt);

/** All sockets of a chain but its first are closed at its end, and none of its tokens logs in after that. */
async function expectEnd(node: ServiceNode, chain: readonly User[], endsAt: number): Promise<void> {
  const [, ...resumed] = chain;
  expect(resumed.map(endOf)).toEqual(resumed.map(() => endsAt));
  for (const { raw } of resumed) expect(await raw.closed).toEqual({ code: 4504, reason: 'tokenExpired' });
  // By the clock of the node, which is this one's.
  expect(Date.now()).toBeGreaterThanOrEqual(endsAt - 100);
  for (const user of chain) await expectRefused(node, user, ['tokenExpired', 'badToken']);
}

describe('a chain of resumes ends', () => {
  test.each([{ userName: 'olga' }, { anonymous: true }])(
    'a while after its first login, without a token: %j',
    async (credentials) => {
      const before = Date.now();
      const first = await loginRpc(scope, open.url, '', { credentials });
      const after = Date.now();
      expect(first.authData.tokenExpiresAt).toBeNull();
      const second = await resume(open, first);
      expect(endOf(second)).toBeGreaterThanOrEqual(before + resumeMs - 100);
      expect(endOf(second)).toBeLessThanOrEqual(after + resumeMs + 100);
      const third = await resume(open, second);
      // A token may be used again: its answer may have been lost.
      const again = await resume(open, first);
      await expectEnd(open, [first, second, third, again], endOf(second));
      expect(await first.call('ping')).toEqual(expect.any(Number));
    },
  );

  test('a while after the token that it began with, however often it is resumed', async () => {
    const exp = nowSeconds() + 2;
    const token = await sign({ sub: 'tim', exp });
    const first = await loginRpc(scope, signed.url, '', { credentials: { token } });
    expect(endOf(first)).toBe(exp * 1000);
    const chain = [first, await resume(signed, first)];
    await eventually(() => expect(Date.now()).toBeGreaterThan(exp * 1000));
    chain.push(await resume(signed, first), await resume(signed, chain[1] ?? first));
    await expectEnd(signed, chain, exp * 1000 + resumeMs);
  });

  test('a while after its first login, where the token has no end', async () => {
    const first = await loginRpc(scope, signed.url, '', { credentials: { token: await sign({ sub: 'tom' }) } });
    expect(first.authData.tokenExpiresAt).toBeNull();
    const second = await resume(signed, first);
    await expectEnd(signed, [first, second, await resume(signed, second)], endOf(second));
  });
});

test('a refreshed socket has the expiry of its new token; resume tokens keep the end of their chain', async () => {
  const first = await loginRpc(scope, signed.url, '', { credentials: { token: await sign({ sub: 'rob' }) } });
  const ended = await resume(signed, first);
  const kept = await resume(signed, first);
  const exp = nowSeconds() + 3600;
  const token = await sign({ sub: 'rob', exp });
  expect(await kept.call('loginRefresh', token)).toBe(exp * 1000);
  expect(endOf(await resume(signed, kept))).toBe(endOf(ended));
  expect(await ended.raw.closed).toEqual({ code: 4504, reason: 'tokenExpired' });
  await eventually(() => expect(Date.now()).toBeGreaterThan(endOf(ended) + 1500));
  expect(await kept.call('ping')).toEqual(expect.any(Number));
  await expectRefused(signed, kept, ['tokenExpired', 'badToken']);
  // The next login by a token begins another.
  const next = await loginRpc(scope, signed.url, '', { credentials: { token } });
  expect(endOf(await resume(signed, next))).toBe(exp * 1000 + resumeMs);
});

test('`disconnect` voids all tokens of the device, whatever login they came of, and of no other', async () => {
  const logIn = (deviceId: string): Promise<User> =>
    loginRpc(scope, daily.url, '', { credentials: { userName: 'dora', deviceId } });
  const [one, other, tablet] = await Promise.all([logIn('phone'), logIn('phone'), logIn('tablet')]);
  const resumed = await resume(daily, one, { deviceId: 'phone' });
  expect(await other.call('disconnect')).toBeNull();
  for (const user of [one, other, resumed]) await expectRefused(daily, user, ['badToken']);
  await resume(daily, tablet, { deviceId: 'tablet' });
});

test('a token of an earlier version, which knew of no chain, ends with all that comes of it when it would have ended', async () => {
  await loginRpc(scope, daily.url, 'vera');
  const { resume: key } = new Keyspace(prefix).user('vera');
  const old = 'x'.repeat(32);
  const endsAt = Date.now() + 60_000;
  const record = JSON.stringify({ deviceId: null, claims: {} });
  const hash = createHash('sha256').update(old).digest('base64url');
  await redis.client().hset(key, hash, `${endsAt} family ${record}`);
  const credentials = { resumeToken: `${Buffer.from('vera').toString('base64url')}.${old}` };
  const first = await loginRpc(scope, daily.url, '', { credentials });
  const second = await resume(daily, first);
  expect([endOf(first), endOf(second)]).toEqual([endsAt, endsAt]);
  expect(await second.call('disconnect')).toBeNull();
  await expectRefused(daily, first, ['badToken']);
  const rpc = await connectRpc(scope, daily.url);
  expect(await rpc.refusal('login', credentials)).toMatchObject({ code: 'badToken' });
});

describe('what a login issues', () => {
  const issue = (redisNow: number, login: { expiresAt?: number; endsAt?: number; isSameUser?: boolean }): unknown => {
    const { expiresAt, endsAt, isSameUser = true } = login;
    const chain = endsAt === undefined ? undefined : { shown: 'shown', family: 'family', endsAt };
    const parts = { settings: { resumeTokenMs: 100 }, instance: { redisNow: () => redisNow } };
    const about = { userName: 'u', expiresAt, claims: {}, deviceId: undefined, chain, isSameUser };
    const { stored } = issueToken(parts, about);
    return [stored.expiresAt, JSON.parse(stored.record), stored.shown, stored.family === stored.hash];
  };
  const record = (issuedAt: number, endsAt: number): object => ({ issuedAt, endsAt, deviceId: null, claims: {} });

  test('is good for a while by the clock that nodes share, and never beyond its chain', () => {
    expect(issue(1000, {})).toEqual([1100, record(1000, 1100), undefined, true]);
    expect(issue(1000, { expiresAt: 5000 })).toEqual([1100, record(1000, 5100), undefined, true]);
    expect(issue(1000, { expiresAt: 990 })).toEqual([1090, record(1000, 1090), undefined, true]);
    expect(issue(1000, { endsAt: 1050 })).toEqual([1050, record(1000, 1050), 'shown', false]);
    expect(issue(1000, { expiresAt: 1050, endsAt: 1050 })).toEqual([1050, record(1000, 1050), 'shown', false]);
    const last = Number.MAX_SAFE_INTEGER;
    expect(issue(1000, { expiresAt: last })).toEqual([1100, record(1000, last), undefined, true]);
  });

  test('ends no later where a hook has named another user', () => {
    expect(issue(1000, { endsAt: 1050, isSameUser: false })).toEqual([1050, record(1000, 1050), undefined, true]);
  });
});
