// How a client connects, logs in, comes back and ends; and how its requests are settled.
import { expect, jest, test } from '@jest/globals';
import { backoffMs } from '../../src/client/connection/backoff.ts';
import { createClient } from '../../src/client/client.ts';
import { comesBack } from '../../src/client/connection/life-cycle.ts';
import { closeCodes } from '../../src/protocol/wire/close-codes.ts';
import { connectClient, createTestClient, failureOf } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { authData, startFake } from './fake-service.ts';

const scope = useScope();
const soon = { minDelayMs: 1, maxDelayMs: 5 };

test('logs in, asks, listens, and says goodbye', async () => {
  const service = await startFake(scope);
  const client = createTestClient(scope, { urls: service.url, userName: 'alice' });
  expect(client.state).toBe('idle');
  expect((await failureOf(client.request('ping', {}))).code).toBe('unavailable');
  const first = client.connect();
  expect(client.connect()).toBe(first);
  expect((await first).resumeToken).toBe('token-1');
  expect(service.logins).toEqual([{ userName: 'alice' }]);
  expect([client.state, client.socketId, client.userName]).toEqual(['connected', 'K7Zk2vXQ', 'alice']);

  const asked = client.request('roomUserSeen', { roomName: 'lobby', userName: 'bob' });
  const request = await service.next('roomUserSeen');
  expect(request.params).toEqual(['lobby', 'bob']);
  request.send([['systemMessage', { theme: 'dark' }]], { joined: true, timestamp: 1 });
  expect(await asked).toEqual({ joined: true, timestamp: 1 });
  expect(await client.next('systemMessage')).toEqual([{ theme: 'dark' }]);

  const closing = client.close();
  expect(client.close()).toBe(closing);
  const goodbye = await service.next('disconnect');
  goodbye.answer(null);
  await closing;
  expect(client.state).toBe('closed');
  expect(client.seen('close')).toEqual([[{ code: 1000, reason: 'closed by the client' }]]);
  expect((await failureOf(client.request('ping', {}))).code).toBe('unavailable');
  expect((await failureOf(client.join('lobby'))).code).toBe('unavailable');
  expect((await failureOf(client.post('lobby', {}))).code).toBe('unavailable');
});

test('speaks JSON as well, several messages in a frame and bytes included', async () => {
  const service = await startFake(scope);
  const client = await connectClient(scope, { urls: service.url, userName: 'alice', format: 'json' });
  const asked = client.request('systemMessage', { data: new Uint8Array([1, 2, 3]) });
  const request = await service.next('systemMessage');
  expect(request.params).toEqual([new Uint8Array([1, 2, 3])]);
  request.send(
    [
      ['systemMessage', new Uint8Array([4])],
      ['systemMessage', 'é'],
    ],
    null,
  );
  expect(await asked).toBeNull();
  expect(client.seen('systemMessage')).toEqual([[new Uint8Array([4])], ['é']]);
});

test('an error of the service rejects the request with all it says', async () => {
  const service = await startFake(scope);
  const client = await connectClient(scope, { urls: service.url, userName: 'alice' });
  const asked = client.request('ping', {});
  const request = await service.next('ping');
  request.refuse('tooManyRequests', 250);
  const error = await failureOf(asked);
  expect(error).toMatchObject({ code: 'tooManyRequests', args: [], temporary: true, retryAfterMs: 250 });
  expect(error.message).toBe('Too many requests.');
});

test('what cannot be sent is refused here: too large a frame, a value that is none', async () => {
  const service = await startFake(scope);
  const client = await connectClient(scope, { urls: service.url, userName: 'alice' });
  const large = client.request('systemMessage', { data: 'x'.repeat(70_000) });
  expect((await failureOf(large)).code).toBe('messageTooLarge');
  const cyclic: { [key: string]: never } = {};
  Object.assign(cyclic, { cyclic });
  expect((await failureOf(client.request('systemMessage', { data: cyclic }))).code).toBe('badArgument');
  expect(service.waiting).toEqual([]);
});

test('a request without an answer times out, and a late answer is ignored', async () => {
  const service = await startFake(scope);
  const client = await connectClient(scope, { urls: service.url, userName: 'alice', requestTimeoutMs: 100 });
  const asked = client.request('ping', {});
  const request = await service.next('ping');
  expect(await failureOf(asked)).toMatchObject({ code: 'timeout', temporary: true });
  request.send([['systemMessage', 'after']], 1);
  await client.next('systemMessage');
  expect(client.violations).toEqual([]);
});

