// The list of one's rooms, of a scripted service: page by page, newest activity first, moved by all that is told of its rooms, and read
// again after a loss.
import { expect, jest, test } from '@jest/globals';
import type { RoomEntry } from '../../src/client/conversation/room-entry.ts';
import { failureOf } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { listed, pageOf, told, withList } from './belonging.ts';
import { entry, message, settle } from './in-room.ts';
import { authData } from './fake-service.ts';
import { connectSpeaking } from './people.ts';

const scope = useScope();

const names = (list: readonly RoomEntry[]): string[] => list.map(({ room }) => room.name);

test('it is read page by page, and its rooms know what it says of them', async () => {
  const { service, client } = await connectSpeaking(scope);
  const { conversations } = client;
  const changes: string[] = [];
  conversations.on('change', (list) => changes.push(names(list).join()));
  expect([conversations.list, conversations.hasMore]).toEqual([[], false]);
  const loading = conversations.load({ limit: 2 });
  const first = await service.next('roomList');
  expect(first.params).toEqual([{ limit: 2 }]);
  first.answer(
    pageOf([listed('tea', 9, { unread: 2, mentioned: true, muted: true, role: 'owner' }), listed('rum', 7)], 'c1'),
  );
  const [tea] = await loading;
  expect(tea).toMatchObject({
    room: client.room('tea'),
    kind: 'normal',
    role: 'owner',
    attributes: { title: 'tea' },
    memberCount: 2,
    lastActivity: 1009,
    unread: 2,
    mentioned: true,
    muted: true,
  });
  expect(tea?.lastMessage?.id).toBe(9);
  expect(client.room('tea')).toMatchObject({ unread: 2, mentioned: true, muted: true, role: 'owner', kind: 'normal' });
  expect(client.room('tea').meta).toEqual({ title: 'tea' });
  expect(conversations.hasMore).toBe(true);
  const more = conversations.more();
  const second = await service.next('roomList');
  expect(second.params).toEqual([{ limit: 2, cursor: 'c1' }]);
  second.answer(pageOf([listed('ale', 5, { lastMessage: null })]));
  expect(names(await more)).toEqual(['ale']);
  expect([names(conversations.list), conversations.hasMore, await conversations.more()]).toEqual([
    ['tea', 'rum', 'ale'],
    false,
    [],
  ]);
  expect(changes).toEqual(['tea,rum', 'tea,rum,ale']);
  expect(conversations.list).toBe(conversations.list);
  expect(service.waiting).toEqual([]);
});

test('messages, counts, marks and mutes move it, and each change is told once it is in place', async () => {
  const speaking = await withList(scope, [listed('tea', 9), listed('rum', 7), listed('ale', 5)]);
  const { service, client } = speaking;
  const { conversations } = client;
  const joining = client.room('rum').join();
  (await service.next('roomsJoin')).answer([{ ...entry(7), roomName: 'rum' }]);
  await joining;
  const changes: unknown[] = [];
  conversations.on('change', (list) => changes.push(list.map(({ room, unread }) => `${room.name} ${unread}`).join()));
  const tea = conversations.list[0];
  const heard: unknown[] = [];
  client.room('rum').on('message', () => heard.push(names(conversations.list).join()));
  await told(speaking, ['roomMessage', 'rum', message(8, { timestamp: 1012 })]);
  expect([heard, changes]).toEqual([['rum,tea,ale'], ['rum 1,tea 0,ale 0']]);
  // Of one that is not joined the service counts.
  await told(speaking, [
    'unreadCounts',
    [{ roomName: 'ale', unread: 3, mentioned: true, last: message(14, { mentions: ['alice'] }) }],
  ]);
  expect(changes.splice(0).at(-1)).toEqual('ale 3,rum 1,tea 0');
  // Values of what has not changed are the same.
  expect(conversations.list[2]).toBe(tea);
  const updates = jest.fn();
  conversations.on('update', updates);
  await told(speaking, ['roomReadEcho', 'ale', 14], ['roomMuteEcho', 'rum', true]);
  expect(updates.mock.calls).toMatchObject([
    [{ room: { name: 'ale' }, unread: 0, mentioned: false }],
    [{ room: { name: 'rum' }, muted: true }],
  ]);
  await told(
    speaking,
    ['roomAttributesChanged', 'rum', { title: 'Grog' }, 2, 'bob'],
    ['roomMembersAdded', 'rum', ['carol'], 'bob'],
    ['roomRoleChanged', 'rum', 'alice', 'admin', 'bob'],
  );
  expect(conversations.list[1]).toMatchObject({ attributes: { title: 'Grog' }, memberCount: 3, role: 'admin' });
});

