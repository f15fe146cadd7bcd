// Chains of resumed logins: when they end, whatever is resumed or refreshed in between, what `disconnect` voids of them, and
// what a token is.
import { beforeAll, describe, expect, test } from '@jest/globals';
import { SignJWT, type JWTPayload } from 'jose';
import { issueToken } from '../../src/chat/auth/resume.ts';
import { ResumeKeys, sign as signWith } from '../../src/chat/auth/resume-keys.ts';
import type { ErrorCode } from '../../src/protocol/errors/table.ts';
import { Keyspace } from '../../src/redis/keys.ts';
import { StateUnavailable } from '../../src/redis/unavailable.ts';
import type { ResumeKey } from '../../src/store/user/resume-key-store.ts';
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
  // Timers may come a moment early.
  await eventually(() => expect(Date.now()).toBeGreaterThan(endsAt));
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

test("a token says itself which device it is of; another device's name is refused", async () => {
  const credentials = { userName: 'dirk', deviceId: 'phone' };
  const first = await loginRpc(scope, daily.url, '', { credentials });
  const second = await resume(daily, first);
  const rpc = await connectRpc(scope, daily.url);
  const other = { resumeToken: first.authData.resumeToken, deviceId: 'tablet' };
  expect(await rpc.refusal('login', other)).toMatchObject({ code: 'badToken' });
  // It is of that device, as its end shows.
  expect(await second.call('disconnect')).toBeNull();
  await expectRefused(daily, first, ['badToken']);
});

test('what was not signed here, or was changed, is refused', async () => {
  const { authData } = await loginRpc(scope, daily.url, 'vera');
  const token = String(authData.resumeToken);
  const [id = '', text = '', mac = ''] = token.split('.');
  const content = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as object;
  const forged = Buffer.from(JSON.stringify({ ...content, userName: 'root' })).toString('base64url');
  for (const bad of [
    `${id}.${forged}.${mac}`,
    `${id}.${text}.${mac.slice(1)}`,
    `${id}.${text}`,
    `${id}.${text}.`,
    `${'x'.repeat(16)}.${text}.${mac}`,
    `${token}.${mac}`,
    token.padEnd(20_000, 'A'),
    `${Buffer.from('vera').toString('base64url')}.${'x'.repeat(32)}`,
    '',
  ]) {
    const rpc = await connectRpc(scope, daily.url);
    expect([bad, await rpc.refusal('login', { resumeToken: bad })]).toMatchObject([bad, { code: 'badToken' }]);
  }
  expect(await loginRpc(scope, daily.url, '', { credentials: { resumeToken: token } })).toBeDefined();
});

test('logins and their tokens leave nothing behind', async () => {
  const inRedis = async (): Promise<string[]> => (await redis.client().keys(`${prefix}:*`)).toSorted();
  const first = await loginRpc(scope, daily.url, 'lea');
  first.raw.close();
  await eventually(async () => expect(await redis.client().hlen(new Keyspace(prefix).user('lea').sockets)).toBe(0));
  const before = await inRedis();
  for (let i = 0; i < 20; i++) {
    const again = await resume(daily, first);
    again.raw.close();
  }
  await eventually(async () => expect(await inRedis()).toEqual(before));
});

describe('what a login issues', () => {
  const keys = [{ id: 'key', secret: Buffer.alloc(32, 1) }];
  const resumeKeys = new ResumeKeys({ read: () => Promise.resolve(keys) }, { nodeId: 'n1' });

  /** When it ends, and when its chain does. */
  const issue = async (now: number, login: { expiresAt?: number; endsAt?: number }) => {
    const { expiresAt, endsAt } = login;
    const about = { userName: 'u', expiresAt, claims: {}, deviceId: 'd', tag: undefined, chainId: 'c', endsAt };
    const token = issueToken(await resumeKeys.newest(), { resumeTokenMs: 100 }, about, now * 1000);
    const content = JSON.parse((await resumeKeys.verify(token)) ?? '') as Record<string, unknown>;
    expect(content).toMatchObject({ userName: 'u', deviceId: 'd', tag: null, chain: 'c', issuedAt: now * 1000 });
    return [content['expiresAt'], content['endsAt']];
  };

  test('is good for a while by the clock that nodes share, and never beyond its chain', async () => {
    expect(await issue(1000, {})).toEqual([1100, 1100]);
    expect(await issue(1000, { expiresAt: 5000 })).toEqual([1100, 5100]);
    expect(await issue(1000, { expiresAt: 990 })).toEqual([1090, 1090]);
    expect(await issue(1000, { endsAt: 1050 })).toEqual([1050, 1050]);
    expect(await issue(1000, { expiresAt: 1050, endsAt: 1050 })).toEqual([1050, 1050]);
    const last = Number.MAX_SAFE_INTEGER;
    expect(await issue(1000, { expiresAt: last })).toEqual([1100, last]);
  });
});

describe('the keys of a node', () => {
  const key = (id: string): ResumeKey => ({ id, secret: Buffer.alloc(32, id) });
  const signing = async (keys: ResumeKeys, text: string): Promise<string> => signWith(await keys.newest(), text);

  test('are read once for many logins, again for a key that is not known, and by each instance anew', async () => {
    let stored = [key('a')];
    let reads = 0;
    const read = (): Promise<ResumeKey[]> => {
      reads++;
      return Promise.resolve(stored);
    };
    const instance = { nodeId: 'n1' };
    const [one, other] = [new ResumeKeys({ read }, instance), new ResumeKeys({ read }, { nodeId: 'n2' })];
    const [first] = await Promise.all(['first', 'second'].map((text) => signing(one, text)));
    await signing(one, 'third');
    expect(reads).toBe(1);
    stored = [key('b'), key('a')];
    const newer = await signing(other, 'newer');
    expect(await one.verify(newer)).toBe('newer');
    expect(await one.verify(first ?? '')).toBe('first');
    expect(reads).toBe(3);
    // However many strangers show what nobody knows.
    const unknown = (await signing(one, 'x')).replace(/^b/, 'z');
    const answers = await Promise.all(Array.from({ length: 50 }, () => one.verify(unknown)));
    expect(new Set(answers)).toEqual(new Set([undefined]));
    expect(reads).toBe(4);
    // All that was there is lost, and the node is another instance.
    stored = [key('c')];
    instance.nodeId = 'n3';
    expect(await one.verify(newer)).toBeUndefined();
    expect((await signing(one, 'y')).startsWith('c.')).toBe(true);
  });

  test('that cannot be read refuse nobody for good', async () => {
    let isAway = true;
    const read = (): Promise<ResumeKey[]> =>
      isAway ? Promise.reject(new StateUnavailable('away')) : Promise.resolve([key('a')]);
    const keys = new ResumeKeys({ read }, { nodeId: 'n1' });
    await expect(keys.newest()).rejects.toThrow('away');
    await expect(keys.verify('a.b.c')).rejects.toThrow('away');
    isAway = false;
    const token = await signing(keys, 'x');
    expect(await keys.verify(token)).toBe('x');
    // What was read before goes on.
    isAway = true;
    expect(await keys.verify(token.replace(/^a/, 'b'))).toBeUndefined();
    expect(await keys.verify(token)).toBe('x');
  });
});
