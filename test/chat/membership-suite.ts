// Being in a room: sockets join and leave, a user is an occupant while one of its sockets is joined, and others are told.
import { describe, expect, test } from '@jest/globals';
import type { Value } from '../../src/protocol/params/values.ts';
import type { Rpc, User } from '../support/rpc.ts';
import { eventually } from '../support/eventually.ts';
import { about, fenceRoom, fenceUser, field, idsHeard, limits, type World } from './world.ts';

export function membershipSuite(world: World): void {
  describe('joining', () => {
    joining(world);
    joiningLimits(world);
  });
  describe('leaving', () => {
    leaving(world);
  });
  describe('a socket that goes', () => {
    going(world);
  });
  describe('who is in a room', () => {
    userlists(world);
    presence(world);
  });
}

function joining(world: World): void {
  test('counts the sockets of the user, changes nothing when repeated, and is echoed to the others', async () => {
    const alice = await world.login(0);
    const [near, far] = [await world.login(0, alice.userName), await world.login(1, alice.userName)];
    const name = await world.room(alice);
    expect(await alice.call('roomJoin', name)).toBe(1);
    expect(await alice.call('roomJoin', name)).toBe(1);
    expect(await far.call('roomJoin', name)).toBe(2);
    expect(await alice.call('roomJoin', name, { group: 'work', unknown: 1 })).toBe(2);
    expect(await far.call('roomJoin', name)).toBe(2);
    await fenceUser(alice, near, far);
    await fenceUser(far, alice);
    const byAlice = ['roomJoinedEcho', name, alice.authData.id, 1];
    const byFar = ['roomJoinedEcho', name, far.authData.id, 2];
    expect(about(near, name)).toEqual([byAlice, byFar]);
    expect(about(far, name)).toEqual([byAlice]);
    expect(about(alice, name)).toEqual([['roomUserJoined', name, alice.userName], byFar]);
    expect(await alice.refusal('roomJoin', name, 'group')).toMatchObject({ code: 'badArgument', args: [1, 'group'] });
  });

  test('is announced to the room, the joiner included, for the first socket of a user', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const name = await world.room(alice, alice, bob);
    expect(about(bob, name)).toEqual([['roomUserJoined', name, bob.userName]]);
    const more = await world.login(0, bob.userName);
    expect(await more.call('roomJoin', name)).toBe(2);
    await fenceRoom(alice, name, alice, bob, more);
    expect(about(alice, name)).toEqual([
      ['roomUserJoined', name, alice.userName],
      ['roomUserJoined', name, bob.userName],
    ]);
    expect(bob.heard('roomUserJoined')).toHaveLength(1);
    expect(about(more, name)).toEqual([]);
  });

  test('has the notice before the response, unless the bus is late', async () => {
    const alice = await world.login(0);
    await eventually(async () => {
      const name = await world.room(alice, alice);
      expect(alice.received.slice(-2)).toEqual([
        { name: 'roomUserJoined', params: [name, alice.userName] },
        { method: 'roomJoin', outcome: { result: 1 } },
      ]);
      await alice.call('roomLeave', name);
    });
  });
}

function joiningLimits(world: World): void {
  test('ends at the limit of rooms, which comes after existence and rights', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    const joined = [];
    for (let i = 0; i < limits.roomsPerSocket; i++) joined.push(await world.room(alice, alice));
    const [further, closed] = [await world.room(bob), world.fresh('room')];
    await bob.call('roomCreate', closed, true);
    expect(await alice.refusal('roomJoin', further)).toMatchObject({ code: 'tooManyRooms', args: [] });
    expect(await alice.refusal('roomJoin', 'nowhere')).toMatchObject({ code: 'noRoom' });
    expect(await alice.refusal('roomJoin', closed)).toMatchObject({ code: 'notAllowed' });
    expect(await alice.call('roomJoin', String(joined[0]))).toBe(1);
    expect(await bob.call('roomGetAccessList', further, 'userlist')).toEqual([]);
    // The limit is the socket's, not the user's.
    const other = await world.login(0, alice.userName);
    expect(await other.call('roomJoin', further)).toBe(1);
    await alice.call('roomLeave', String(joined[0]));
    expect(await alice.call('roomJoin', further)).toBe(2);
  });
}