test('who is made a member has the room at once, and the rest of it when the list is looked at; who is removed has it no more', async () => {
  const speaking = await withList(scope, [listed('tea', 9)]);
  const { service, client } = speaking;
  const { conversations } = client;
  const events: unknown[] = [];
  conversations.on('invited', ({ room, by, attributes }) =>
    events.push(['invited', room.name, by, attributes, names(conversations.list)]),
  );
  conversations.on('kicked', ({ room, by }) => events.push(['kicked', room.name, by, names(conversations.list)]));
  client.room('den').on('invited', (news) => events.push(['room invited', news, client.room('den').role]));
  client.room('den').on('kicked', (news) => events.push(['room kicked', news, client.room('den').role]));
  const attributes = { title: 'Den' };
  await told(speaking, ['roomInvited', { roomName: 'den', by: 'bob', attributes }]);
  expect(events.splice(0)).toEqual([
    ['invited', 'den', 'bob', attributes, ['den', 'tea']],
    ['room invited', { by: 'bob', attributes }, 'member'],
  ]);
  expect(conversations.list[0]).toMatchObject({ attributes, memberCount: 1, unread: 0 });
  const rooms = [listed('den', 10, { memberCount: 5, unread: 1 }), listed('tea', 9)];
  (await service.next('roomList')).answer(pageOf(rooms));
  await eventually(() =>
    expect(conversations.list[0]).toMatchObject({ memberCount: 5, unread: 1, lastActivity: 1010 }),
  );
  await told(speaking, ['roomKicked', { roomName: 'den', by: null }]);
  expect(events).toEqual([
    ['kicked', 'den', null, ['tea']],
    ['room kicked', { by: null }, null],
  ]);
  // What it had not read there is nothing any more.
  expect([client.room('den').unread, client.room('den').lastMessage]).toEqual([0, undefined]);
  const updates = jest.fn();
  conversations.on('update', updates);
  await told(speaking, ['roomAccessRemoved', 'tea']);
  expect([conversations.list, updates.mock.calls]).toEqual([[], []]);
});

test('a temporary room is out of it when it ends, which nobody tells', async () => {
  const { serverTime } = authData() as { serverTime: number };
  const name = (endsAt: number): string => `tmp-${endsAt.toString(36).padStart(8, '0')}-0123456789abcdef`;
  // Longer than a busy machine stands still: it has to be seen in the list.
  const [brief, over] = [name(serverTime + 6_000), name(serverTime - 1)];
  const speaking = await withList(scope, [listed(brief, 9, { kind: 'temporary' }), listed('tea', 8)]);
  const { conversations } = speaking.client;
  const later = name(serverTime + 600_000);
  for (const roomName of [over, later]) {
    await told(speaking, ['roomInvited', { roomName, by: 'bob', attributes: {} }]);
  }
  expect(conversations.list.map(({ room, kind }) => [room.name, kind])).toEqual([
    [later, 'temporary'],
    [brief, 'temporary'],
    ['tea', 'normal'],
  ]);
  const [list] = await new Promise<RoomEntry[][]>((resolve) =>
    conversations.on('change', (...args) => resolve(args as never)),
  );
  expect(names(list ?? [])).toEqual([later, 'tea']);
});

test('what it is asked for by kind and attributes it keeps to', async () => {
  const speaking = await connectSpeaking(scope);
  const { service, client } = speaking;
  const { conversations } = client;
  const loading = conversations.load({ kind: 'normal', attributes: { state: 'open' } });
  (await service.next('roomList')).answer(pageOf([listed('one', 9, { attributes: { state: 'open' } })]));
  await loading;
  await told(
    speaking,
    ['roomInvited', { roomName: 'two', by: 'bob', attributes: { state: 'closed' } }],
    ['roomInvited', { roomName: 'three', by: 'bob', attributes: { state: 'open' } }],
    ['roomAttributesChanged', 'one', { state: 'closed' }, 2, 'bob'],
  );
  expect(names(conversations.list)).toEqual(['three']);
  // One that comes to match is there at once.
  await told(speaking, ['roomAttributesChanged', 'two', { state: 'open' }, 2, 'bob']);
  expect(names(conversations.list).toSorted()).toEqual(['three', 'two']);
  await told(speaking, ['roomAttributesChanged', 'stranger', { state: 'open' }, 2, 'bob']);
  expect(names(conversations.list).toSorted()).toEqual(['three', 'two']);
});

