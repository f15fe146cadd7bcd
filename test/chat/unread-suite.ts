// What a user has not read: asked for, told at a login and on change, of other users and of rooms, on several devices and nodes.
import { describe, expect, test } from '@jest/globals';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import type { Call, Rpc, User } from '../support/rpc.ts';
import { startDevice } from './device.ts';
import { goAway, send } from './conversation-suite.ts';
import { fenceUser, field, limits, type World } from './world.ts';

export function unreadSuite(world: World): void {
  describe('what is unread of a user', () => {
    ofUsers(world);
    trimmed(world);
    readElsewhere(world);
    awayAndBack(world);
  });
  describe('what is unread of a room', () => {
    ofRooms(world);
    filed(world);
    readOnAnother(world);
    lost(world);
  });
  describe('a mention', () => {
    mentions(world);
    mentionsByUpdates(world);
    mentionsOfAll(world);
  });
}

const UNREAD = { offlineMessages: 'unread' };

/** By name, how much is unread, and whether the user is mentioned there. */
export const summary = (counts: Value | undefined): Record<string, unknown> =>
  Object.fromEntries(
    (Array.isArray(counts) ? counts : []).map((count) => [
      Object(count).userName ?? Object(count).roomName,
      field(count, 'mentioned') === true ? [field(count, 'unread'), 'mentioned'] : field(count, 'unread'),
    ]),
  );

export const unreadOf = async (user: Rpc): Promise<Record<string, unknown>> => summary(await user.call('unreadGet'));

/** What it was told last of each. */
const told = (user: Rpc): Record<string, unknown> =>
  Object.assign({}, ...user.heard('unreadCounts').map(([counts]) => summary(counts)));

/** All that it was told, in order. */
const allTold = (user: Rpc): unknown[] => user.heard('unreadCounts').map(([counts]) => summary(counts));

const say = (
  user: Rpc,
  roomName: string,
  options: ValueMap = {},
  message: ValueMap = { text: 'hello' },
): Promise<Value> => user.call('roomMessage', roomName, message, options);

const close = async ({ raw }: User): Promise<void> => {
  raw.close(1000);
  await raw.closed;
};

function ofUsers(world: World): void {
  test('is what that one wrote, until it is read; writing back reads nothing', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    expect(await bob.call('unreadGet')).toEqual([]);
    await send(alice, bob.userName, 'one');
    await send(bob, alice.userName, 'back');
    const last = await send(alice, bob.userName, 'two');
    expect(await bob.call('unreadGet')).toEqual([
      { userName: alice.userName, unread: 2, mentioned: false, last: { ...Object(last) } },
    ]);
    expect(await unreadOf(alice)).toEqual({ [bob.userName]: 1 });
    await bob.call('directMessageRead', alice.userName, 1);
    expect(await unreadOf(bob)).toEqual({ [alice.userName]: 1 });
    await bob.call('directMessageRead', alice.userName, 3);
    expect(await unreadOf(bob)).toEqual({});
    // Having it is not reading it.
    await send(alice, bob.userName, 'three');
    await bob.call('directHistoryGet', alice.userName);
    expect(await unreadOf(bob)).toEqual({ [alice.userName]: 1 });
    expect([...alice.heard('unreadCounts'), ...bob.heard('unreadCounts')]).toEqual([]);
  });
}

function trimmed(world: World): void {
  test('is of a user what is kept, of a room also what is not', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const room = await world.room(alice, alice, bob);
    for (let i = 0; i < limits.directHistoryMaxSize + 2; i++) await send(alice, bob.userName, `${i}`);
    for (let i = 0; i < limits.historyMaxSize + 2; i++) await say(alice, room);
    expect(await unreadOf(bob)).toEqual({
      [alice.userName]: limits.directHistoryMaxSize,
      [room]: limits.historyMaxSize + 2,
    });
    await bob.call('directMessageRead', alice.userName, 1);
    await bob.call('roomMessageRead', room, 1);
    expect(await unreadOf(bob)).toEqual({
      [alice.userName]: limits.directHistoryMaxSize,
      [room]: limits.historyMaxSize + 1,
    });
  });
}

