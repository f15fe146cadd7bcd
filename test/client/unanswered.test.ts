// Functions of the application that never answer, or too late: what waits for them has its time like anything else, and goes on.
import { expect, test } from '@jest/globals';
import type { Credentials } from '../../src/protocol/connection.ts';
import type { Signature } from '../../src/client/connection/signatures.ts';
import { connectClient, createTestClient, failureOf } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { authData, startFake } from './fake-service.ts';

const scope = useScope();
const soon = { minDelayMs: 1, maxDelayMs: 5 };
const never = { minDelayMs: 3_600_000, maxDelayMs: 3_600_000, jitter: 'none' } as const;
/** A busy machine may need more than that to connect, and then there is one more attempt. */
const requestTimeoutMs = 200;
const silent = (): Promise<never> => new Promise(() => undefined);

test('credentials and signatures of a first login: it is given up with timeout, or goes on where it is to', async () => {
  const service = await startFake(scope);
  const options = { urls: service.url, requestTimeoutMs, reconnect: soon, failOnViolations: false };
  for (const own of [{ credentials: silent }, { userName: 'alice', signatureFactory: silent }]) {
    const client = createTestClient(scope, { ...options, ...own });
    const { code, temporary } = await failureOf(client.connect());
    expect([code, temporary, client.state]).toEqual(['timeout', true, 'idle']);
  }
  let asked = 0;
  const credentials = (): Credentials | Promise<Credentials> => ((asked += 1) < 3 ? silent() : { userName: 'alice' });
  const client = createTestClient(scope, { ...options, credentials });
  await client.connect({ persistent: true });
  expect(asked).toBeGreaterThanOrEqual(3);
  expect(client.seen('error')).toMatchObject([[{ code: 'timeout' }], [{ code: 'timeout' }]]);
});

test('credentials of a later login: told as error, and the next attempt asks again', async () => {
  const service = await startFake(scope);
  service.login = (request) => request.answer(authData({ resumeToken: null }));
  let [asked, isIn] = [0, false];
  const credentials = (): Credentials | Promise<Credentials> => {
    asked += 1;
    if (!isIn) return { userName: 'alice' };
    isIn = false;
    return silent();
  };
  const client = await connectClient(scope, {
    urls: service.url,
    requestTimeoutMs,
    reconnect: soon,
    credentials: async () => credentials(),
    failOnViolations: false,
  });
  // Where there is no resume token the credentials are asked for each time.
  [service.login, isIn] = [undefined, true];
  service.close(4504, 'tokenExpired');
  await client.next('reconnect');
  expect(asked).toBeGreaterThanOrEqual(3);
  expect(client.seen('error')).toMatchObject([[{ code: 'timeout' }]]);
  expect(client.seen('retry')).toContainEqual([1]);
});

test('credentials for a token that expires: asked for again', async () => {
  const service = await startFake(scope);
  const serverTime = 1_000_000;
  service.login = (request) => request.answer(authData({ serverTime, tokenExpiresAt: serverTime + 60 }));
  let asked = 0;
  const credentials = (): Credentials | Promise<Credentials> => {
    asked += 1;
    if (client.state !== 'connected' || client.seen('error').length > 0) return { token: `jwt-${asked}` };
    return silent();
  };
  const client = createTestClient(scope, {
    urls: service.url,
    requestTimeoutMs,
    reconnect: soon,
    credentials: () => credentials(),
    failOnViolations: false,
  });
  await client.connect({ persistent: true });
  const renewal = await service.next('loginRefresh');
  expect([renewal.params, client.seen('error')]).toMatchObject([[`jwt-${asked}`], [[{ code: 'timeout' }]]]);
});

test('a request that is to be signed: timeout, at once where the client is closed, and unsigned it is never sent', async () => {
  const service = await startFake(scope);
  const options = { urls: service.url, userName: 'alice', conversationSignatureFactory: silent };
  const client = await connectClient(scope, { ...options, requestTimeoutMs });
  const input = { roomName: 'lobby', userNames: ['bob'] };
  expect(await failureOf(client.request('roomMembersAdd', input))).toMatchObject({ code: 'timeout' });
  expect(await failureOf(client.room('lobby').members.join())).toMatchObject({ code: 'timeout' });
  const patient = await connectClient(scope, { ...options, requestTimeoutMs: Infinity });
  const refused = failureOf(patient.request('roomMembersAdd', input));
  const closing = patient.close();
  expect(await refused).toMatchObject({ code: 'unavailable' });
  (await service.next('disconnect')).answer(null);
  await closing;
  expect(service.waiting).toEqual([]);
});

test('without a connection nobody is asked to sign', async () => {
  let asked = 0;
  const conversationSignatureFactory = (): Promise<Signature> => {
    asked += 1;
    return silent();
  };
  const service = await startFake(scope);
  const client = createTestClient(scope, { urls: service.url, userName: 'alice', conversationSignatureFactory });
  const refused = await failureOf(client.request('roomMembersAdd', { roomName: 'lobby', userNames: ['bob'] }));
  expect([refused.code, asked]).toEqual(['unavailable', 0]);
});

test('an answer that comes when another attempt is in counts for nothing', async () => {
  const service = await startFake(scope);
  const answers: ((credentials: Credentials) => void)[] = [];
  const credentials = (): Promise<Credentials> => new Promise((resolve) => answers.push(resolve));
  const client = createTestClient(scope, { urls: service.url, reconnect: never, credentials });
  const connecting = client.connect({ persistent: true });
  await eventually(() => expect(answers).toHaveLength(1));
  client.pause();
  client.resume();
  await eventually(() => expect(answers).toHaveLength(2));
  answers[1]?.({ userName: 'alice', deviceId: 'new' });
  await connecting;
  answers[0]?.({ userName: 'alice', deviceId: 'old' });
  service.cut();
  await client.next('schedule', (_attempt, delayMs) => delayMs > 0);
  client.retry();
  await client.next('reconnect');
  expect(service.logins.map(({ deviceId }) => deviceId)).toEqual(['new', 'new']);
});

test('one that closes the client: who asked hears of that, or of what it throws besides, and nobody of anything else', async () => {
  const service = await startFake(scope);
  const closing: (() => unknown)[] = [];
  const closes = (): never => {
    closing.forEach((close) => close());
    throw new Error('no more');
  };
  const first = createTestClient(scope, { urls: service.url, credentials: closes });
  closing.push(() => first.close());
  expect(await failureOf(first.connect())).toMatchObject({ code: 'unavailable' });
  const options = { urls: service.url, userName: 'alice', requestTimeoutMs: Infinity };
  const second = await connectClient(scope, {
    ...options,
    conversationSignatureFactory: () => (void second.close(), silent()),
  });
  const refused = failureOf(second.request('roomMembersAdd', { roomName: 'lobby', userNames: ['bob'] }));
  expect(await refused).toMatchObject({ code: 'unavailable' });
  (await service.next('disconnect')).answer(null);
});
