// The session of a user: the rooms that its devices share, added by joining and taken out by leaving, on all nodes.
import { describe, expect, test } from '@jest/globals';
import type { Entry, Rpc } from '../support/rpc.ts';
import { chat, EMPTY, groupsOf, sessionTold, startDevice, textOf, threeOf } from './device.ts';
import { restoreSuite } from './session-restore-suite.ts';
import { about, fenceRoom, fenceUser, limits, until, type World } from './world.ts';

export function sessionSuite(world: World): void {
  describe('adding a room to the session', () => {
    adding(world);
    addingRules(world);
    groups(world);
  });
  describe('leaving a room of the session', () => {
    leaving(world);
    leavingRules(world);
  });
  restoreSuite(world);
}

/** The sockets that it was told to be out of a room. */
const leftEchoes = (told: Rpc): string[] =>
  told
    .heard('roomLeftEcho')
    .map(([, id]) => textOf(id))
    .toSorted();

function adding(world: World): void {
  test('by the first join tells the other devices, on any node, and nobody else', async () => {
    const [one, near, far] = await threeOf(world);
    const [plain, stranger] = [await world.login(1, one.userName), await startDevice(world, 1)];
    const room = await world.room(stranger);
    expect(await one.call('roomJoin', room)).toBe(1);
    for (const told of [near, far]) expect(await told.next('$.chat.join')).toEqual([{ chat: chat(room) }]);
    await fenceUser(near, one, plain);
    for (const other of [one, stranger]) expect(sessionTold(other)).toEqual(EMPTY);
    expect(sessionTold(plain)).toEqual([]);
    expect(await far.call('sessionGet')).toEqual({ custom: { [room]: chat(room) } });
    expect(await plain.call('sessionGet')).toEqual({ custom: { [room]: chat(room) } });
    expect(await stranger.call('sessionGet')).toEqual({ custom: {} });
  });

  test('happens once: a second device that joins announces nothing, and hears messages only then', async () => {
    const [one, near, far] = await threeOf(world);
    const room = await world.room(one, one);
    await one.call('roomMessage', room, { text: 'before' });
    expect(await far.call('roomJoin', room)).toBe(2);
    expect(await one.call('roomJoin', room)).toBe(2);
    await one.call('roomMessage', room, { text: 'after' });
    await fenceRoom(one, room, one, far);
    await fenceUser(far, one, near);
    for (const told of [near, far]) expect(sessionTold(told)).toEqual([...EMPTY, `$.chat.join ${room} custom`]);
    expect(sessionTold(one)).toEqual(EMPTY);
    expect(about(far, room).map(([name]) => name)).toEqual(['roomJoinedEcho', 'roomMessage']);
    expect(about(near, room).map(([name]) => name)).toEqual(['roomJoinedEcho', 'roomJoinedEcho']);
  });

  test('by two devices at once is announced once', async () => {
    const [one, near, far] = await threeOf(world);
    for (let round = 0; round < 5; round++) {
      const room = await world.room(one);
      await Promise.all([one.call('roomJoin', room), far.call('roomJoin', room)]);
      await fenceUser(near, one, far);
      const notice = `$.chat.join ${room} custom`;
      await until(near, '$.chat.join', ([told]) => JSON.stringify(told).includes(`"${room}"`));
      expect(sessionTold(near).filter((told) => told === notice)).toHaveLength(1);
      expect([one, far].flatMap(sessionTold).filter((told) => told === notice)).toHaveLength(1);
      await one.call('roomLeave', room);
    }
  });
}

function addingRules(world: World): void {
  test('by a socket without `enableSync` does not happen', async () => {
    const one = await startDevice(world, 0);
    const plain = await world.login(1, one.userName);
    const room = await world.room(plain, plain);
    expect(await plain.call('roomJoin', room, { group: 'system' })).toBe(1);
    await fenceUser(plain, one);
    expect(sessionTold(one)).toEqual(EMPTY);
    expect(await one.call('sessionGet')).toEqual({ custom: {} });
  });

  test('is bounded: one room too many is refused, joined by nobody and told to nobody', async () => {
    const [one, near, far] = await threeOf(world);
    const rooms: string[] = [];
    while (rooms.length < limits.sessionRooms) {
      const by = rooms.length % 2 === 0 ? one : far;
      rooms.push(await world.room(one, by));
    }
    const [room] = [await world.room(one)];
    expect(await far.refusal('roomJoin', room)).toMatchObject({ code: 'tooManyRooms' });
    const [entry] = Object.values(Object(await far.call('roomsJoin', [{ roomName: room }])));
    expect(entry).toMatchObject({ roomName: room, error: { code: 'tooManyRooms' } });
    expect(await one.call('roomGetAccessList', room, 'userlist')).toEqual([]);
    await fenceUser(far, one, near);
    expect(about(near, room)).toEqual([]);
    expect(Object.keys(groupsOf(await one.call('sessionGet'))).toSorted()).toEqual(rooms.toSorted());
    const [first = ''] = rooms;
    await one.call('roomLeave', first);
    expect(await far.call('roomJoin', room)).toBe(1);
  });
}