function leaving(world: World): void {
  test('counts what is left, is no error for who is not in, and is echoed to the others', async () => {
    const alice = await world.login(0);
    const [near, far] = [await world.login(0, alice.userName), await world.login(1, alice.userName)];
    const name = await world.room(alice, alice, far);
    expect(await near.call('roomLeave', name)).toBe(2);
    expect(await alice.call('roomLeave', name)).toBe(1);
    expect(await alice.call('roomLeave', name)).toBe(1);
    expect(await far.call('roomLeave', name, { unknown: 1 })).toBe(0);
    expect(await near.call('roomLeave', name)).toBe(0);
    await fenceUser(alice, near, far);
    await fenceUser(far, alice);
    const byAlice = ['roomLeftEcho', name, alice.authData.id, 1];
    const byFar = ['roomLeftEcho', name, far.authData.id, 0];
    expect(about(near, name).slice(2)).toEqual([byAlice, byFar]);
    expect(far.heard('roomLeftEcho')).toEqual([byAlice.slice(1)]);
    expect(alice.heard('roomLeftEcho')).toEqual([byFar.slice(1)]);
    const stranger = await world.login(1);
    expect(await stranger.call('roomLeave', name)).toBe(0);
    expect(await stranger.refusal('roomLeave', 'nowhere')).toMatchObject({ code: 'noRoom', args: ['nowhere'] });
  });

  test('is announced to those who stay, when the last socket of the user leaves', async () => {
    const [alice, bob, bobToo] = await trio(world);
    const name = await world.room(alice, alice, bob, bobToo);
    await bob.call('roomLeave', name);
    await fenceRoom(alice, name, alice, bobToo);
    expect(alice.heard('roomUserLeft')).toEqual([]);
    expect(await alice.call('roomGetAccessList', name, 'userlist')).toHaveLength(2);
    await bobToo.call('roomLeave', name);
    await fenceRoom(alice, name, alice);
    expect(alice.heard('roomUserLeft')).toEqual([[name, bob.userName]]);
    expect(await alice.call('roomGetAccessList', name, 'userlist')).toEqual([alice.userName]);
    for (const gone of [bob, bobToo]) {
      await gone.call('ping');
      expect(gone.heard('roomUserLeft')).toEqual([]);
    }
  });

  test('ends delivery: nothing of the room follows the response, also while others are posting', async () => {
    const [alice, bob, bobToo] = await trio(world);
    const name = await world.room(alice, alice, bob, bobToo);
    for (let round = 1; round <= 5; round++) {
      const posts = Array.from({ length: 20 }, () => alice.callAll(['roomMessage', name, {}])).flat();
      await posts[2 * round];
      await bob.call('roomLeave', name);
      const heard = idsHeard(bob, name);
      await Promise.all(posts);
      await fenceRoom(alice, name, bobToo);
      await bob.call('ping');
      expect(idsHeard(bob, name)).toEqual(heard);
      // Until then it had every one since its join.
      const since = heard.filter((id) => Number(id) > 20 * (round - 1));
      expect(since).toEqual(since.map((_, i) => 20 * (round - 1) + 1 + i));
      await bob.call('roomJoin', name);
    }
    expect(idsHeard(bobToo, name)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  });
}

function going(world: World): void {
  test.each(['disconnect', 'close', 'cut'])('by %s leaves its rooms, then its user, for all to know', async (how) => {
    const [alice, bob, bobToo] = await trio(world);
    const idle = await world.login(0, bob.userName);
    const [one, two] = [await world.room(alice, alice, bob, bobToo), await world.room(alice, alice, bob)];
    await goAway(bob, how);
    for (const told of [bobToo, idle]) {
      expect(await told.next('socketDisconnectEcho')).toEqual([bob.authData.id, 2]);
      const echoes = told.received.flatMap((entry) =>
        'name' in entry && /^roomLeftEcho|^socketDisconnectEcho/.test(entry.name)
          ? [[entry.name, ...entry.params]]
          : [],
      );
      expect(echoes).toHaveLength(3);
      expect(echoes.slice(0, 2)).toEqual(
        expect.arrayContaining([
          ['roomLeftEcho', one, bob.authData.id, 1],
          ['roomLeftEcho', two, bob.authData.id, 0],
        ]),
      );
    }
    expect(await alice.next('roomUserLeft')).toEqual([two, bob.userName]);
    await fenceRoom(alice, one, alice);
    expect(alice.heard('roomUserLeft')).toHaveLength(1);
    expect(await alice.call('roomGetAccessList', two, 'userlist')).toEqual([alice.userName]);
    await goAway(bobToo, how);
    expect(await alice.next('roomUserLeft')).toEqual([one, bob.userName]);
    expect(await idle.next('socketDisconnectEcho')).toEqual([bobToo.authData.id, 1]);
    expect(await idle.call('listOwnSockets')).toEqual({ [idle.authData.id]: [] });
  });
}

function userlists(world: World): void {
  test('is told page by page, in one order, and whole while it fits in one page', async () => {
    const alice = await world.login(0);
    const name = await world.room(alice, alice);
    const names = [alice.userName];
    while (names.length < limits.userlistPage) names.push(await joiner(world, name));
    expect(new Set(Object(await alice.call('roomGetAccessList', name, 'userlist')))).toEqual(new Set(names));
    expect(await alice.call('roomUserlistGet', name)).toEqual({ names: names.toSorted(), cursor: null, count: 3 });
    while (names.length < 7) names.push(await joiner(world, name));
    expect(await alice.refusal('roomGetAccessList', name, 'userlist')).toMatchObject({
      code: 'listTooLong',
      args: [7],
    });
    // The limit asked for gives way to the service's.
    for (const limit of [1, 2, 3, 100]) {
      const pages = await readPages(alice, name, limit);
      expect(pages.flat()).toEqual(names.toSorted());
      expect(pages.map((page) => page.length)).toEqual(pageSizes(7, Math.min(limit, limits.userlistPage)));
    }
  });

  test('is refused with bad options, and nobody comes after the last', async () => {
    const alice = await world.login(0);
    const name = await world.room(alice, alice);
    const empty = await world.room(alice);
    expect(await alice.call('roomUserlistGet', empty)).toEqual({ names: [], cursor: null, count: 0 });
    const beyond = await alice.call('roomUserlistGet', name, { cursor: `${alice.userName}z` });
    expect(beyond).toEqual({ names: [], cursor: null, count: 1 });
    for (const options of [{ limit: 0 }, { limit: 1.5 }, { limit: '1' }, { cursor: 1 }]) {
      const refusal = await alice.refusal('roomUserlistGet', name, options);
      expect(refusal).toMatchObject({ code: 'badArgument', args: [1, options] });
    }
    expect(await alice.refusal('roomGetAccessList', name, 'nolist')).toMatchObject({
      code: 'noList',
      args: ['nolist'],
    });
    const stranger = await world.login(1);
    // The right comes before the name of the list.
    expect(await stranger.refusal('roomGetAccessList', name, 'nolist')).toMatchObject({ code: 'notJoined' });
  });
}

function presence(world: World): void {
  test('and since when: only the first socket and the last change it', async () => {
    const [alice, bob, bobToo] = await trio(world);
    const name = await world.room(alice, alice);
    const seen = (): Promise<Value> => alice.call('roomUserSeen', name, bob.userName);
    expect(await seen()).toEqual({ joined: false, timestamp: null });
    expect(await alice.call('roomUserSeen', name, 'not:a name')).toEqual({ joined: false, timestamp: null });
    await bob.call('roomJoin', name);
    const first = await seen();
    expect(first).toEqual({ joined: true, timestamp: expect.any(Number) });
    await bobToo.call('roomJoin', name);
    await bob.call('roomMessage', name, {});
    await bob.call('roomLeave', name);
    expect(await seen()).toEqual(first);
    await bobToo.call('roomLeave', name);
    const last = await seen();
    expect(last).toEqual({ joined: false, timestamp: expect.any(Number) });
    expect(Number(field(last, 'timestamp'))).toBeGreaterThanOrEqual(Number(field(first, 'timestamp')));
  });

  test('and what a room announces is told to readers', async () => {
    const alice = await world.login(1);
    const name = await world.room(alice);
    expect(await alice.call('roomNotificationsInfo', name)).toEqual({
      enableUserlistUpdates: true,
      enableAccessListsUpdates: true,
    });
  });
}

/** Alice on node 0, and two sockets of Bob on both nodes. */
async function trio(world: World): Promise<[User, User, User]> {
  const alice = await world.login(0);
  const bob = await world.login(1);
  return [alice, bob, await world.login(0, bob.userName)];
}

async function joiner(world: World, roomName: string): Promise<string> {
  const user = await world.login(1);
  await user.call('roomJoin', roomName);
  return user.userName;
}

async function goAway(socket: Rpc, how: string): Promise<void> {
  if (how === 'cut') socket.raw.terminate();
  else if (how === 'close') socket.raw.close(1000);
  else expect(await socket.call('disconnect')).toBeNull();
  const { code } = await socket.raw.closed;
  expect(code).toBe(how === 'cut' ? 1006 : 1000);
}

async function readPages(reader: Rpc, roomName: string, limit: number): Promise<Value[][]> {
  const pages: Value[][] = [];
  for (let cursor: Value | undefined = ''; cursor !== null;) {
    const page: Value = await reader.call(
      'roomUserlistGet',
      roomName,
      cursor === '' ? { limit } : { limit, cursor: cursor ?? 0 },
    );
    const names = field(page, 'names');
    pages.push(Array.isArray(names) ? names : []);
    cursor = field(page, 'cursor');
  }
  return pages;
}

const pageSizes = (count: number, page: number): number[] =>
  Array.from({ length: Math.ceil(count / page) }, (_, i) => Math.min(page, count - i * page));
