// How far a user has read, where in a moment it could not be told any more: before the client is closed, and a room left.
import { expect, test } from '@jest/globals';
import { connectClient, type TestClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';
import { inRoom, live, settle } from './in-room.ts';
import { connectSpeaking, from } from './people.ts';

const scope = useScope();

test('the client is closed within the second: what was read goes before the goodbye', async () => {
  const { service, client, tell } = await connectSpeaking(scope);
  const [bob, room] = [client.direct('bob'), client.room('lobby')];
  tell(['directMessage', from('bob', 1, 'a')], ['directMessage', from('bob', 2, 'b')], live(3));
  await eventually(() => expect([bob.unread, room.unread]).toEqual([2, 3]));
  bob.read(1);
  bob.read();
  room.read();
  const closing = client.close();
  const goodbye = await service.next('disconnect');
  expect(service.waiting.map(({ method, params }) => [method, ...params])).toEqual([
    ['directMessageRead', 'bob', 1],
    ['directMessageRead', 'bob', 2],
    ['roomMessageRead', 'lobby', 3],
  ]);
  goodbye.answer(null);
  await closing;
});

test('a room is left within the second: what was read of it goes first, that of others later', async () => {
  const at = await inRoom(scope);
  const { service, client, room } = at;
  const den = client.room('den');
  await settle(at, [live(6), live(7), ['roomMessage', 'den', { key: 'x', author: 'bob', timestamp: 1, id: 1 }]]);
  room.read(6);
  (await service.next('roomMessageRead')).answer(null);
  room.read();
  den.read();
  const leaving = room.leave();
  const leave = await service.next('roomLeave');
  expect(service.waiting.map(({ method, params }) => [method, ...params])).toEqual([['roomMessageRead', 'lobby', 7]]);
  leave.answer(0);
  await leaving;
  (await service.next('roomMessageRead')).answer(null);
  const other = await service.next('roomMessageRead');
  expect(other.params).toEqual(['den', 1]);
  other.answer(null);
  await settle(at);
  expect([service.waiting, client.seen('error')]).toEqual([[], []]);
});

test('on a node: the next login finds nothing unread, and the other device of who has left it', async () => {
  const service = await startService(scope);
  const { url } = service.node(0);
  const connect = (userName: string): Promise<TestClient> =>
    connectClient(scope, { urls: url, userName, offlineMessages: 'unread' });
  const [bob, alice, laptop] = [await connect('bob'), await connect('alice'), await connect('alice')];
  const bobRoom = await bob.room('den').join({ create: true });
  const [room, laptopRoom] = [await alice.room('den').join(), await laptop.room('den').join()];
  for (const text of ['one', 'two']) {
    await bob.direct('alice').send({ text }).done;
    await bobRoom.send({ text }).done;
  }
  const direct = alice.direct('bob');
  await eventually(() => expect([direct.unread, room.unread, laptopRoom.unread]).toEqual([2, 2, 2]));
  room.read(1);
  room.read();
  await room.leave();
  await eventually(() => expect(laptopRoom.unread).toBe(0));
  expect(alice.seen('error')).toEqual([]);
  direct.read(1);
  direct.read();
  await alice.close();
  const next = await connect('alice');
  const { unread } = await next.request('userDetails', {});
  expect(unread.filter((each) => 'userName' in each && each.unread > 0)).toEqual([]);
  expect(next.direct('bob').unread).toBe(0);
});