function readElsewhere(world: World): void {
  test('is told as it grows, and as zero to the other devices of who has read it', async () => {
    const alice = await world.login(0, undefined, undefined, UNREAD);
    const bob = await world.login(1, undefined, undefined, UNREAD);
    const near = await world.login(1, bob.userName, undefined, UNREAD);
    const far = await world.login(0, bob.userName, undefined, UNREAD);
    const other = await world.login(0, bob.userName);
    const texts = Array.from({ length: 10 }, (_, i) => `${i}`);
    await Promise.all(alice.callAll(...texts.map((text): Call => ['directMessage', bob.userName, { text }])));
    for (const device of [bob, near, far])
      await eventually(() => expect(told(device)).toEqual({ [alice.userName]: 10 }));
    // Merged to about one a second.
    expect(far.heard('unreadCounts').length).toBeLessThan(8);
    await bob.call('directMessageRead', alice.userName, 10);
    for (const device of [near, far]) await eventually(() => expect(told(device)).toEqual({ [alice.userName]: 0 }));
    await send(bob, alice.userName, 'back');
    await eventually(() => expect(told(alice)).toEqual({ [bob.userName]: 1 }));
    // That its messages were read changes nothing for who wrote them; nor is told what a socket has read itself.
    expect(allTold(alice)).toEqual([{ [bob.userName]: 1 }]);
    expect(told(bob)).toEqual({ [alice.userName]: 10 });
    expect(other.heard('unreadCounts')).toEqual([]);
  });
}

function awayAndBack(world: World): void {
  test('is told at a login that asks for it, the newest first, between the session and the response', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    await goAway(world, bob);
    for (const text of ['one', 'two']) await send(alice, bob.userName, text);
    const carol = await world.login(1);
    const newest = await send(carol, bob.userName, 'three');
    const back = await world.login(0, bob.userName, undefined, { ...UNREAD, enableSync: true });
    const names = back.received.map((entry) => ('name' in entry ? entry.name : entry.method));
    expect(names.slice(0, 4)).toEqual(['loginConfirmed', '$.group.restored', 'unreadCounts', 'login']);
    const [[counts] = []] = back.heard('unreadCounts');
    expect(counts).toMatchObject([
      { userName: carol.userName, unread: 1, mentioned: false, last: Object(newest) },
      { userName: alice.userName, unread: 2, mentioned: false, last: { text: 'two' } },
    ]);
    expect(counts).toEqual(await back.call('unreadGet'));
    for (const [name, upTo] of [
      [alice.userName, 2],
      [carol.userName, 1],
    ] as const)
      await back.call('directMessageRead', name, upTo);
    for (const mode of ['none', 'push', 'unread']) {
      const again = await world.login(1, bob.userName, undefined, { offlineMessages: mode });
      await again.call('ping');
      expect(again.heard('unreadCounts')).toEqual([]);
    }
  });
}

function ofRooms(world: World): void {
  test('begins at the newest message, grows with others, and is nothing for who posts', async () => {
    const [alice, bob, carol] = [await world.login(0), await world.login(1), await world.login(0)];
    const room = await world.room(alice, alice);
    await say(alice, room);
    for (const one of [bob, carol]) await one.call('roomJoin', room);
    expect([await unreadOf(bob), await unreadOf(carol)]).toEqual([{}, {}]);
    await say(alice, room);
    const id = await say(alice, room);
    expect(await bob.call('unreadGet')).toEqual([
      { roomName: room, unread: 2, mentioned: false, last: expect.objectContaining({ text: 'hello', id }) },
    ]);
    await say(carol, room);
    expect([await unreadOf(alice), await unreadOf(bob), await unreadOf(carol)]).toEqual([
      { [room]: 1 },
      { [room]: 3 },
      {},
    ]);
    // A second socket begins nothing anew; a socket of another node counts for its user.
    const bobToo = await world.login(0, bob.userName);
    await bobToo.call('roomJoin', room);
    expect(await unreadOf(bobToo)).toEqual({ [room]: 3 });
    await bobToo.call('roomLeave', room);
    expect(await unreadOf(bobToo)).toEqual({ [room]: 3 });
    // With the last one it ends.
    await bob.call('roomLeave', room);
    await bob.call('roomJoin', room);
    expect(await unreadOf(bob)).toEqual({});
  });
}

function filed(world: World): void {
  test('goes on while the room is filed, whoever is away, and ends when it is filed no more', async () => {
    const alice = await world.login(0);
    const room = await world.room(alice, alice);
    const bob = await startDevice(world, 1);
    await bob.call('roomJoin', room);
    await say(alice, room);
    await goAway(world, bob);
    await say(alice, room);
    const back = await world.login(0, bob.userName, undefined, { ...UNREAD, enableSync: true });
    expect(allTold(back)).toEqual([{ [room]: 2 }]);
    // It reads a room that it has not joined.
    expect(await back.call('roomMessageRead', room, 1)).toBeNull();
    expect(await unreadOf(back)).toEqual({ [room]: 1 });
    await back.call('roomLeave', room);
    expect(await unreadOf(back)).toEqual({});
    expect(await back.refusal('roomMessageRead', room, 3)).toMatchObject({ code: 'notJoined', args: [room] });
    await back.call('roomJoin', room);
    expect(await unreadOf(back)).toEqual({});
  });
}

