// Becoming a user where names are believed: what login gives, what refuses it, and what waits for it. Signed tokens
// are in token.test.ts.
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { ErrorCode } from '../../src/protocol/errors/table.ts';
import { defaultLimits } from '../../src/protocol/params/limits.ts';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import type { RedisServer } from '../support/redis.ts';
import { connectRpc, loginRpc, type Outcome, type Rpc } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type Service } from '../support/service.ts';

const scope = useScope();
let service: Service<RedisServer>;
let url: string;
beforeAll(async () => {
  service = await startService(scope, { nodes: 1 });
  ({ url } = service.node(0));
});

/** What a refused login shows: the notification, then the response with the same error, then the close. */
async function expectRejected(rpc: Rpc, login: Promise<Outcome>, code: ErrorCode, args: Value[] = []): Promise<void> {
  const outcome = await login;
  expect(outcome).toMatchObject({ error: { code, args, temporary: false } });
  const error = 'error' in outcome ? outcome.error : null;
  expect(await rpc.raw.closed).toEqual({ code: 4501, reason: 'loginRejected' });
  expect(rpc.received.slice(-2)).toEqual([
    { name: 'loginRejected', params: [error] },
    { method: 'login', outcome },
  ]);
  expect(rpc.heard('loginConfirmed')).toEqual([]);
}

async function tryLogin(credentials: ValueMap): Promise<{ rpc: Rpc; login: Promise<Outcome> }> {
  const rpc = await connectRpc(scope, url);
  const [login] = rpc.callAll(['login', credentials]);
  if (login === undefined) throw new Error('nothing was asked');
  return { rpc, login };
}

describe.each(['msgpack', 'json'] as const)('login over %s', (format) => {
  test('is confirmed before its response, and tells what the client must know', async () => {
    const alice = await loginRpc(scope, url, `alice-${format}`, { format });
    expect(alice.received.slice(0, 2)).toEqual([
      { name: 'loginConfirmed', params: [alice.userName, alice.authData] },
      { method: 'login', outcome: { result: alice.authData } },
    ]);
    expect(alice.authData).toEqual({
      id: expect.stringMatching(/^[\w-]{16}$/),
      userName: `alice-${format}`,
      serverTime: expect.any(Number),
      heartbeatMs: 25_000,
      tokenExpiresAt: null,
      resumeToken: expect.any(String),
      inbox: { epoch: expect.any(String), seq: expect.any(Number) },
      protocol: 1,
      limits: { ...defaultLimits },
    });
    const again = await loginRpc(scope, url, `alice-${format}`, { format });
    expect(again.authData.id).not.toBe(alice.authData.id);
    expect(again.authData.resumeToken).not.toBe(alice.authData.resumeToken);
    expect(again.heard('loginRejected')).toEqual([]);
  });

  test('as a notification is confirmed too, and has no response', async () => {
    const rpc = await connectRpc(scope, url, { format });
    rpc.notify(['login', { userName: 'quiet' }], ['roomCreate', `quiet-${format}`]);
    expect(await rpc.next('loginConfirmed')).toMatchObject(['quiet', { userName: 'quiet' }]);
    expect(await rpc.refusal('roomCreate', `quiet-${format}`)).toMatchObject({ code: 'roomExists' });
    expect(rpc.received).toHaveLength(2);
  });

  test('is refused by a notification, a response and the close', async () => {
    const rpc = await connectRpc(scope, url, { format });
    const [login] = rpc.callAll(['login', { userName: 'a:b' }]);
    await expectRejected(rpc, login ?? Promise.reject(new Error('not asked')), 'invalidName', ['a:b']);
    const quiet = await connectRpc(scope, url, { format });
    quiet.notify(['login', {}]);
    expect(await quiet.raw.closed).toMatchObject({ code: 4501 });
    expect(quiet.received).toEqual([{ name: 'loginRejected', params: [expect.objectContaining({ code: 'noLogin' })] }]);
  });

  test('comes first: until then everything is refused, and what stands behind it waits', async () => {
    const rpc = await connectRpc(scope, url, { format });
    for (const method of ['ping', 'nonsense', 'roomJoin', 'disconnect', 'login ']) {
      expect([method, await rpc.refusal(method)]).toMatchObject([method, { code: 'noLogin', temporary: false }]);
    }
    const behind = rpc.callAll(['ping'], ['login', { userName: 'bob' }], ['ping'], ['login', { userName: 'eve' }]);
    expect(await Promise.all(behind)).toEqual([
      { error: expect.objectContaining({ code: 'noLogin' }) },
      { result: expect.objectContaining({ userName: 'bob' }) },
      { result: expect.any(Number) },
      { error: expect.objectContaining({ code: 'notAllowed' }) },
    ]);
    expect(await rpc.refusal('login', { userName: 'bob' })).toMatchObject({ code: 'notAllowed' });
    expect(await rpc.call('ping')).toEqual(expect.any(Number));
    expect(rpc.heard('loginConfirmed')).toHaveLength(1);
    expect(rpc.heard('loginRejected')).toEqual([]);
  });
});