test('requests are settled when the connection is lost or the client closes', async () => {
  const service = await startFake(scope);
  const client = await connectClient(scope, { urls: service.url, userName: 'alice', reconnect: soon });
  const asked = failureOf(client.request('systemMessage', { data: 1 }));
  (await service.next('systemMessage')).cut();
  expect(await asked).toMatchObject({ code: 'unavailable', temporary: true });
  await client.next('reconnect', () => service.logins.length === 2);

  const last = failureOf(client.request('ping', {}));
  await service.next('ping');
  const closing = client.close();
  (await service.next('disconnect')).close(1000);
  await closing;
  expect((await last).code).toBe('unavailable');
});

test('keeps its position in the inbox, and names it whenever it comes back', async () => {
  const service = await startFake(scope);
  const client = await connectClient(scope, { urls: service.url, userName: 'ann', reconnect: soon });
  const first = { epoch: '5feceb66', seq: 0 };
  const comeBack = async (times: number): Promise<void> => {
    service.cut();
    await eventually(() => expect(client.seen('reconnect')).toHaveLength(times - 1));
  };
  const told = { epoch: 'another', seq: 7 };
  service.login = (request) => request.send([['inboxReset', told]], authData({ inbox: { epoch: 'another', seq: 9 } }));
  await comeBack(2);
  // That of a later login is where the log ends, not where the client is.
  service.login = (request) => request.answer(authData({ inbox: { epoch: 'another', seq: 9 } }));
  await comeBack(3);
  service.login = (request) =>
    request.send(
      [
        ['directMessage', { text: 'hello', author: 'bob', timestamp: 1 }],
        ['inboxPosition', { epoch: 'another', seq: 8, timestamp: 1767225600000 }],
      ],
      authData(),
    );
  await comeBack(4);
  service.login = undefined;
  await comeBack(5);
  const moved = { epoch: 'another', seq: 8, timestamp: 1767225600000 };
  expect(service.positions).toEqual([undefined, first, told, told, moved]);
  expect(client.seen('inboxReset')).toEqual([[told]]);
});

test('comes back with its resume token, and with its credentials when that is refused', async () => {
  const service = await startFake(scope);
  let asked = 0;
  const credentials = (): Promise<{ token: string; deviceId: string }> => {
    asked += 1;
    return Promise.resolve({ token: `jwt-${asked}`, deviceId: 'phone' });
  };
  const client = await connectClient(scope, { urls: service.url, credentials, reconnect: soon });
  service.cut();
  await eventually(() => expect(client.seen('reconnect')).toHaveLength(1));
  service.login = (request) => {
    const resumed = service.logins.at(-1)?.['resumeToken'] !== undefined;
    if (resumed) {
      request.refuse('badToken');
      request.close(4501, 'loginRejected');
    } else request.answer(authData());
  };
  service.cut();
  await eventually(() => expect(client.seen('reconnect')).toHaveLength(2));
  expect(service.logins).toEqual([
    { token: 'jwt-1', deviceId: 'phone' },
    { resumeToken: 'token-1', deviceId: 'phone' },
    { resumeToken: 'token-2', deviceId: 'phone' },
    { token: 'jwt-2', deviceId: 'phone' },
  ]);
  expect(client.seen('disconnect')).toHaveLength(2);
  expect(client.state).toBe('connected');
});

test('with a tag it asks to take over at first only, and ends where another device has it', async () => {
  const service = await startFake(scope);
  const credentials = { userName: 'ann', tag: 'mobile' };
  const client = await connectClient(scope, { urls: service.url, credentials, reconnect: soon });
  service.cut();
  await eventually(() => expect(client.seen('reconnect')).toHaveLength(1));
  service.login = (request) => {
    const resumed = service.logins.at(-1)?.['resumeToken'] !== undefined;
    request.refuse(resumed ? 'badToken' : 'sessionConflict');
    request.close(4501, 'loginRejected');
  };
  service.cut();
  await eventually(() => expect(client.state).toBe('closed'));
  // It is one device all along, also where the service has not missed its former socket yet.
  const device = { tag: 'mobile', deviceId: expect.any(String) };
  expect(service.logins).toEqual([
    { ...credentials, ...device },
    { resumeToken: 'token-1', ...device, isReconnect: true },
    { resumeToken: 'token-2', ...device, isReconnect: true },
    { ...credentials, ...device, isReconnect: true },
  ]);
  expect(new Set(service.logins.map(({ deviceId }) => deviceId)).size).toBe(1);
});

