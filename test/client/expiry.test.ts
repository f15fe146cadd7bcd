// Tokens that expire: renewed in time where the application can say how, asked for again where that came too late, and an
// end with its reason where there is no other. Times are those of the service's clock.
import { createServer } from 'node:http';
import { expect, test } from '@jest/globals';
import { SignJWT } from 'jose';
import { renewalMarginMs } from '../../src/client/connection/renewal.ts';
import { listen } from '../support/loopback.ts';
import { connectClient, createTestClient, failureOf } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';
import { authData, startFake, type FakeService } from './fake-service.ts';

const scope = useScope();
const soon = { minDelayMs: 1, maxDelayMs: 5 };
/** The fake's clock is years behind ours: only differences may count. */
const serverTime = 1_000_000;

/** Each login is for so long from now. */
function expiring(service: FakeService, ...livesMs: number[]): void {
  service.login = (request) => {
    const lifeMs = livesMs[Math.min(service.logins.length, livesMs.length) - 1] ?? 0;
    request.answer(authData({ serverTime, tokenExpiresAt: serverTime + lifeMs, resumeToken: 'resume' }));
  };
}

/** Credentials with another token each time. */
function numbered(): { asked: number; credentials: () => { token: string; deviceId: string } } {
  const counted = {
    asked: 0,
    credentials: () => {
      counted.asked += 1;
      return { token: `jwt-${counted.asked}`, deviceId: 'phone' };
    },
  };
  return counted;
}

test('a token is renewed before it expires, again and again, on the same connection', async () => {
  const service = await startFake(scope);
  expiring(service, 2_200);
  const counted = numbered();
  const client = await connectClient(scope, { urls: service.url, credentials: counted.credentials, reconnect: soon });
  const first = await service.next('loginRefresh');
  expect(first.params).toEqual(['jwt-2']);
  first.answer(serverTime + 3_500);
  const second = await service.next('loginRefresh');
  expect(second.params).toEqual(['jwt-3']);
  // For longer than any timer can wait, and then for ever: nothing more is to be done.
  second.answer(8.64e15);
  const pinged = client.request('ping', {});
  (await service.next('ping')).answer(1);
  await pinged;
  expect([counted.asked, service.logins.length, client.state]).toEqual([3, 1, 'connected']);
});

test('an expiry beyond what a timer can wait for, or none, asks for nothing', async () => {
  const service = await startFake(scope);
  const counted = numbered();
  const far = [2 ** 31 + 10_000, 2 ** 40, Infinity];
  for (const lifeMs of far) {
    expiring(service, lifeMs);
    await connectClient(scope, { urls: service.url, credentials: counted.credentials, failOnViolations: false });
  }
  service.login = undefined;
  const client = await connectClient(scope, { urls: service.url, credentials: counted.credentials });
  const asked = client.request('ping', {});
  (await service.next('ping')).answer(1);
  await asked;
  expect(counted.asked).toBe(far.length + 1);
  expect(service.waiting).toEqual([]);
});

test('the margin is a tenth of the life, between seconds and minutes, and half of a very short one', () => {
  expect([1_000, 8_000, 20_000, 100_000, 3_600_000, 2_592_000_000].map(renewalMarginMs)).toEqual([
    500, 4_000, 5_000, 10_000, 360_000, 600_000,
  ]);
});

test('a renewal that fails is tried again with pauses, the same token is not sent twice, and errors are told', async () => {
  const service = await startFake(scope);
  expiring(service, 2_000);
  const sorry = new Error('no token today');
  const answers = [
    { token: 'first' },
    sorry,
    { token: 'first' },
    { token: 'second' },
    { token: 'third' },
    { token: 'third' },
  ];
  let asked = 0;
  const client = await connectClient(scope, {
    urls: service.url,
    credentials: () => {
      const answer = answers[Math.min(asked, answers.length - 1)];
      asked += 1;
      if (answer === undefined || answer instanceof Error) throw sorry;
      return answer;
    },
    failOnViolations: false,
  });
  const startedMs = performance.now();
  const refused = await service.next('loginRefresh');
  expect(refused.params).toEqual(['second']);
  expect(client.seen('error')).toEqual([[sorry]]);
  // One, two and four seconds, and the one before the first; none of them less.
  expect(performance.now() - startedMs).toBeGreaterThan(3_500);
  refused.refuse('badToken');
  const later = await service.next('loginRefresh');
  expect([later.params, asked]).toEqual([['third'], 5]);
  expect(client.seen('error')).toMatchObject([[sorry], [{ code: 'badToken' }]]);
  later.answer(null);
});

test('after 4504 the function is asked again, and not the resume token of the chain that ended', async () => {
  const service = await startFake(scope);
  const counted = numbered();
  const client = await connectClient(scope, { urls: service.url, credentials: counted.credentials, reconnect: soon });
  service.cut();
  await eventually(() => expect(client.seen('reconnect')).toHaveLength(1));
  service.close(4504, 'tokenExpired');
  await eventually(() => expect(client.seen('reconnect')).toHaveLength(2));
  expect(service.logins).toEqual([
    { token: 'jwt-1', deviceId: 'phone' },
    { resumeToken: 'token-1', deviceId: 'phone' },
    { token: 'jwt-2', deviceId: 'phone' },
  ]);
  expect(client.seen('disconnect').at(-1)).toMatchObject([{ code: 4504, reason: 'tokenExpired' }]);
  expect(client.seen('close')).toEqual([]);
});

