// What a client logs in with: its options, its credentials, and which of them decides.
import { WebSocket } from 'ws';
import { expect, test } from '@jest/globals';
import { createClient } from '../../src/client/client.ts';
import { connectClient } from '../support/client.ts';
import { useScope } from '../support/scope.ts';
import { startFake } from './fake-service.ts';

const scope = useScope();
const soon = { minDelayMs: 1, maxDelayMs: 5 };

test('options go into every login, but for what the credentials say themselves', async () => {
  const service = await startFake(scope);
  const device = { tag: 'mobile', deviceId: 'phone-1', enableSync: true, isReconnect: true };
  const options = { urls: service.url, reconnect: soon, ...device };
  const client = await connectClient(scope, { ...options, offlineMessages: 'push', userName: 'ann' });
  service.cut();
  await client.next('reconnect');
  await connectClient(scope, { ...options, credentials: { userName: 'bob', deviceId: 'laptop', tag: 'desk' } });
  // As somebody has it who says nothing of it.
  const plain = createClient({ urls: service.url, credentials: { userName: 'eve' }, WebSocket });
  await plain.connect();
  await plain.close();
  expect(service.logins).toEqual([
    { userName: 'ann', offlineMessages: 'push', ...device },
    { resumeToken: 'token-1', offlineMessages: 'push', ...device },
    { userName: 'bob', ...device, deviceId: 'laptop', tag: 'desk' },
    { userName: 'eve', offlineMessages: 'unread' },
  ]);
});

test('with a tag a device that the application names stays as it is, and a resume token that it gives is of its own device', async () => {
  const service = await startFake(scope);
  for (const credentials of [
    { tag: 'mobile', deviceId: 'phone' },
    { tag: 'mobile', resumeToken: 'kept' },
    { tag: 'default' },
  ]) {
    await connectClient(scope, { urls: service.url, credentials });
    expect(service.logins.at(-1)).toEqual(credentials);
  }
});
