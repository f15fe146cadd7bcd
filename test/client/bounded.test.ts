// What a client keeps is bounded, whoever chooses the names; and what its application has stays the one object, kept up to date.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import type { Room } from '../../src/client/room/room.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { described } from './belonging.ts';
import { inRoom, settle } from './in-room.ts';
import { connectSpeaking } from './people.ts';

const scope = useScope();

test('rooms that the service tells of: the latest are kept, and those that are joined, wanted, listened to or held', async () => {
  const at = await inRoom(scope);
  const { service, client, room } = at;
  const [held, heard, wanted] = ['held', 'heard', 'wanted'].map((name) => client.room(name)) as [Room, Room, Room];
  heard.on('message', () => undefined);
  wanted.join().catch(() => undefined);
  await service.next('roomsJoin');
  expect(held.attributes).toEqual({});
  (await service.next('roomInfo')).answer({ ...described(), attributes: { title: 'Tea' } });
  await settle(at, [['unreadCounts', [{ roomName: 'held', unread: 3, mentioned: false, last: null }]]]);
  for (let page = 0; page < 6; page += 1) {
    const counts = Array.from({ length: 500 }, (_, index) => ({
      roomName: `room-${page * 500 + index}`,
      unread: 1,
      mentioned: false,
      last: null,
    }));
    await settle(at, [['unreadCounts', counts]]);
  }
  expect(client.rooms.size).toBeLessThanOrEqual(1_000);
  expect(['lobby', 'heard', 'wanted'].map((name) => client.rooms.get(name))).toEqual([room, heard, wanted]);
  expect([client.rooms.has('held'), client.rooms.has('room-0')]).toEqual([false, false]);
  // It was looked at: after a loss it is read again.
  service.cut();
  const info = await service.next('roomInfo');
  expect(info.params).toEqual(['held']);
  info.answer({ ...described(), attributes: { title: 'Coffee' }, version: 2 });
  await eventually(() => expect(held.attributes).toEqual({ title: 'Coffee' }));
  expect([held.unread, client.room('held') === held, client.rooms.has('held')]).toEqual([3, true, true]);
});

test('a user that is held, and no more among the latest: what it shows is read again after a loss', async () => {
  const { service, client } = await connectSpeaking(scope);
  const held = client.user('held');
  expect(held.state).toEqual({});
  (await service.next('userStateGet')).answer({ state: { mood: 'tea' }, updatedAt: 1 });
  await settle({ client, service });
  for (let i = 0; i < 10_000; i += 1) client.user(`user-${i}`);
  service.cut();
  await client.next('reconnect');
  expect(held.state).toEqual({ mood: 'tea' });
  (await service.next('userStateGet')).answer({ state: { mood: 'coffee' }, updatedAt: 2 });
  await eventually(() => expect(held.state).toEqual({ mood: 'coffee' }));
  expect(client.user('held')).toBe(held);
});

test('what its application has put on an object, or begins to, keeps it: what is not saved, and listeners', async () => {
  const { client } = await connectSpeaking(scope);
  const unsaved = client.room('unsaved').set('title', 'Tea');
  const held = [client.room('held'), client.direct('held'), client.user('held')] as const;
  const others = (): void => {
    for (let i = 0; i < 1_010; i += 1) void [client.room(`room-${i}`), client.direct(`user-${i}`)];
  };
  others();
  for (let i = 0; i < 10_010; i += 1) client.user(`user-${i}`);
  const kept = (): unknown[] => [client.rooms.get('held'), client.directs.get('held')];
  expect([...kept(), client.rooms.get('unsaved')]).toEqual([undefined, undefined, unsaved]);
  for (const object of held) object.onAny(() => undefined);
  expect(kept()).toEqual(held.slice(0, 2));
  others();
  expect(kept()).toEqual(held.slice(0, 2));
});

test('a room with a plugin of its own is kept though nobody holds it; another one is not', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const { client } = await connectSpeaking(scope);
  client.room('extended').plugin({ name: 'shout', extends: { Room: class {} } });
  const plain = new WeakRef(client.room('plain'));
  for (let i = 0; i < 1_010; i += 1) client.room(`room-${i}`);
  await eventually(() => {
    collect();
    expect(plain.deref() === undefined).toBe(true);
  });
  expect(client.room('extended')).toHaveProperty('shout');
});

test('what is read of many after a loss waits its turn once, however often the connection is lost before that', async () => {
  const { service, client } = await connectSpeaking(scope);
  const names = ['bob', 'carol', 'dave', 'eve', 'frank'];
  for (const name of names) client.user(name).on('state', () => undefined);
  for (let losses = 0; losses < 5; losses += 1) {
    await service.next('userStateGet');
    service.cut();
    await client.next('reconnect');
  }
  const asked: unknown[] = [];
  service.handle = (request) => {
    if (request.method === 'userStateGet') asked.push(request.params[0]);
    request.answer({ state: {}, updatedAt: 1 });
  };
  // What was asked on the last connection has no answer: it is asked once more.
  service.cut();
  await eventually(() => expect(new Set(asked).size).toBe(names.length));
  await client.user('last').loadState();
  for (const name of names) expect([name, asked.filter((each) => each === name).length <= 2]).toEqual([name, true]);
});