test('what it is asked for by members is looked at again where these come or go', async () => {
  const speaking = await withList(scope, [listed('tea', 9)], null, { members: ['bob', 'eve'] });
  const { service, client } = speaking;
  const { conversations } = client;
  await told(speaking, ['roomMembersAdded', 'rum', ['bob', 'dan'], 'dan'], ['roomMembersAdded', 'rum', ['eve'], 'dan']);
  const added = await service.next('roomList');
  expect(added.params).toEqual([{ members: ['bob', 'eve'], limit: 20 }]);
  added.answer(pageOf([listed('tea', 9), listed('rum', 7)]));
  await eventually(() => expect(names(conversations.list)).toEqual(['tea', 'rum']));
  await told(speaking, ['roomMembersRemoved', 'tea', ['eve'], 'dan']);
  (await service.next('roomList')).answer(pageOf([listed('rum', 7)]));
  await eventually(() => expect(names(conversations.list)).toEqual(['rum']));
});

test('a room behind what was loaded comes to the top when something is said in it', async () => {
  const speaking = await withList(scope, [listed('tea', 9)], 'c1');
  const { service, client } = speaking;
  const count = { roomName: 'rum', unread: 1, mentioned: false, last: message(12) };
  await told(speaking, ['unreadCounts', [count]], ['unreadCounts', [{ ...count, last: message(13) }]]);
  (await service.next('roomList')).answer(pageOf([listed('rum', 13, { unread: 1 })], 'c2'));
  await eventually(() => expect(names(client.conversations.list)).toEqual(['rum', 'tea']));
  // One to which one does not belong is asked for once.
  await told(speaking, ['unreadCounts', [{ ...count, roomName: 'open', last: message(14) }]]);
  (await service.next('roomList')).answer(pageOf([listed('rum', 13)], 'c2'));
  await told(speaking, ['unreadCounts', [{ ...count, roomName: 'open', last: message(15) }]]);
  expect([service.waiting, client.conversations.hasMore]).toEqual([[], true]);
});

test('after a loss it is read again as far as it was, and told once', async () => {
  const { service, client } = await withList(scope, [listed('tea', 9), listed('rum', 7), listed('ale', 5)], 'c1');
  const { conversations } = client;
  const changes: string[][] = [];
  conversations.on('change', (list) => changes.push(names(list)));
  service.cut();
  const first = await service.next('roomList');
  expect(first.params).toEqual([{ limit: 20 }]);
  first.refuse('unavailable', 1);
  (await service.next('roomList')).answer(pageOf([listed('new', 11), listed('ale', 10)], 'c2'));
  const second = await service.next('roomList');
  expect(second.params).toEqual([{ limit: 18, cursor: 'c2' }]);
  second.answer(pageOf([listed('tea', 9)]));
  // Has the one that is not there come to the front meanwhile?
  (await service.next('roomList')).answer(pageOf([listed('new', 11), listed('ale', 10)], 'c2'));
  await eventually(() => expect(names(conversations.list)).toEqual(['new', 'ale', 'tea']));
  expect([changes.at(-1), conversations.hasMore]).toEqual([['new', 'ale', 'tea'], false]);
});

test('a load that fails for the moment says so, and is made good; a later one takes its place', async () => {
  const speaking = await withList(scope, [listed('tea', 9), listed('rum', 7)], 'c1');
  const { service, client } = speaking;
  const { conversations } = client;
  const load = async (): Promise<string> => {
    const failed = failureOf(conversations.load({ kind: 'normal' }));
    (await service.next('roomList')).refuse('unavailable', 1);
    return (await failed).code;
  };
  expect(await load()).toBe('unavailable');
  (await service.next('roomList')).answer(pageOf([listed('tea', 9), listed('ale', 8)]));
  await eventually(() => expect(names(conversations.list)).toEqual(['tea', 'ale']));
  // Without a connection nothing is asked for until there is one.
  client.pause();
  expect((await failureOf(conversations.load())).code).toBe('unavailable');
  client.resume();
  await client.next('reconnect');
  (await service.next('roomList')).answer(pageOf([listed('ale', 8)]));
  await eventually(() => expect(names(conversations.list)).toEqual(['ale']));
  await load();
  const loading = conversations.load({ limit: 1 });
  (await service.next('roomList')).answer(pageOf([listed('tea', 9)]));
  expect(names(await loading)).toEqual(['tea']);
  await settle(speaking);
  expect(service.waiting).toEqual([]);
});

