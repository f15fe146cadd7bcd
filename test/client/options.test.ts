// The numbers among the options: their defaults, what is refused at once, and that waits may be without end.
import { expect, test } from '@jest/globals';
import { createClient } from '../../src/client/client.ts';
import { completeOptions, type ClientOptions } from '../../src/client/options.ts';
import { connectClient, createTestClient, failureOf } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { authData, startFake, type Received } from './fake-service.ts';

const scope = useScope();
const base: ClientOptions = {
  urls: 'ws://127.0.0.1:1/ws',
  credentials: {},
  // It is made by no test here.
  WebSocket: class {} as unknown as NonNullable<ClientOptions['WebSocket']>,
};
/** As an application without types may give them. */
const given = (options: object): ClientOptions => ({ ...base, ...options });
const waits = { minDelayMs: 1_000, maxDelayMs: 300_000, factor: 2, jitter: 'full' };

test('what is left out or undefined has its default', () => {
  const nothing = { minDelayMs: undefined, maxDelayMs: undefined, factor: undefined, jitter: undefined };
  for (const reconnect of [undefined, {}, nothing]) {
    expect(completeOptions(given({ reconnect }))).toMatchObject({ reconnect: waits });
  }
  expect(completeOptions(given({ reconnect: { ...nothing, factor: 3 } })).reconnect).toEqual({ ...waits, factor: 3 });
  expect(completeOptions(given({ reconnect: false })).reconnect).toBe(false);
  const absent = { requestTimeoutMs: undefined, offlineQueue: undefined };
  expect(completeOptions(given(absent))).toMatchObject({ requestTimeoutMs: 20_000, offlineQueue: 1_000 });
});

test.each(['requestTimeoutMs', 'offlineQueue', 'minDelayMs', 'maxDelayMs', 'factor'])(
  '%s that is no such number is refused when the client is made',
  (name) => {
    const isTop = name === 'requestTimeoutMs' || name === 'offlineQueue';
    const make = (value: unknown): unknown =>
      createClient(given(isTop ? { [name]: value } : { reconnect: { [name]: value } }));
    const wrong = [NaN, -1, '5', true, null, {}, -Infinity, ...(name === 'offlineQueue' ? [] : [0])];
    for (const value of wrong) {
      expect(() => make(value)).toThrow(TypeError);
      expect(() => make(value)).toThrow(name);
    }
    if (name === 'factor') expect(() => make(0.5)).toThrow(TypeError);
    for (const value of [1, 1.5, 1_000, Infinity]) expect(() => make(value)).not.toThrow();
  },
);

test('a queue of none: without a connection nothing waits', async () => {
  const service = await startFake(scope);
  const client = await connectClient(scope, { urls: service.url, userName: 'ann', offlineQueue: 0 });
  const post = client.post('lobby', { key: 'a' });
  (await service.next('roomMessage')).answer(1);
  expect(await post).toBe(1);
  client.pause();
  expect((await failureOf(client.post('lobby', { key: 'b' }))).code).toBe('tooManyRequests');
});

test('waits without end: it connects, asks, reads on after a loss, and keeps what is sent meanwhile', async () => {
  const service = await startFake(scope);
  const endless = { requestTimeoutMs: Infinity, offlineQueue: Infinity, reconnect: { minDelayMs: 1, maxDelayMs: 5 } };
  const client = createTestClient(scope, { urls: service.url, userName: 'ann', ...endless });
  await client.connect();
  const written = client.request('systemMessage', { data: 1 });
  const request = await service.next('systemMessage');
  const asked = client.request('roomGetOwner', { roomName: 'lobby' });
  // Each is waited for longer than a timer of no time takes.
  let login: Received | undefined;
  service.login = (received) => (login = received);
  await eventually(() => expect(service.waiting).toHaveLength(1));
  request.answer(null);
  expect(await written).toBeNull();
  (await service.next('roomGetOwner')).cut();
  await client.next('disconnect');
  const post = client.post('lobby', { key: 'a' });
  await eventually(() => expect(login).toBeDefined());
  login?.answer(authData());
  (await service.next('roomMessage')).answer(1);
  (await service.next('roomGetOwner')).answer('bob');
  expect([await post, await asked]).toEqual([1, 'bob']);
});
