// A post whose answer was lost and that is sent again, through the same node or another one: one message, one id.
import { expect, test } from '@jest/globals';
import { connectClient } from '../support/client.ts';
import { startLink } from '../support/faulty-link.ts';
import { startRedis } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';

const scope = useScope();

test('a repeated clientMessageId through another node after a cut connection is one message with one id', async () => {
  const redis = await startRedis(scope);
  const service = await startService(scope, { nodes: 2, redis });
  const link = await startLink(scope, service.node(0).port);
  const through = `ws://127.0.0.1:${link.port}/ws`;
  const watcher = await connectClient(scope, { urls: service.node(1).url, userName: 'watcher' });
  await watcher.request('roomCreate', { roomName: 'lobby' });
  await watcher.join('lobby');
  const poster = await connectClient(scope, { urls: [through, service.node(1).url], userName: 'poster' });
  await poster.join('lobby');
  for (let n = 1; n <= 10; n++) {
    // The answers are held on their way back; the message is there, its poster does not know.
    link.delay(60_000);
    const key = `message-${n}`;
    const id = poster.say('lobby', key);
    await watcher.next('roomMessage', (_, message) => message['key'] === key);
    link.cut();
    poster.cut();
    link.delay(0);
    expect(await id).toBe(n);
    await poster.next('recovered');
  }
  const history = await watcher.request('roomHistoryGet', { roomName: 'lobby', id: 0, limit: 100 });
  expect(history.map(({ id, key }) => [id, key]).reverse()).toEqual(
    Array.from({ length: 10 }, (_, i) => [i + 1, `message-${i + 1}`]),
  );
  expect(watcher.seen('roomMessage')).toHaveLength(10);
});

test('the same id by another author, or in another room, is another message', async () => {
  const service = await startService(scope, { nodes: 2 });
  const ann = await connectClient(scope, { urls: service.node(0).url, userName: 'ann' });
  const ben = await connectClient(scope, { urls: service.node(1).url, userName: 'ben' });
  for (const roomName of ['north', 'south']) {
    await ann.request('roomCreate', { roomName });
    await ann.join(roomName);
    await ben.join(roomName);
  }
  const post = (client: typeof ann, roomName: string): Promise<number> =>
    client.post(roomName, { key: 'x' }, { clientMessageId: 'same' });
  expect(await post(ann, 'north')).toBe(1);
  expect(await post(ben, 'north')).toBe(2);
  expect(await post(ann, 'south')).toBe(1);
  expect(await post(ann, 'north')).toBe(1);
});