test('a room is made with its people, and is in the list of who made it', async () => {
  const speaking = await withList(scope, [listed('tea', 9)]);
  const { service, client } = speaking;
  const { conversations } = client;
  const creating = conversations.create({ members: ['bob'], unique: true, attributes: { title: 'Us' } });
  const create = await service.next('conversationCreate');
  expect(create.params).toEqual([{ members: ['bob'], unique: true, attributes: { title: 'Us' } }]);
  create.answer({ roomName: 'u-1', created: true, epoch: 'e1' });
  const room = await creating;
  expect([room, room.role, room.isJoined]).toEqual([client.room('u-1'), 'owner', false]);
  expect(conversations.list[0]).toMatchObject({ role: 'owner', attributes: { title: 'Us' } });
  const named = failureOf(conversations.create({ name: 'den', kind: 'temporary', ttlMs: 1000 }));
  const second = await service.next('conversationCreate');
  expect(second.params).toEqual([{ roomName: 'den', kind: 'temporary', ttlMs: 1000 }]);
  second.refuse('roomExists');
  expect((await named).code).toBe('roomExists');
  // Quitting takes it out, joining as a member puts it in.
  const quit = room.members.quit();
  (await service.next('roomMemberQuit')).answer(null);
  await quit;
  expect([names(conversations.list), room.role]).toEqual([['tea'], null]);
  const join = client.room('open').members.join();
  (await service.next('roomMemberJoin')).answer(null);
  await join;
  expect(names(conversations.list)).toEqual(['open', 'tea']);
});

test('loads that overtake each other: the last one is the list', async () => {
  const { service, client } = await connectSpeaking(scope);
  const first = client.conversations.load();
  const asked = await service.next('roomList');
  const second = client.conversations.load({ kind: 'temporary' });
  (await service.next('roomList')).answer(pageOf([listed('short', 3, { kind: 'temporary' })]));
  await second;
  asked.answer(pageOf([listed('tea', 9)]));
  expect([names(await first), names(client.conversations.list)]).toEqual([['tea'], ['short']]);
});

test('a newest message that was recalled meanwhile is told so when the list is read again', async () => {
  const { service, client } = await withList(scope, [
    listed('tea', 9, { lastMessage: message(9, { textMessage: 'secret' }) }),
  ]);
  const { conversations } = client;
  const room = client.room('tea');
  const shown: unknown[] = [];
  conversations.on('change', (list) => shown.push(list[0]?.lastMessage?.recalled));
  const updates: unknown[] = [];
  room.on('update', (what) => updates.push(what));
  const loading = conversations.load();
  const recalled = { id: 9, author: 'bob', timestamp: 1009, recalled: true, version: 2 };
  (await service.next('roomList')).answer(pageOf([listed('tea', 9, { lastMessage: recalled })]));
  await loading;
  expect(room.lastMessage).toMatchObject({ id: 9, recalled: true, content: {} });
  expect(shown.at(-1)).toBe(true);
  expect(updates).toContainEqual(expect.objectContaining({ changed: ['message'], id: 9 }));
});

test('a room that is made anew, or has lost the end of its log, shows what is said in it now', async () => {
  const speaking = await withList(scope, [listed('tea', 42, { unread: 42 })]);
  const { service, client } = speaking;
  const room = client.room('tea');
  const last = message(1, { timestamp: 5000 });
  await told(speaking, ['unreadCounts', [{ roomName: 'tea', unread: 1, mentioned: false, last }]]);
  expect([room.unread, room.lastMessage?.id, room.lastMessage?.timestamp]).toEqual([1, 1, 5000]);
  const joining = room.join();
  (await service.next('roomsJoin')).answer([{ ...entry(8), roomName: 'tea' }]);
  await joining;
  await told(speaking, ['roomMessage', 'tea', message(9, { timestamp: 6000 })]);
  await told(speaking, ['roomReset', 'tea', 'e2', 5]);
  expect(room.lastMessage).toBeUndefined();
  await told(speaking, ['roomMessage', 'tea', message(6, { timestamp: 7000 })]);
  expect(room.lastMessage?.id).toBe(6);
});