function readOnAnother(world: World): void {
  test('is told as zero to the other devices of who has read it, once and on all nodes', async () => {
    const alice = await world.login(0);
    const room = await world.room(alice, alice);
    const bob = await world.login(1, undefined, undefined, UNREAD);
    const near = await world.login(1, bob.userName, undefined, UNREAD);
    const far = await world.login(0, bob.userName);
    await bob.call('roomJoin', room);
    for (let i = 0; i < 3; i++) await say(alice, room);
    expect(await bob.call('roomMessageRead', room, 2)).toBeNull();
    for (const device of [near, far]) expect(await device.next('roomReadEcho')).toEqual([room, 2]);
    await eventually(() => expect(told(near)).toEqual({ [room]: 1 }));
    // Clamped to the newest; what is not news is told nobody.
    for (const upTo of [99, 99, 3, 1, 0]) expect(await bob.call('roomMessageRead', room, upTo)).toBeNull();
    for (const device of [near, far]) expect(await device.next('roomReadEcho')).toEqual([room, 3]);
    await eventually(() => expect(told(near)).toEqual({ [room]: 0 }));
    await fenceUser(bob, near, far);
    expect([near, far].map((device) => device.heard('roomReadEcho').length)).toEqual([2, 2]);
    for (const name of ['roomReadEcho', 'unreadCounts']) expect(bob.heard(name)).toEqual([]);
    expect(alice.heard('roomReadEcho')).toEqual([]);
    expect(await bob.refusal('roomMessageRead', world.fresh('nowhere'), 1)).toMatchObject({ code: 'noRoom' });
    expect(await bob.refusal('roomMessageRead', 'a:b', 1)).toMatchObject({ code: 'noRoom' });
    const carol = await world.login(0);
    expect(await carol.refusal('roomMessageRead', room, 1)).toMatchObject({ code: 'notJoined' });
    // The owner reads without having joined, and has nothing to mark.
    await alice.call('roomLeave', room);
    expect(await alice.call('roomMessageRead', room, 3)).toBeNull();
  });
}

function lost(world: World): void {
  test('ends with an eviction and with the room, and a room of that name begins anew', async () => {
    const alice = await world.login(0);
    const room = await world.room(alice, alice);
    const bob = await startDevice(world, 1);
    await bob.call('roomJoin', room);
    await say(alice, room);
    expect(await unreadOf(bob)).toEqual({ [room]: 1 });
    await alice.call('roomAddToList', room, 'blacklist', [bob.userName]);
    expect(await unreadOf(bob)).toEqual({});
    expect(await bob.refusal('roomMessageRead', room, 1)).toMatchObject({ code: 'notJoined' });
    await alice.call('roomRemoveFromList', room, 'blacklist', [bob.userName]);
    await bob.call('roomJoin', room);
    expect(await unreadOf(bob)).toEqual({});
    await say(alice, room);
    await alice.call('roomDelete', room);
    expect(await unreadOf(bob)).toEqual({});
    await alice.call('roomCreate', room);
    await alice.call('roomJoin', room);
    await say(alice, room);
    expect(await unreadOf(bob)).toEqual({});
    await bob.call('roomJoin', room);
    await say(alice, room);
    expect(await unreadOf(bob)).toEqual({ [room]: 1 });
  });
}

