// What is told while something is read, and what is read in an order that nobody chose: rooms and the list are in the end as the
// service has them, and nothing of that is without a word. The service is scripted.
import { expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { described, listed, pageOf, told, withList } from './belonging.ts';
import { inRoom, message, settle } from './in-room.ts';
import type { Speaking } from './people.ts';

const scope = useScope();

const namesOf = ({ client }: Pick<Speaking, 'client'>): string[] =>
  client.conversations.list.map(({ room }) => room.name);

test('attributes that changed during a loss are told although the list is read before the room', async () => {
  const speaking = await withList(scope, [listed('lobby', 5, { attributes: { title: 'Tea' } })]);
  const { service, client } = speaking;
  const room = client.room('lobby');
  const events: unknown[] = [];
  room.on('attributes', ({ changes, version }) => events.push([changes, version, room.attributes]));
  (await service.next('roomInfo')).answer(described());
  await settle({ client, service });
  service.cut();
  const reading = await service.next('roomInfo');
  (await service.next('roomList')).answer(pageOf([listed('lobby', 5, { attributes: { title: 'Rum' } })]));
  await settle({ client, service });
  reading.answer(described({ attributes: { title: 'Rum' }, version: 2 }));
  await eventually(() => expect(events).toEqual([[{ title: 'Rum' }, 2, { title: 'Rum' }]]));
});

test('a room that is lost while the list is read is not in it: neither one that its user was removed from, nor one that is closed to it', async () => {
  const speaking = await withList(scope, [listed('tea', 9), listed('rum', 7), listed('ale', 5)]);
  const { service } = speaking;
  service.cut();
  const reading = await service.next('roomList');
  await told(speaking, ['roomKicked', { roomName: 'tea', by: 'bob' }], ['roomAccessRemoved', 'rum']);
  reading.answer(pageOf([listed('tea', 9), listed('rum', 7), listed('ale', 6)]));
  await eventually(() => expect(speaking.client.conversations.list.at(-1)?.lastActivity).toBe(1006));
  expect(namesOf(speaking)).toEqual(['ale']);
});

test('a reading of a room that was taken away meanwhile says nothing of it', async () => {
  const { service, client, room } = await inRoom(scope);
  expect(room.attributes).toEqual({});
  const reading = await service.next('roomInfo');
  await settle({ client, service }, [['roomAccessRemoved', 'lobby']]);
  reading.answer(described({ role: 'admin' }));
  await settle({ client, service });
  expect([room.role, room.meta, room.members.count]).toEqual([undefined, {}, undefined]);
});

test('a room that comes to the front while the pages of the list are read again stays in it', async () => {
  const { service, client } = await withList(scope, [
    listed('tea', 9),
    listed('rum', 7),
    listed('ale', 5),
    listed('gin', 3),
  ]);
  service.cut();
  (await service.next('roomList')).answer(pageOf([listed('tea', 9), listed('rum', 7)], 'c1'));
  // Now something is said in `ale`, and `gin` is nobody's any more.
  (await service.next('roomList')).answer(pageOf([]));
  (await service.next('roomList')).answer(pageOf([listed('ale', 11), listed('tea', 9)], 'c2'));
  await eventually(() => expect(namesOf({ client })).toEqual(['ale', 'tea', 'rum']));
  expect(service.waiting).toEqual([]);
});

test('a room behind what was loaded comes to the top at its next message, whatever was told of it before', async () => {
  const speaking = await withList(scope, [listed('tea', 9)], 'c1');
  const { service } = speaking;
  const count = { roomName: 'rum', unread: 2, mentioned: false, last: message(3) };
  // What one had not read when one came: an old message, so that the beginning of the list has nothing of it.
  await told(speaking, ['unreadCounts', [count]]);
  (await service.next('roomList')).answer(pageOf([listed('tea', 9)], 'c1'));
  await settle(speaking);
  await told(speaking, ['unreadCounts', [{ ...count, unread: 3, last: message(12) }]]);
  (await service.next('roomList')).answer(pageOf([listed('rum', 12), listed('tea', 9)], 'c1'));
  await eventually(() => expect(namesOf(speaking)).toEqual(['rum', 'tea']));
});

test('what somebody else has put in place of what was saved is told, although the answer comes last', async () => {
  const { service, client, room } = await inRoom(scope);
  const fetching = room.fetch();
  (await service.next('roomInfo')).answer(described());
  await fetching;
  const saving = room.set('title', 'Mine').save();
  const save = await service.next('roomAttributesSet');
  await settle({ client, service }, [
    ['roomAttributesChanged', 'lobby', { title: 'Mine' }, 2, 'alice'],
    ['roomAttributesChanged', 'lobby', { title: 'Theirs' }, 3, 'bob'],
  ]);
  const shown: unknown[] = [];
  room.on('update', () => shown.push(room.get('title')));
  save.answer({ version: 2 });
  expect(await saving).toBe(2);
  expect([room.get('title'), shown]).toEqual(['Theirs', ['Theirs']]);
});