describe('a user name', () => {
  test('comes back in normal form', async () => {
    const zoe = await loginRpc(scope, url, 'Zoe\u0301');
    expect(zoe.authData.userName).toBe('Zo\u00e9');
    expect(zoe.heard('loginConfirmed')).toMatchObject([['Zo\u00e9', {}]]);
    const longest = '\u00e9'.repeat(64);
    expect((await loginRpc(scope, url, longest)).authData.userName).toBe(longest);
  });

  test.each([
    '',
    'a:b',
    '{a',
    'a}',
    'a\nb',
    'a\u0000',
    'x'.repeat(129),
    '\u00e9'.repeat(65),
    '__proto__',
    'constructor',
    'anonymous-x',
  ])('must be valid: %j', async (userName) => {
    const { rpc, login } = await tryLogin({ userName });
    await expectRejected(rpc, login, 'invalidName', [userName]);
  });

  test('must be given, as text', async () => {
    const none = await tryLogin({});
    await expectRejected(none.rpc, none.login, 'noLogin');
    const number = await tryLogin({ userName: 7 });
    await expectRejected(number.rpc, number.login, 'badArgument', [0, { userName: 7 }]);
    const rpc = await connectRpc(scope, url);
    const [login] = rpc.callAll(['login']);
    await expectRejected(rpc, login ?? Promise.reject(new Error('not asked')), 'wrongArgumentsCount', [1, 0]);
  });
});

test('a token is no use where the service has no key for it', async () => {
  const { rpc, login } = await tryLogin({ token: 'a.b.c', userName: 'alice' });
  await expectRejected(rpc, login, 'badToken');
});

test('a random name is given on request where the service allows it', async () => {
  const { rpc, login } = await tryLogin({ anonymous: true });
  await expectRejected(rpc, login, 'notAllowed');
  const node = await service.addNode({ PARLEY_ALLOW_ANONYMOUS: 'on' });
  const guests = await Promise.all(
    [1, 2].map(() => loginRpc(scope, node.url, '', { credentials: { anonymous: true, userName: 'alice' } })),
  );
  const names = guests.map(({ authData }) => authData.userName);
  expect(new Set([...names, 'alice']).size).toBe(3);
  expect(await guests[0]?.call('listOwnSockets')).toEqual({ [guests[0]?.authData.id ?? '']: [] });
});

describe('a resume token', () => {
  const resume = (resumeToken: string, deviceId?: string): ValueMap =>
    deviceId === undefined ? { resumeToken } : { resumeToken, deviceId };

  test('logs the same user and device in, and nobody else', async () => {
    const credentials = { userName: 'rita', deviceId: 'phone' };
    const { authData } = await loginRpc(scope, url, 'rita', { credentials });
    const again = await loginRpc(scope, url, '', { credentials: resume(authData.resumeToken, 'phone') });
    expect(again.authData).toMatchObject({ userName: 'rita', tokenExpiresAt: expect.any(Number) });
    expect(again.authData.resumeToken).not.toBe(authData.resumeToken);

    // What a token is made of: test/gateway/resume.test.ts.
    for (const bad of [
      resume(authData.resumeToken, 'tablet'),
      resume(authData.resumeToken, ''),
      resume(authData.resumeToken.slice(1), 'phone'),
      resume('', 'phone'),
    ]) {
      const { rpc, login } = await tryLogin(bad);
      await expectRejected(rpc, login, 'badToken');
    }
    // Refused tries do not use it up.
    await loginRpc(scope, url, '', { credentials: resume(authData.resumeToken, 'phone') });
  });

  test('outlives its connection, and ends with `disconnect`, those before it included', async () => {
    const first = await loginRpc(scope, url, 'rosa');
    first.raw.terminate();
    const second = await loginRpc(scope, url, '', { credentials: resume(first.authData.resumeToken) });
    second.raw.close();
    const third = await loginRpc(scope, url, '', { credentials: resume(second.authData.resumeToken) });
    const elsewhere = await loginRpc(scope, url, 'rosa');

    expect(await third.call('disconnect')).toBeNull();
    expect(await third.raw.closed).toEqual({ code: 1000, reason: 'normal' });
    for (const { authData } of [first, second, third]) {
      const { rpc, login } = await tryLogin(resume(authData.resumeToken));
      await expectRejected(rpc, login, 'badToken');
    }
    await loginRpc(scope, url, '', { credentials: resume(elsewhere.authData.resumeToken) });
  });

  test('runs out', async () => {
    const node = await service.addNode({ PARLEY_RESUME_TOKEN_MS: '4000' });
    const { authData } = await loginRpc(scope, node.url, 'rolf');
    const [used] = (await connectRpc(scope, node.url)).callAll(['login', resume(authData.resumeToken)]);
    expect(await used).toMatchObject({ result: { userName: 'rolf' } });
    await eventually(async () => {
      const [tried] = (await connectRpc(scope, node.url)).callAll(['login', resume(authData.resumeToken)]);
      expect(await tried).toMatchObject({ error: { code: expect.stringMatching(/^(tokenExpired|badToken)$/) } });
    });
  });
});
