// The members of a room, as its object has them: what was looked at, kept by notices, read again after a loss.
import { expect, test } from '@jest/globals';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import { failureOf } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { authData } from './fake-service.ts';
import { entry, inRoom, ownName, settle } from './in-room.ts';

const scope = useScope();

const member = (userName: string, fields: ValueMap = {}): ValueMap => ({
  userName,
  role: 'member',
  online: false,
  ...fields,
});
const page = (names: readonly string[], cursor: string | null = null, count = names.length): ValueMap => ({
  members: names.map((name) => member(name)),
  cursor,
  count,
});

test('they are read page by page, and kept as far as they were', async () => {
  const { service, client, room } = await inRoom(scope);
  const { members } = room;
  expect([members.size, members.count, members.isWhole]).toEqual([0, undefined, false]);
  const first = members.list({ limit: 2 });
  const asked = await service.next('roomMembersGet');
  expect(asked.params).toEqual(['lobby', { limit: 2 }]);
  asked.answer(page(['ann', 'bob'], 'b', 3));
  const { members: shown, cursor, count } = await first;
  expect([shown.map(({ userName }) => userName), cursor, count]).toEqual([['ann', 'bob'], 'b', 3]);
  expect([[...members.keys()], members.count, members.isWhole]).toEqual([['ann', 'bob'], 3, false]);
  const rest = members.list({ cursor: 'b' });
  (await service.next('roomMembersGet')).answer({
    members: [member('carol', { role: 'admin', silencedUntil: null, online: true })],
    cursor: null,
    count: 3,
  });
  expect((await rest).cursor).toBe(undefined);
  expect([members.isWhole, members.get('carol')]).toEqual([
    true,
    { userName: 'carol', role: 'admin', silencedUntil: null, online: true },
  ]);
  await settle({ client, service });
  expect(service.waiting).toEqual([]);
});

test('who comes, goes or becomes another is in the map before it is told', async () => {
  const { service, client, room } = await inRoom(scope);
  const { members } = room;
  // Of what nobody has looked at nothing is kept.
  await settle({ client, service }, [['roomMembersAdded', 'lobby', ['eve'], null]]);
  expect(members.size).toBe(0);
  const loading = members.load();
  (await service.next('roomMembersGet')).answer(page(['ann', 'bob'], 'b', 3));
  (await service.next('roomMembersGet')).answer(page(['carol'], null, 3));
  expect(await loading).toBe(members);
  const told: unknown[] = [];
  const names = (): string => [...members.keys()].join();
  room.on('members.added', (news) => told.push(['added', news, names(), members.count]));
  room.on('members.removed', (news) => told.push(['removed', news, names(), members.count]));
  room.on('role', (news) => told.push(['role', news, members.get('bob')?.role, room.role]));
  (await service.next('roomInfo')).refuse('notJoined');
  const bob = members.get('bob');
  await settle({ client, service }, [
    ['roomMembersAdded', 'lobby', ['dan', ownName], 'ann'],
    ['roomMembersRemoved', 'lobby', ['carol'], null],
    ['roomRoleChanged', 'lobby', 'bob', 'admin', 'ann'],
    ['roomRoleChanged', 'lobby', ownName, 'admin', 'ann'],
  ]);
  expect(told).toEqual([
    ['added', { userNames: ['dan', ownName], by: 'ann' }, `ann,bob,carol,dan,${ownName}`, 5],
    ['removed', { userNames: ['carol'], by: null }, `ann,bob,dan,${ownName}`, 4],
    ['role', { userName: 'bob', role: 'admin', by: 'ann' }, 'admin', undefined],
    ['role', { userName: ownName, role: 'admin', by: 'ann' }, 'admin', 'admin'],
  ]);
  // A value of its own for each state.
  expect([bob?.role, members.get('bob')?.role, members.get('dan')?.online]).toEqual(['member', 'admin', undefined]);
});

test("a member's silence ends by itself, and who comes into the room is online", async () => {
  const { service, client, room } = await inRoom(scope);
  const loading = room.members.load();
  (await service.next('roomMembersGet')).answer(page(['ann', 'bob']));
  await loading;
  const { serverTime } = authData() as { serverTime: number };
  // Longer than a busy machine stands still.
  const until = serverTime + 6_000;
  await settle({ client, service }, [
    ['roomSilenced', 'lobby', ['ann', 'mallory'], until, 'carol'],
    ['roomSilenced', 'lobby', ['bob'], null, 'carol'],
    ['roomUserJoined', 'lobby', 'bob'],
  ]);
  expect(room.members.get('ann')?.silencedUntil).toBe(until);
  expect(room.members.get('bob')).toEqual({ userName: 'bob', role: 'member', silencedUntil: null, online: true });
  await eventually(() => expect(room.members.get('ann')).toEqual({ userName: 'ann', role: 'member', online: false }));
  await settle({ client, service }, [['roomUnsilenced', 'lobby', ['bob'], 'carol']]);
  expect(room.members.get('bob')).not.toHaveProperty('silencedUntil');
});

