// Addresses that the platform itself refuses: others beside them are tried, and only where there are none it is the end.
import { expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { createClient } from '../../src/client/client.ts';
import { connectClient, createTestClient, failureOf } from '../support/client.ts';
import { useScope } from '../support/scope.ts';
import { startFake } from './fake-service.ts';

const scope = useScope();
const reconnect = { minDelayMs: 1, maxDelayMs: 5 };
const nowhere = 'ws://127.0.0.1:1/ws';
const bad = 'bad url';

test('one behind it is tried, also by the first attempt', async () => {
  const service = await startFake(scope);
  const client = createTestClient(scope, { urls: [bad, service.url], userName: 'ann', reconnect });
  await client.connect();
  expect([client.state, client.url]).toEqual(['connected', service.url]);
});

test('after a loss it comes back to the good one, whatever stands beside it', async () => {
  const service = await startFake(scope);
  const client = await connectClient(scope, { urls: [service.url, bad], userName: 'ann', reconnect });
  for (const connection of [2, 3]) {
    service.cut();
    await client.next('reconnect');
    expect([client.url, service.logins.length]).toEqual([service.url, connection]);
  }
  expect(client.seen('close')).toEqual([]);
});

test('where there is no other, connect rejects with what the platform says, persistent or not', async () => {
  for (const urls of [bad, [bad, 'worse url']]) {
    const client = createTestClient(scope, { urls, userName: 'ann', reconnect });
    await expect(client.connect()).rejects.toMatchObject({ name: 'SyntaxError' });
    await expect(client.connect({ persistent: true })).rejects.toMatchObject({ name: 'SyntaxError' });
    expect([client.state, client.transcript]).toEqual(['idle', []]);
  }
});

test('a client that was connected ends where the platform refuses all its addresses', async () => {
  const service = await startFake(scope);
  let isRefused = false;
  class Picky extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(isRefused ? bad : url, protocols);
    }
  }
  const client = createClient({ urls: service.url, credentials: { userName: 'ann' }, reconnect, WebSocket: Picky });
  scope.add(() => client.close());
  await client.connect();
  const ended = new Promise((resolve) => client.on('close', resolve));
  isRefused = true;
  service.cut();
  expect(await ended).toMatchObject({ code: 4505 });
  expect(client.state).toBe('closed');
});

test.each([
  ['before', [nowhere, bad]],
  ['behind', [bad, nowhere]],
])('one that does not answer, %s it, may do so later', async (_place, urls) => {
  const client = createTestClient(scope, { urls, userName: 'ann', reconnect });
  const error = await failureOf(client.connect());
  expect([error.code, error.temporary, client.state]).toEqual(['unavailable', true, 'idle']);
  expect(error.message).toContain(nowhere);
});

test.each([0, 1])('a persistent client goes on until that one answers, at whatever place (%p)', async (place) => {
  const service = await startFake(scope);
  let failures = 2;
  service.login = (request) => {
    request.cut();
    if ((failures -= 1) === 0) service.login = undefined;
  };
  const urls = place === 0 ? [service.url, bad] : [bad, service.url];
  const client = await connectClient(scope, { urls, userName: 'ann', reconnect });
  expect([client.state, service.logins.length, client.seen('retry').length]).toEqual(['connected', 3, 2]);
});
