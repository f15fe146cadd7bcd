// What the operator's settings change for rooms: who may manage them, and what new ones announce.
import { expect, test } from '@jest/globals';
import { loginRpc } from '../support/rpc.ts';
import { about, fenceRoom, idsHeard, useWorld } from './world.ts';

const world = useWorld({ format: 'msgpack' });

test('where clients may not manage rooms, creating and deleting are refused before anything else', async () => {
  const managed = await world.addNode({ PARLEY_ROOMS_MANAGEMENT: 'off' });
  const owner = await world.login(0);
  const name = await world.room(owner);
  const here = await loginRpc(world.scope, managed.url, owner.userName);
  for (const room of [name, world.fresh('room'), 'not:valid']) {
    expect(await here.refusal('roomCreate', room)).toMatchObject({ code: 'notAllowed', args: [] });
    expect(await here.refusal('roomDelete', room)).toMatchObject({ code: 'notAllowed', args: [] });
  }
  expect(await here.refusal('conversationCreate', {})).toMatchObject({ code: 'notAllowed', args: [] });
  // Where there is no room a join cannot make it; where there is one it is a join.
  expect(await here.refusal('roomJoin', world.fresh('room'), { create: true })).toMatchObject({ code: 'notAllowed' });
  expect(await here.call('roomJoin', name, { create: true })).toBe(1);
  // Arguments come first, and everything else is as elsewhere.
  expect(await here.refusal('roomCreate', 1)).toMatchObject({ code: 'badArgument' });
  expect(await here.call('roomJoin', name)).toBe(1);
  expect(await owner.call('roomDelete', name)).toBeNull();
});

test('a room announces occupants as the service was set when it was created, on every node', async () => {
  const env = { PARLEY_USERLIST_UPDATES: 'off', PARLEY_ACCESS_LISTS_UPDATES: 'off' };
  const quiet = await world.addNode(env);
  const [alice, bob] = [await loginRpc(world.scope, quiet.url, world.fresh('user')), await world.login(1)];
  const silent = await world.room(alice, alice, bob);
  const loud = await world.room(bob, bob, alice);
  const info = (on: boolean): object => ({ enableUserlistUpdates: on, enableAccessListsUpdates: on });
  for (const reader of [alice, bob]) {
    expect(await reader.call('roomNotificationsInfo', silent)).toEqual(info(false));
    expect(await reader.call('roomNotificationsInfo', loud)).toEqual(info(true));
  }
  for (const room of [silent, loud]) {
    await bob.call('roomLeave', room);
    await fenceRoom(alice, room, alice);
  }
  expect(about(alice, silent)).toEqual([]);
  expect(about(bob, silent)).toEqual([]);
  expect(about(alice, loud)).toEqual([
    ['roomUserJoined', loud, alice.userName],
    ['roomUserLeft', loud, bob.userName],
  ]);
  expect(await alice.call('roomGetAccessList', silent, 'userlist')).toEqual([alice.userName]);
});

test('where a page is larger than the history, what was trimmed is not given by chance', async () => {
  const short = await world.addNode({ PARLEY_HISTORY_MAX_SIZE: '3' });
  const alice = await loginRpc(world.scope, short.url, world.fresh('user'));
  const bob = await world.login(0);
  const name = await world.room(alice, alice);
  for (let i = 1; i <= 5; i++) await alice.call('roomMessage', name, { n: i });
  const { epoch } = Object(await alice.call('roomHistoryInfo', name));
  expect(await alice.call('roomRecentHistory', name)).toMatchObject([{ id: 5 }, { id: 4 }, { id: 3 }]);
  expect(await bob.call('roomsJoin', [{ roomName: name, epoch, lastMessageId: 1 }])).toMatchObject([
    { recovered: false, messages: [], lastMessageId: 5 },
  ]);
  expect(await bob.call('roomsJoin', [{ roomName: name, epoch, lastMessageId: 2 }])).toMatchObject([
    { recovered: true, messages: [{ n: 3 }, { n: 4 }, { n: 5 }] },
  ]);
});

test('a history of no messages keeps none: ids go on, and nobody is told of a gap that is none', async () => {
  const none = await world.addNode({ PARLEY_HISTORY_MAX_SIZE: '0' });
  const alice = await loginRpc(world.scope, none.url, world.fresh('user'));
  const bob = await world.login(0);
  const name = await world.room(alice, alice, bob);
  for (let i = 1; i <= 3; i++) expect(await alice.call('roomMessage', name, { n: i })).toBe(i);
  await fenceRoom(alice, name, bob);
  expect(idsHeard(bob, name)).toEqual([1, 2, 3]);
  expect(await alice.call('roomHistoryInfo', name)).toMatchObject({
    historyMaxSize: 0,
    historySize: 0,
    lastMessageId: 3,
    oldestMessageId: 4,
  });
  for (const reader of [alice, bob]) {
    expect(await reader.call('roomRecentHistory', name)).toEqual([]);
    expect(await reader.call('roomHistoryGet', name, 0, 10)).toEqual([]);
  }
  const { epoch } = Object(await alice.call('roomHistoryInfo', name));
  const carol = await world.login(1);
  const joined = (lastMessageId: number): Promise<unknown> =>
    carol.call('roomsJoin', [{ roomName: name, epoch, lastMessageId }]);
  expect(await joined(3)).toMatchObject([{ recovered: true, messages: [], lastMessageId: 3 }]);
  expect(await joined(2)).toMatchObject([{ recovered: false, messages: [], lastMessageId: 3 }]);
  expect(await carol.call('roomsJoin', [{ roomName: name }])).toMatchObject([{ recovered: true, messages: [] }]);
  expect(await alice.call('roomMessage', name, { n: 4 }, { clientMessageId: 'once' })).toBe(4);
  expect(await alice.call('roomMessage', name, { n: 4 }, { clientMessageId: 'once' })).toBe(4);
});

test('pages of no messages give none, and what was missed is not recovered', async () => {
  const none = await world.addNode({ PARLEY_HISTORY_MAX_GET_MESSAGES: '0' });
  const alice = await loginRpc(world.scope, none.url, world.fresh('user'));
  expect(alice.authData.limits.historyMaxGetMessages).toBe(0);
  const bob = await world.login(0);
  const name = await world.room(bob, bob, alice);
  for (let i = 1; i <= 3; i++) await bob.call('roomMessage', name, { n: i });
  expect(await alice.call('roomRecentHistory', name)).toEqual([]);
  expect(await alice.call('roomHistoryGet', name, 0, 10)).toEqual([]);
  expect(await alice.call('roomHistoryInfo', name)).toMatchObject({ historyMaxGetMessages: 0, historySize: 3 });
  const { epoch } = Object(await alice.call('roomHistoryInfo', name));
  const again = (lastMessageId: number): Promise<unknown> =>
    alice.call('roomsJoin', [{ roomName: name, epoch, lastMessageId }]);
  expect(await again(3)).toMatchObject([{ recovered: true, messages: [] }]);
  expect(await again(2)).toMatchObject([{ recovered: false, messages: [] }]);
  // Elsewhere pages are as they were.
  expect(await bob.call('roomRecentHistory', name)).toMatchObject([{ id: 3 }, { id: 2 }, { id: 1 }]);
});