test('a refused first login rejects, and is not tried again but by another call', async () => {
  const service = await startFake(scope);
  service.login = (request) => {
    request.refuse('badToken');
    request.close(4501, 'loginRejected');
  };
  const client = createTestClient(scope, { urls: service.url, userName: 'alice', reconnect: soon });
  expect((await failureOf(client.connect())).code).toBe('badToken');
  expect([client.state, service.logins.length]).toEqual(['idle', 1]);
  // Going on by itself would only be refused again.
  expect((await failureOf(client.connect({ persistent: true }))).code).toBe('badToken');
  expect(client.transcript).toEqual([]);
  service.login = undefined;
  expect((await client.connect()).resumeToken).toBe('token-3');
  expect(client.seen('connect')).toHaveLength(1);
});

test('credentials that cannot be had end the first attempt, and only delay later ones', async () => {
  const service = await startFake(scope);
  const sorry = new Error('no token today');
  const never = createTestClient(scope, { urls: service.url, credentials: () => Promise.reject(sorry) });
  await expect(never.connect()).rejects.toBe(sorry);
  expect(never.state).toBe('idle');

  let failures = 0;
  const options = { urls: service.url, reconnect: soon, failOnViolations: false };
  const client = await connectClient(scope, {
    ...options,
    credentials: () => {
      if (service.logins.length === 0 || failures === 3) return Promise.resolve({ userName: 'alice' });
      failures += 1;
      return Promise.reject(sorry);
    },
  });
  service.login = (request) => {
    if (service.logins.at(-1)?.['userName'] === 'alice') request.answer(authData());
    else request.refuse('badToken');
  };
  service.cut();
  await eventually(() => expect(client.seen('reconnect')).toHaveLength(1));
  expect(client.seen('error')).toEqual([[sorry], [sorry], [sorry]]);
});

test('keeps trying, address after address, while a login fails for the moment', async () => {
  const refusing = await startFake(scope);
  const silent = await startFake(scope);
  const good = await startFake(scope);
  refusing.login = (request) => {
    request.refuse('unavailable', 10);
    request.close(4005, 'serverError');
  };
  silent.login = (request) => request.cut();
  const urls = ['ws://127.0.0.1:1/ws', refusing.url, silent.url, good.url];
  const client = await connectClient(scope, { urls, userName: 'alice', reconnect: soon });
  expect([refusing, silent, good].map(({ logins }) => logins.length)).toEqual([1, 1, 1]);
  expect(client.seen('disconnect')).toEqual([]);
});

test('a connection that never opens or a login that is never answered is given up', async () => {
  const service = await startFake(scope);
  service.login = () => {
    if (service.logins.length === 2) service.login = undefined;
  };
  await connectClient(scope, { urls: service.url, userName: 'alice', requestTimeoutMs: 50, reconnect: soon });
  expect(service.logins.length).toBeGreaterThanOrEqual(3);
});

test('goAway: waits as long as it is told, and goes elsewhere', async () => {
  const leaving = await startFake(scope);
  const other = await startFake(scope);
  const urls = [leaving.url, other.url];
  const client = await connectClient(scope, { urls, userName: 'alice', reconnect: { minDelayMs: 1, maxDelayMs: 1 } });
  const asked = client.request('ping', {});
  (await leaving.next('ping')).send([['goAway', 30]], 1);
  expect(await asked).toBe(1);
  leaving.close(4000, 'goAway');
  expect(await client.next('disconnect')).toEqual([{ code: 4000, reason: 'goAway' }]);
  expect(await client.next('schedule')).toEqual([0, 30]);
  await eventually(() => expect(client.seen('reconnect')).toHaveLength(1));
  expect(other.logins).toHaveLength(1);
  // The delay was for that one time.
  other.close(4002);
  const [, delayMs] = await client.next('schedule');
  expect(delayMs).toBeLessThanOrEqual(1);
});

test('close codes: comes back where the table says so, and after accidents', async () => {
  for (const { code, comeBack } of Object.values(closeCodes)) expect([code, comesBack(code)]).toEqual([code, comeBack]);
  expect([1001, 1005, 1006, 1011, 4099, 4499].filter(comesBack)).toHaveLength(6);
  expect([4500, 4999].some(comesBack)).toBe(false);
  expect(comesBack(5000)).toBe(true);

  const service = await startFake(scope);
  const client = await connectClient(scope, { urls: service.url, userName: 'alice', reconnect: soon });
  service.close(4503, 'loginConflict');
  expect(await client.next('close')).toEqual([{ code: 4503, reason: 'loginConflict' }]);
  expect(client.state).toBe('closed');
  expect(client.seen('disconnect')).toEqual([]);

  const once = await connectClient(scope, { urls: service.url, userName: 'alice', reconnect: false });
  service.close(4000, 'goAway');
  expect(await once.next('close')).toEqual([{ code: 4000, reason: 'goAway' }]);
  expect(service.logins).toHaveLength(2);
});