test('where a token given as a value expires, the client ends and says why; without a token it logs in afresh', async () => {
  const service = await startFake(scope);
  const client = await connectClient(scope, { urls: service.url, credentials: { token: 'jwt' }, reconnect: soon });
  service.close(4504, 'tokenExpired');
  expect(await client.next('close')).toEqual([{ code: 4504, reason: 'tokenExpired' }]);
  expect((await failureOf(client.request('ping', {}))).code).toBe('unavailable');
  expect((await failureOf(client.join('lobby'))).message).toBe('The client is closed: 4504 tokenExpired');

  const open = await connectClient(scope, { urls: service.url, userName: 'alice', reconnect: soon });
  service.close(4504, 'tokenExpired');
  await eventually(() => expect(open.seen('reconnect')).toHaveLength(1));
  expect(service.logins.slice(1)).toEqual([{ userName: 'alice' }, { userName: 'alice' }]);
});

test('a function that has only the expired token ends the client, one that fails is asked again: neither in a hot loop', async () => {
  const service = await startFake(scope);
  const old = await connectClient(scope, { urls: service.url, credentials: () => ({ token: 'old' }), reconnect: soon });
  service.login = (request) => {
    request.refuse('tokenExpired');
    request.close(4501, 'loginRejected');
  };
  service.close(4504, 'tokenExpired');
  expect(await old.next('close')).toEqual([{ code: 4501, reason: 'The token has expired.' }]);
  expect(service.logins).toEqual([{ token: 'old' }, { token: 'old' }]);

  service.login = undefined;
  let failures = 0;
  const failing = await connectClient(scope, {
    urls: service.url,
    credentials: () => {
      if (service.logins.length === 2 || failures === 3) return { token: 'good' };
      failures += 1;
      return Promise.reject(new Error('no token today'));
    },
    reconnect: soon,
    failOnViolations: false,
  });
  service.close(4504, 'tokenExpired');
  await eventually(() => expect(failing.seen('reconnect')).toHaveLength(1));
  expect([failures, service.logins.length]).toEqual([3, 4]);

  // Accepted, and closed at once: each time it waits longer.
  const delays: number[] = [];
  const slow = { minDelayMs: 20, maxDelayMs: 1_000_000, jitter: 'none' } as const;
  const flapping = createTestClient(scope, {
    urls: service.url,
    credentials: () => ({ token: 'late' }),
    reconnect: slow,
  });
  flapping.on('schedule', (_attempt, delayMs) => delays.push(delayMs));
  for (const name of ['connect', 'reconnect'] as const) flapping.on(name, () => service.close(4504, 'tokenExpired'));
  await flapping.connect();
  // On a busy machine one of the first connections may have lasted longer than the wait before it, and it begins anew.
  await eventually(() => expect(Math.max(...delays)).toBeGreaterThanOrEqual(320));
  expect(Math.min(...delays)).toBe(20);
});

test('on the real service, a client outlives its token by a newer one, and a token that ran out by another login', async () => {
  const secret = 'a secret of at least thirty-two bytes';
  const env = { PARLEY_AUTH: 'jwt', PARLEY_JWT_SECRET: secret, PARLEY_JWT_LEEWAY_MS: '0' };
  const service = await startService(scope, { nodes: 1, env });
  const { url } = service.node(0);
  const token = (lifeS: number): Promise<string> =>
    new SignJWT({})
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('alice')
      .setExpirationTime(Math.floor(Date.now() / 1000) + lifeS)
      .sign(new TextEncoder().encode(secret));
  // Their lives leave time for logging in, and for renewing, to a machine that stands still for seconds.
  let asked = 0;
  const credentials = async (): Promise<{ token: string }> => ({ token: await token((asked += 1) === 1 ? 10 : 3_600) });
  const renewing = await connectClient(scope, { urls: url, credentials, reconnect: soon });
  let attempts = 0;
  const forgetful = await connectClient(scope, {
    urls: url,
    // Nothing to renew with while the first one lasts.
    credentials: async () => {
      attempts += 1;
      if (attempts === 1) return { token: await token(6) };
      return forgetful.state === 'connected' ? {} : { token: await token(3_600) };
    },
    reconnect: soon,
  });
  const ending = await connectClient(scope, { urls: url, credentials: { token: await token(6) }, reconnect: soon });
  expect(await ending.next('close')).toEqual([{ code: 4504, reason: 'tokenExpired' }]);
  await forgetful.next('reconnect');
  await eventually(async () => {
    expect(asked).toBe(2);
    expect(await renewing.request('ping', {})).toBeGreaterThan(0);
  });
  expect(renewing.seen('reconnect')).toHaveLength(0);
});

test('an upgrade that is refused for the moment (429, 503) is a failed connection: the next one comes after a wait', async () => {
  const service = await startFake(scope);
  const refusals: number[] = [];
  const server = createServer((_, response) => response.end());
  server.on('upgrade', (_, socket) => {
    const status = refusals.length % 2 === 0 ? 429 : 503;
    refusals.push(status);
    socket.end(`HTTP/1.1 ${status} Later\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n`);
  });
  const port = await listen(scope, server);
  const busy = `ws://127.0.0.1:${port}/ws`;
  const client = await connectClient(scope, { urls: [busy, busy, service.url], userName: 'alice', reconnect: soon });
  expect([refusals, client.state]).toEqual([[429, 503], 'connected']);
});