function mentions(world: World): void {
  test('is a field of the message, and told to who is mentioned, joined or only filed', async () => {
    const alice = await world.login(0);
    const room = await world.room(alice, alice);
    const bob = await startDevice(world, 1);
    await bob.call('roomJoin', room);
    await goAway(world, bob);
    const back = await world.login(0, bob.userName, undefined, UNREAD);
    const carol = await world.login(1, undefined, undefined, UNREAD);
    await carol.call('roomJoin', room);
    const own = { text: 'hello', mentions: ['eve'], mentionAll: true };
    await say(alice, room, {}, own);
    expect(await carol.next('roomMessage')).toEqual([
      room,
      { text: 'hello', author: alice.userName, timestamp: expect.any(Number), id: 1 },
    ]);
    const names = [bob.userName, carol.userName, bob.userName, 'a:b', 'nobody'];
    await say(alice, room, { mentions: names }, own);
    expect(await carol.next('roomMessage')).toEqual([
      room,
      {
        text: 'hello',
        author: alice.userName,
        timestamp: expect.any(Number),
        id: 2,
        mentions: [bob.userName, carol.userName, 'nobody'],
      },
    ]);
    for (const one of [back, carol]) await eventually(() => expect(told(one)).toEqual({ [room]: [2, 'mentioned'] }));
    expect(alice.heard('unreadCounts')).toEqual([]);
    await back.call('roomMessageRead', room, 2);
    await say(alice, room);
    expect([await unreadOf(back), await unreadOf(carol)]).toEqual([{ [room]: 1 }, { [room]: [3, 'mentioned'] }]);
    // In a conversation as well.
    await send(alice, back.userName, 'you', { mentions: [back.userName] });
    expect(await back.next('directMessage')).toMatchObject([{ text: 'you', mentions: [back.userName] }]);
    expect(await unreadOf(back)).toEqual({ [room]: 1, [alice.userName]: [1, 'mentioned'] });
    const tooMany = Array.from({ length: 51 }, (_, i) => `user-${i}`);
    expect(await alice.refusal('roomMessage', room, {}, { mentions: tooMany })).toMatchObject({ code: 'badArgument' });
    for (const one of [back, carol]) await close(one);
  });
}

function mentionsByUpdates(world: World): void {
  test('by an update is told to who has not read the message, once', async () => {
    const [alice, reader] = [await world.login(0), await world.login(1, undefined, undefined, UNREAD)];
    const bob = await world.login(1, undefined, undefined, UNREAD);
    const room = await world.room(alice, alice, bob, reader);
    await alice.call('roomMembersAdd', room, [bob.userName]);
    for (let i = 0; i < 2; i++) await say(alice, room);
    await reader.call('roomMessageRead', room, 1);
    const mentions = { mentions: [bob.userName, reader.userName] };
    const edit = (): Promise<Value> => alice.call('roomMessageUpdate', room, 1, { text: 'you' }, mentions);
    await edit();
    await eventually(() => expect(allTold(bob)).toEqual([{ [room]: [2, 'mentioned'] }]));
    expect(await bob.call('roomList')).toMatchObject({ rooms: [{ roomName: room, unread: 2, mentioned: true }] });
    expect([await unreadOf(reader), await unreadOf(alice)]).toEqual([{ [room]: 1 }, {}]);
    await edit();
    await alice.call('roomMessageUpdate', room, 1, { text: 'nobody' });
    await alice.call('roomMessageUpdate', room, 2, { text: 'you' }, { mentions: [reader.userName] });
    await eventually(() => expect(allTold(reader)).toEqual([{ [room]: [1, 'mentioned'] }]));
    await say(alice, room, { mentions: [reader.userName] });
    // A second later, by when bob would have been told again.
    await eventually(() => expect(allTold(reader)).toHaveLength(2));
    expect(allTold(bob)).toHaveLength(1);
    await bob.call('roomMessageRead', room, 3);
    expect(await unreadOf(bob)).toEqual({});
  });

  test('by an update of a direct message is told to the other side', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1, undefined, undefined, UNREAD)];
    await send(alice, bob.userName, 'hello');
    await eventually(() => expect(told(bob)).toEqual({ [alice.userName]: 1 }));
    await alice.call('directMessageUpdate', bob.userName, 1, { text: 'you' }, { mentions: [bob.userName] });
    await eventually(() => expect(told(bob)).toEqual({ [alice.userName]: [1, 'mentioned'] }));
  });
}

function mentionsOfAll(world: World): void {
  test('of all is for the owner and admins, and found by everybody', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const room = await world.room(alice, alice, bob);
    expect(await bob.refusal('roomMessage', room, {}, { mentionAll: true })).toMatchObject({ code: 'notAllowed' });
    await say(alice, room, { mentionAll: true });
    expect(await bob.next('roomMessage')).toMatchObject([room, { text: 'hello', mentionAll: true }]);
    expect(await unreadOf(bob)).toEqual({ [room]: [1, 'mentioned'] });
    await alice.call('roomAddToList', room, 'adminlist', [bob.userName]);
    await say(bob, room, { mentionAll: true });
    expect([await unreadOf(alice), await unreadOf(bob)]).toEqual([{ [room]: [1, 'mentioned'] }, {}]);
    const direct = bob.refusal('directMessage', alice.userName, {}, { mentionAll: true });
    expect(await direct).toMatchObject({ code: 'notAllowed' });
  });
}