test('closing while it connects or waits ends everything at once', async () => {
  const service = await startFake(scope);
  service.login = () => undefined;
  const connecting = createTestClient(scope, { urls: service.url, userName: 'alice' });
  const refused = failureOf(connecting.connect());
  await eventually(() => expect(service.logins).toHaveLength(1));
  await connecting.close();
  expect((await refused).code).toBe('unavailable');

  service.login = undefined;
  const patient = { minDelayMs: 3_600_000, maxDelayMs: 3_600_000 };
  const waiting = await connectClient(scope, { urls: service.url, userName: 'alice', reconnect: patient });
  service.cut();
  await waiting.next('disconnect');
  expect(waiting.state).toBe('disconnected');
  await waiting.close();
  expect(waiting.seen('close')).toHaveLength(1);
});

test('a silent service is asked for a sign of life, then left', async () => {
  const service = await startFake(scope, { heartbeatMs: 40 });
  const client = await connectClient(scope, { urls: service.url, userName: 'alice', reconnect: soon });
  (await service.next('ping')).answer(1);
  await service.next('ping');
  expect(await client.next('disconnect')).toMatchObject([{ code: 1006 }]);
  await eventually(() => expect(service.logins.length).toBeGreaterThan(1));
});

test('a machine that has slept asks at once, and leaves a connection that is dead', async () => {
  const service = await startFake(scope, { heartbeatMs: 300 });
  const options = { urls: service.url, userName: 'alice', reconnect: soon, requestTimeoutMs: 100 };
  const client = await connectClient(scope, options);
  const now = Date.now.bind(Date);
  const clock = jest.spyOn(Date, 'now').mockImplementation(() => now() + 3_600_000);
  try {
    expect(await client.next('disconnect')).toEqual([{ code: 1006, reason: 'nothing heard after a sleep' }]);
    await client.next('reconnect');
  } finally {
    clock.mockRestore();
  }
});

test('a service that breaks the protocol is left for another try', async () => {
  const service = await startFake(scope);
  const options = { urls: service.url, userName: 'alice', reconnect: soon, failOnViolations: false };
  const client = await connectClient(scope, options);
  const asked = failureOf(client.request('systemMessage', { data: 1 }));
  // An answer without its result is no message of the protocol.
  (await service.next('systemMessage')).sendRaw(new Uint8Array([0x92, 1, 1]));
  expect((await asked).code).toBe('unavailable');
  await eventually(() => expect(client.seen('reconnect')).toHaveLength(1));
  expect(client.violations).toEqual(['in: malformed frame: wrong length']);
});

test('a listener that throws or rejects is told as an error, and hurts nobody', async () => {
  const service = await startFake(scope);
  const client = await connectClient(scope, { urls: service.url, userName: 'alice', failOnViolations: false });
  const heard: unknown[] = [];
  const removed = (): void => void heard.push('removed');
  client.on('systemMessage', () => {
    throw new Error('thrown');
  });
  client.on('systemMessage', () => Promise.reject(new Error('rejected')));
  client.on('systemMessage', removed);
  client.on('systemMessage', (data) => heard.push(data));
  client.on('error', () => {
    throw new Error('told to the console');
  });
  client.off('systemMessage', removed);
  const output = jest.spyOn(console, 'error').mockImplementation(() => undefined);
  const asked = client.request('ping', {});
  (await service.next('ping')).send([['systemMessage', 'hello']], 1);
  expect(await asked).toBe(1);
  await eventually(() => expect(output).toHaveBeenCalledTimes(2));
  output.mockRestore();
  expect(heard).toEqual(['hello']);
  expect([await client.next('error'), await client.next('error')]).toEqual([[Error('thrown')], [Error('rejected')]]);
});

test('the wait before coming back is random below a bound that doubles', () => {
  const bounds = { minDelayMs: 200, maxDelayMs: 1_000, factor: 2, jitter: 'full' } as const;
  expect([0, 1, 2, 3, 60].map((attempt) => backoffMs(attempt, bounds, () => 0.999))).toEqual([199, 399, 799, 999, 999]);
  expect(backoffMs(5, bounds, () => 0)).toBe(0);
  expect([0, 1, 2, 3].map((attempt) => backoffMs(attempt, { ...bounds, jitter: 'none' }))).toEqual([
    200, 400, 800, 1_000,
  ]);
});

test('a client that could never work is refused at once', () => {
  expect(() => createClient({ urls: [], credentials: {} })).toThrow('at least one url');
});
