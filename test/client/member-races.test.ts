// Members of a room who come and go while they are read, or while nobody tells of it: the map has in the end those that the service has.
import { expect, test } from '@jest/globals';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { entry, inRoom, settle } from './in-room.ts';
import { connectSpeaking } from './people.ts';

const scope = useScope();

const membersPage = (names: readonly string[], cursor: string | null = null, count = names.length): ValueMap => ({
  members: names.map((userName) => ({ userName, role: 'member', online: false })),
  cursor,
  count,
});

test('of members who were looked at in part, those who went during a loss are gone, and told, as far as they are read again', async () => {
  const { service, room } = await inRoom(scope);
  const listing = room.members.list({ limit: 3 });
  (await service.next('roomMembersGet')).answer(membersPage(['ann', 'bob', 'carol'], 'carol', 4));
  await listing;
  const removed: unknown[] = [];
  room.on('members.removed', (news) => removed.push([news, [...room.members.keys()]]));
  service.cut();
  (await service.next('roomsJoin')).answer([entry(5)]);
  (await service.next('roomMembersGet')).answer(membersPage(['ann', 'carol', 'dan']));
  await eventually(() => expect(room.members.isWhole).toBe(true));
  expect([...room.members.keys()].sort()).toEqual(['ann', 'carol', 'dan']);
  expect(removed).toEqual([[{ userNames: ['bob'], by: undefined }, ['ann', 'carol', 'dan']]]);
});

test('who loads the members again has those of now: of a room that is not joined nobody is told who goes', async () => {
  const { service, client } = await connectSpeaking(scope);
  const { members } = client.room('lobby');
  const first = members.load();
  (await service.next('roomMembersGet')).answer(membersPage(['ann', 'bob', 'carol']));
  await first;
  const second = members.load();
  (await service.next('roomMembersGet')).answer(membersPage(['ann', 'carol']));
  expect([...(await second).keys()]).toEqual(['ann', 'carol']);
  expect([members.count, members.isWhole]).toEqual([2, true]);
});

test('members are counted once, whether a page knows of those who came while it was read or not', async () => {
  const { service, client, room } = await inRoom(scope);
  const loading = room.members.load();
  const reading = await service.next('roomMembersGet');
  await settle({ client, service }, [['roomMembersAdded', 'lobby', ['carol'], 'ann']]);
  reading.answer(membersPage(['ann', 'bob']));
  await loading;
  expect([[...room.members.keys()].sort(), room.members.count]).toEqual([['ann', 'bob', 'carol'], 3]);
});

test('a member whose silence was ended while it was none is not silent when it comes back', async () => {
  const { service, client, room } = await inRoom(scope);
  const loading = room.members.load();
  (await service.next('roomMembersGet')).answer(membersPage(['ann', 'bob']));
  await loading;
  await settle({ client, service }, [
    ['roomSilenced', 'lobby', ['bob'], null, 'ann'],
    ['roomMembersRemoved', 'lobby', ['bob'], 'ann'],
    ['roomUnsilenced', 'lobby', ['bob'], 'ann'],
    ['roomMembersAdded', 'lobby', ['bob'], 'ann'],
  ]);
  expect(room.members.get('bob')).not.toHaveProperty('silencedUntil');
});