function groups(world: World): void {
  test('under a group of its own; a join that names another moves it, one that names none does not', async () => {
    const [one, near, far] = await threeOf(world);
    const room = await world.room(one);
    await one.call('roomJoin', room, { group: 'work' });
    await far.call('roomJoin', room);
    await near.call('roomJoin', room, { group: 'work' });
    expect(await near.call('sessionGet')).toEqual({ custom: {}, work: { [room]: chat(room, 'work') } });
    await far.call('roomJoin', room, { group: 'play' });
    expect(await one.call('sessionGet')).toEqual({ custom: {}, play: { [room]: chat(room, 'play') } });
    await far.call('roomsJoin', [{ roomName: room, group: 'custom' }]);
    await fenceUser(far, one, near);
    await fenceUser(one, far);
    const moved = ['leave', 'join'].map((what, i) => `$.chat.${what} ${room} ${['work', 'play'][i]}`);
    const movedBack = [`$.chat.leave ${room} play`, `$.chat.join ${room} custom`];
    expect(sessionTold(one)).toEqual([...EMPTY, ...moved, ...movedBack]);
    expect(sessionTold(near)).toEqual([...EMPTY, `$.chat.join ${room} work`, ...moved, ...movedBack]);
    expect(sessionTold(far)).toEqual([...EMPTY, `$.chat.join ${room} work`]);
  });

  test('is refused for `system` and for names that are none, after rights, and only to who takes part', async () => {
    const [owner, one] = [await world.login(0), await startDevice(world, 0)];
    const [open, closed] = [await world.room(owner), world.fresh('closed')];
    await owner.call('roomCreate', closed, true);
    const long = 'x'.repeat(129);
    expect(await one.refusal('roomJoin', open, { group: 'system' })).toMatchObject({ code: 'notAllowed' });
    for (const group of ['', 'a:b', '__proto__', long]) {
      expect(await one.refusal('roomJoin', open, { group })).toMatchObject({ code: 'invalidName', args: [group] });
    }
    expect(await one.refusal('roomJoin', 'nowhere', { group: '' })).toMatchObject({ code: 'noRoom' });
    expect(await one.refusal('roomJoin', closed, { group: '' })).toMatchObject({ code: 'notAllowed' });
    expect(await one.call('roomsJoin', [{ roomName: open, group: 'a:b' }])).toMatchObject([
      { roomName: open, error: { code: 'invalidName', args: ['a:b'] } },
    ]);
    expect(await one.call('listOwnSockets')).toEqual({ [one.authData.id]: [] });
    expect(await one.call('sessionGet')).toEqual({ custom: {} });
    expect(await owner.call('roomJoin', open, { group: 'a:b' })).toBe(1);
    expect(await one.call('roomJoin', open, { group: 'e\u0301' })).toBe(2 - 1);
    expect(await one.call('sessionGet')).toMatchObject({ '\u00e9': { [open]: chat(open, '\u00e9') } });
  });

  test('tells whether the room is whitelist-only', async () => {
    const one = await startDevice(world, 0);
    const far = await startDevice(world, 1, one.userName);
    const room = world.fresh('private');
    await one.call('roomCreate', room, true);
    await one.call('roomJoin', room);
    expect(await far.next('$.chat.join')).toEqual([{ chat: chat(room, 'custom', true) }]);
    await one.call('roomSetWhitelistMode', room, false);
    expect(await far.call('sessionGet')).toEqual({ custom: { [room]: chat(room, 'custom', false) } });
    const later = await startDevice(world, 0, one.userName);
    expect(await later.next('$.chat.join')).toEqual([{ chat: chat(room, 'custom', false) }]);
  });
}