test('after a loss they are read again as far as they were; who came and went meanwhile is told', async () => {
  const { service, client, room } = await inRoom(scope);
  const loading = room.members.load();
  (await service.next('roomMembersGet')).answer(page(['ann', 'bob', 'carol']));
  await loading;
  const told: unknown[] = [];
  room.on('members.added', (news) => told.push(['added', news]));
  room.on('members.removed', (news) => told.push(['removed', news, room.members.has('bob')]));
  service.cut();
  (await service.next('roomsJoin')).answer([entry(5)]);
  (await service.next('roomMembersGet')).answer(page(['ann', 'dan'], 'd', 4));
  const last = await service.next('roomMembersGet');
  // Told while it is read: newer than what the pages say.
  await settle({ client, service }, [
    ['roomMembersRemoved', 'lobby', ['carol'], 'ann'],
    ['roomMembersAdded', 'lobby', ['eve'], 'ann'],
  ]);
  last.answer(page(['carol', 'finn'], null, 4));
  await eventually(() => expect(told.length).toBe(4));
  expect(told).toEqual([
    ['removed', { userNames: ['carol'], by: 'ann' }, true],
    ['added', { userNames: ['eve'], by: 'ann' }],
    ['added', { userNames: ['dan', 'finn'], by: undefined }],
    ['removed', { userNames: ['bob'], by: undefined }, false],
  ]);
  expect([...room.members.keys()].sort()).toEqual(['ann', 'dan', 'eve', 'finn']);
});

test('what could not be read whole for the loss is read whole behind it', async () => {
  const { service, room } = await inRoom(scope);
  const failed = failureOf(room.members.load());
  const first = await service.next('roomMembersGet');
  first.answer(page(['ann'], 'a', 3));
  (await service.next('roomMembersGet')).refuse('internalError');
  expect((await failed).code).toBe('internalError');
  expect(room.members.isWhole).toBe(false);
  service.cut();
  (await service.next('roomsJoin')).answer([entry(5)]);
  (await service.next('roomMembersGet')).answer(page(['ann', 'bob'], 'b', 3));
  (await service.next('roomMembersGet')).answer(page(['carol'], null, 3));
  await eventually(() => expect(room.members.isWhole).toBe(true));
  expect([...room.members.keys()]).toEqual(['ann', 'bob', 'carol']);
});

test('a load that fails for the moment says so, and is made good by itself', async () => {
  const { service, client, room } = await inRoom(scope);
  const failed = failureOf(room.members.load());
  (await service.next('roomMembersGet')).answer(page(['ann'], 'a', 2));
  (await service.next('roomMembersGet')).refuse('unavailable', 1);
  expect((await failed).code).toBe('unavailable');
  (await service.next('roomMembersGet')).answer(page(['ann', 'bob']));
  await eventually(() => expect(room.members.isWhole).toBe(true));
  // What its user may not see is not asked for again.
  const refused = failureOf(room.members.load());
  (await service.next('roomMembersGet')).refuse('noRoom');
  expect((await refused).code).toBe('noRoom');
  await settle({ client, service });
  expect(service.waiting).toEqual([]);
});

test('they are found by any way of writing their names', async () => {
  const { service, room } = await inRoom(scope);
  const loading = room.members.load();
  (await service.next('roomMembersGet')).answer(page(['zo\u00eb']));
  await loading;
  expect([room.members.get('zoe\u0308')?.userName, room.members.has('zoe\u0308')]).toEqual(['zo\u00eb', true]);
});

test('adding and removing is in part; each refusal is an error of its own', async () => {
  const { service, client, room } = await inRoom(scope);
  const adding = room.members.add(['bob', 'nobody']);
  const add = await service.next('roomMembersAdd');
  expect(add.params).toEqual(['lobby', ['bob', 'nobody']]);
  const error = { code: 'noUser', args: ['nobody'], message: 'There is no user nobody.', temporary: false };
  add.answer({ done: ['bob'], failed: [{ userName: 'nobody', error }] });
  const { done, failed } = await adding;
  expect([done, failed.map(({ userName }) => userName), failed[0]?.error]).toMatchObject([
    ['bob'],
    ['nobody'],
    { name: 'RequestError', code: 'noUser', message: 'There is no user nobody.' },
  ]);
  const removing = room.members.remove('bob');
  const remove = await service.next('roomMembersRemove');
  expect(remove.params).toEqual(['lobby', ['bob']]);
  remove.refuse('notAllowed');
  expect((await failureOf(removing)).code).toBe('notAllowed');
  // As somebody who writes JavaScript may do.
  expect((await failureOf(room.members.add(7 as never))).code).toBe('badArgument');
  await settle({ client, service });
});
