// How far a user has read, where in a moment it could not be told any more: before the client is closed, and a room left.
import { expect, test } from '@jest/globals';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import { connectClient, type TestClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';
import { authData, startFake } from './fake-service.ts';
import { entry, inRoom, live, settle } from './in-room.ts';
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

test('a room is read and left without a connection: nobody is told of a refusal', async () => {
  const at = await inRoom(scope, { reconnect: { minDelayMs: 3_600_000, jitter: 'none' } });
  const { service, client, room } = at;
  await settle(at, [live(6)]);
  service.cut();
  await client.next('schedule');
  room.read();
  await room.leave();
  client.retry();
  (await service.next('roomMessageRead')).refuse('notJoined');
  await client.next('reconnect');
  await settle(at);
  expect([service.waiting, client.seen('error')]).toEqual([[], []]);
});

test('rooms are read without a connection: each is told once it is joined again, or gone for good', async () => {
  const service = await startFake(scope);
  const { limits } = authData() as { limits: ValueMap };
  // They are joined one after the other.
  service.login = (request) => request.answer(authData({ limits: { ...limits, roomsPerSocket: 1 } }));
  const reconnect = { minDelayMs: 3_600_000, jitter: 'none' } as const;
  const client = await connectClient(scope, { urls: service.url, userName: 'alice', reconnect });
  const gone = { code: 'noRoom', args: ['pit'], message: 'gone', temporary: false };
  const happened: string[] = [];
  let [refusals, isBack] = [0, false];
  service.handle = (request) => {
    const { method, params } = request;
    if (method === 'roomMessageRead') {
      happened.push(`told ${JSON.stringify(params[0]).slice(1, -1)}`);
      return params[0] === 'pit' ? request.refuse('noRoom') : request.answer(null);
    }
    if (method !== 'roomsJoin') return request.answer(1);
    const [{ roomName = '' } = {}] = params[0] as { roomName?: string }[];
    if (isBack && roomName === 'den' && (refusals += 1) < 3) return request.refuse('unavailable', 20);
    happened.push(`joined ${roomName}`);
    return request.answer([isBack && roomName === 'pit' ? { roomName, error: gone } : entry(5, { roomName })]);
  };
  const rooms = ['den', 'pit', 'zoo'].map((name) => client.room(name));
  for (const room of rooms) await room.join();
  isBack = true;
  service.cut();
  await client.next('schedule');
  for (const room of rooms) room.read(9);
  happened.length = 0;
  client.retry();
  await eventually(() => expect(happened).toHaveLength(6));
  for (const { name } of rooms) {
    expect([name, happened.indexOf(`told ${name}`) > happened.indexOf(`joined ${name}`)]).toEqual([name, true]);
  }
  await client.request('ping', {});
  expect(client.seen('error')).toEqual([]);
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