function leaving(world: World): void {
  test('takes out all sockets that take part, tells each by an echo, and counts those that are left', async () => {
    const [one, near, far] = await threeOf(world);
    const [plain, bob] = [await world.login(1, one.userName), await world.login(0)];
    const room = await world.room(bob, bob, plain, one, near, far);
    expect(await one.call('roomLeave', room)).toBe(1);
    await fenceUser(one, near, far, plain);
    await fenceUser(far, one);
    const leave = `$.chat.leave ${room} custom`;
    expect(sessionTold(one)).toEqual(EMPTY);
    for (const told of [near, far]) expect(sessionTold(told).at(-1)).toBe(leave);
    expect(sessionTold(plain)).toEqual([]);
    // Its own is not told to the one that asked; the others hear of themselves too.
    const ids = [one, near, far].map(({ authData }) => authData.id);
    for (const told of [near, far, plain]) {
      expect(leftEchoes(told)).toEqual(ids.toSorted());
    }
    expect(leftEchoes(one)).toEqual(ids.slice(1).toSorted());
    const isAnswer = (entry: Entry): boolean => 'method' in entry && entry.method === 'roomLeave';
    const beforeAnswer = one.received.slice(0, one.received.findIndex(isAnswer));
    expect(beforeAnswer.filter((entry) => 'name' in entry && entry.name === 'roomLeftEcho')).toHaveLength(2);
    expect(near.heard('roomLeftEcho').map(([, , count]) => count)).toEqual([3, 2, 1]);
    expect(bob.heard('roomUserLeft')).toEqual([]);
    expect(await plain.call('roomLeave', room)).toBe(0);
    expect(await bob.next('roomUserLeft')).toEqual([room, one.userName]);
    expect(await one.call('listOwnSockets')).toEqual(
      Object.fromEntries([one, near, far, plain].map(({ authData }) => [authData.id, []])),
    );
  });

  test('ends live delivery: to who asked with the response, to the others when they are told', async () => {
    const [one, near, far] = await threeOf(world);
    const bob = await world.login(1);
    const room = await world.room(bob, bob, one, near, far);
    await bob.call('roomMessage', room, { text: 'first' });
    for (const device of [one, near, far]) await device.next('roomMessage');
    await near.call('roomLeave', room);
    for (const device of [one, far]) await until(device, 'roomLeftEcho', ([, id]) => id === device.authData.id);
    await bob.call('roomMessage', room, { text: 'second' });
    await fenceRoom(bob, room, bob);
    for (const device of [one, near, far]) {
      await device.call('ping');
      expect(device.heard('roomMessage')).toHaveLength(1);
      expect(await device.refusal('roomMessage', room, {})).toMatchObject({ code: 'notJoined' });
    }
    expect(await far.call('roomJoin', room)).toBe(1);
    await bob.call('roomMessage', room, { text: 'third' });
    expect(await far.next('roomMessage')).toMatchObject([room, { text: 'third' }]);
  });
}

function leavingRules(world: World): void {
  test('needs no joined socket, says nothing of a room that is not in it, and lasts', async () => {
    const [one, near, far] = await threeOf(world);
    const [room, other] = [await world.room(one, one), await world.room(one)];
    expect(await far.call('roomLeave', room)).toBe(0);
    expect(await near.call('roomLeave', room)).toBe(0);
    expect(await near.call('roomLeave', other)).toBe(0);
    await fenceUser(near, one, far);
    expect(sessionTold(near).slice(1)).toEqual([`$.chat.join ${room} custom`, `$.chat.leave ${room} custom`]);
    expect(sessionTold(one).slice(1)).toEqual([`$.chat.leave ${room} custom`]);
    expect(one.heard('roomLeftEcho')).toEqual([[room, one.authData.id, 0]]);
    for (const method of ['roomJoin', 'roomLeave', 'roomLeave']) await one.call(method, room);
    const later = await startDevice(world, 1, one.userName);
    expect(sessionTold(later)).toEqual(EMPTY);
    expect(await later.call('sessionGet')).toEqual({ custom: {} });
    for (const name of ['nowhere', 'a:b']) {
      expect(await one.refusal('roomLeave', name)).toMatchObject({ code: 'noRoom', args: [name] });
    }
  });

  test('by a socket without `enableSync` takes out that socket only', async () => {
    const one = await startDevice(world, 0);
    const plain = await world.login(1, one.userName);
    const room = await world.room(one, one, plain);
    expect(await plain.call('roomLeave', room)).toBe(1);
    await fenceUser(plain, one);
    expect(sessionTold(one)).toEqual(EMPTY);
    expect(await one.call('sessionGet')).toEqual({ custom: { [room]: chat(room) } });
    await one.call('roomMessage', room, { text: 'still here' });
  });
}
