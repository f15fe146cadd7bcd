// Who may be in a room: who changes its lists and its mode, in which order that is refused, and what everybody hears when
// somebody loses the room by it.
import { describe, expect, test } from '@jest/globals';
import type { Value } from '../../src/protocol/params/values.ts';
import { loginRpc, type Call, type Rpc, type User } from '../support/rpc.ts';
import { about, fenceRoom, fenceUser, limits, type World } from './world.ts';

export function accessSuite(world: World): void {
  describe('lists of a room', () => {
    rights(world);
    refusals(world);
    editing(world);
    reading(world);
  });
  describe('joining', () => {
    admission(world);
  });
  describe('losing a room', () => {
    evictions(world);
    evictionsTogether(world);
    reasons(world);
    afterwards(world);
    silence(world);
  });
}

/** Owner, admin, occupant and stranger of a new room that only the occupant is in. */
async function cast(world: World): Promise<{ room: string; owner: User; admin: User; occupant: User; stranger: User }> {
  const [owner, admin, occupant, stranger] = [
    await world.login(0),
    await world.login(1),
    await world.login(0),
    await world.login(1),
  ];
  const room = await world.room(owner, occupant);
  await owner.call('roomAddToList', room, 'adminlist', [admin.userName]);
  return { room, owner, admin, occupant, stranger };
}

const edits = ['roomAddToList', 'roomRemoveFromList'] as const;

function rights(world: World): void {
  test('are changed by the owner, and by admins but for the adminlist and what names the owner', async () => {
    const { room, owner, admin, occupant, stranger } = await cast(world);
    const name = world.fresh('name');
    for (const edit of edits) {
      for (const list of ['adminlist', 'whitelist', 'blacklist']) {
        expect(await owner.call(edit, room, list, [name, owner.userName])).toBeNull();
        for (const nobody of [occupant, stranger]) {
          expect(await nobody.refusal(edit, room, list, [name])).toMatchObject({ code: 'notAllowed' });
        }
        expect(await admin.refusal(edit, room, list, [name, owner.userName])).toMatchObject({ code: 'notAllowed' });
      }
      for (const list of ['whitelist', 'blacklist']) {
        expect(await admin.call(edit, room, list, [name, admin.userName])).toBeNull();
      }
      expect(await admin.refusal(edit, room, 'adminlist', [name])).toMatchObject({ code: 'notAllowed' });
      for (const anybody of [owner, admin, occupant, stranger]) {
        expect(await anybody.refusal(edit, room, 'userlist', [name])).toMatchObject({ code: 'notAllowed' });
      }
    }
  });

  test('and its mode by both', async () => {
    const { room, owner, admin, occupant, stranger } = await cast(world);
    for (const nobody of [occupant, stranger]) {
      expect(await nobody.refusal('roomSetWhitelistMode', room, true)).toMatchObject({ code: 'notAllowed' });
    }
    expect(await stranger.refusal('roomGetWhitelistMode', room)).toMatchObject({ code: 'notJoined', args: [room] });
    expect(await admin.call('roomSetWhitelistMode', room, true)).toBeNull();
    for (const reader of [owner, admin]) expect(await reader.call('roomGetWhitelistMode', room)).toBe(true);
    expect(await owner.call('roomSetWhitelistMode', room, false)).toBeNull();
    expect(await admin.call('roomGetWhitelistMode', room)).toBe(false);
    expect(await owner.refusal('roomSetWhitelistMode', room, 1)).toMatchObject({ code: 'badArgument', args: [1, 1] });
    const none = world.fresh('none');
    expect(await owner.refusal('roomSetWhitelistMode', none, true)).toMatchObject({ code: 'noRoom', args: [none] });
    expect(await owner.refusal('roomGetWhitelistMode', none)).toMatchObject({ code: 'noRoom', args: [none] });
  });
}

function refusals(world: World): void {
  test('are not changed where something is wrong: params, room, userlist, rights, list, names, limit, in this order', async () => {
    const { room, owner, occupant } = await cast(world);
    const tooMany = Array.from({ length: limits.roomListSize + 1 }, (_, i) => `n${i}`);
    const ask = (...call: Call): Promise<object> =>
      (call[0] === 'as occupant' ? occupant : owner).refusal('roomAddToList', ...call.slice(1));
    expect(await ask('', room, 'blacklist')).toMatchObject({ code: 'wrongArgumentsCount', args: [3, 2] });
    expect(await ask('', 'no room', 'nolist', ['a', 1])).toMatchObject({ code: 'badArgument', args: [2, ['a', 1]] });
    expect(await ask('', 'no room', 7, ['a'])).toMatchObject({ code: 'badArgument', args: [1, 7] });
    expect(await ask('', 'no room', 'userlist', [':'])).toMatchObject({ code: 'noRoom', args: ['no room'] });
    expect(await ask('', 'in:valid', 'userlist', [':'])).toMatchObject({ code: 'noRoom', args: ['in:valid'] });
    expect(await ask('', room, 'userlist', [':'])).toMatchObject({ code: 'notAllowed', args: [] });
    expect(await ask('as occupant', room, 'nolist', [':'])).toMatchObject({ code: 'notAllowed', args: [] });
    expect(await ask('', room, 'nolist', [':', ...tooMany])).toMatchObject({ code: 'noList', args: ['nolist'] });
    expect(await ask('', room, 'blacklist', [...tooMany, ':'])).toMatchObject({ code: 'invalidName', args: [':'] });
    expect(await ask('', room, 'blacklist', tooMany)).toMatchObject({ code: 'listLimitExceeded', args: ['blacklist'] });
    expect(await owner.call('roomGetAccessList', room, 'blacklist')).toEqual([]);
    for (const name of ['', 'a{b', 'a\nb', '__proto__', 'x'.repeat(129)]) {
      for (const edit of edits) {
        expect(await owner.refusal(edit, room, 'whitelist', ['fine', name])).toMatchObject({
          code: 'invalidName',
          args: [name],
        });
      }
    }
    expect(await owner.call('roomGetAccessList', room, 'whitelist')).toEqual([]);
    await fenceRoom(occupant, room, occupant);
    expect(about(occupant, room).filter(([name]) => name === 'roomAccessListAdded')).toHaveLength(1);
  });

  test('take 500 names in one request', async () => {
    const { room, owner } = await cast(world);
    const names = Array.from({ length: 501 }, (_, i) => String(i % 10));
    for (const edit of edits) {
      expect(await owner.refusal(edit, room, 'whitelist', names)).toMatchObject({
        code: 'badArgument',
        args: [2, null],
      });
      // Ten different ones are more than this list may hold.
      const kept = names.slice(1).map((name) => String(Number(name) % limits.roomListSize));
      expect(await owner.call(edit, room, 'whitelist', kept)).toBeNull();
    }
  });
}

function editing(world: World): void {
  test('are told to the room as the change was asked for; nobody named is nothing told', async () => {
    const { room, owner, occupant } = await cast(world);
    await fenceRoom(occupant, room, occupant);
    const before = about(occupant, room).length;
    expect(await owner.call('roomAddToList', room, 'whitelist', ['b', 'a', 'b'])).toBeNull();
    expect(await owner.call('roomAddToList', room, 'whitelist', ['a'])).toBeNull();
    expect(await owner.call('roomAddToList', room, 'whitelist', [])).toBeNull();
    // As NFC has it.
    expect(await owner.call('roomAddToList', room, 'whitelist', ['e\u0301'])).toBeNull();
    expect(await owner.call('roomGetAccessList', room, 'whitelist')).toHaveLength(3);
    expect(await owner.call('roomRemoveFromList', room, 'whitelist', ['z', '\u00e9'])).toBeNull();
    expect(await owner.call('roomRemoveFromList', room, 'whitelist', [])).toBeNull();
    expect(await owner.call('roomSetWhitelistMode', room, false)).toBeNull();
    await fenceRoom(occupant, room, occupant);
    expect(about(occupant, room).slice(before)).toEqual([
      ['roomAccessListAdded', room, 'whitelist', ['b', 'a', 'b']],
      ['roomAccessListAdded', room, 'whitelist', ['a']],
      ['roomAccessListAdded', room, 'whitelist', ['\u00e9']],
      ['roomAccessListRemoved', room, 'whitelist', ['z', '\u00e9']],
      ['roomModeChanged', room, false],
    ]);
    expect(sorted(await owner.call('roomGetAccessList', room, 'whitelist'))).toEqual(['a', 'b']);
    // Not joined, neither of them hears anything.
    expect(about(owner, room)).toEqual([]);
  });

  test('hold so many names and no more', async () => {
    const { room, owner } = await cast(world);
    const names = Array.from({ length: limits.roomListSize }, (_, i) => `n${i}`);
    const [first = '', ...others] = names;
    expect(await owner.call('roomAddToList', room, 'blacklist', others)).toBeNull();
    expect(await owner.refusal('roomAddToList', room, 'blacklist', [first, 'more'])).toMatchObject({
      code: 'listLimitExceeded',
      args: ['blacklist'],
    });
    expect(await owner.call('roomAddToList', room, 'blacklist', [first, first, ...others])).toBeNull();
    expect(await owner.refusal('roomAddToList', room, 'blacklist', ['more'])).toMatchObject({
      code: 'listLimitExceeded',
    });
    expect(sorted(await owner.call('roomGetAccessList', room, 'blacklist'))).toEqual(names);
    expect(await owner.call('roomRemoveFromList', room, 'blacklist', [...names, 'more'])).toBeNull();
    expect(await owner.call('roomAddToList', room, 'blacklist', ['more'])).toBeNull();
  });
}

function reading(world: World): void {
  test('are read by occupants, the owner and admins', async () => {
    const { room, owner, admin, occupant, stranger } = await cast(world);
    await owner.call('roomAddToList', room, 'whitelist', ['zoe', 'yan']);
    for (const reader of [owner, admin, occupant]) {
      expect(await reader.call('roomGetAccessList', room, 'adminlist')).toEqual([admin.userName]);
      expect(sorted(await reader.call('roomGetAccessList', room, 'whitelist'))).toEqual(['yan', 'zoe']);
      expect(await reader.call('roomGetAccessList', room, 'blacklist')).toEqual([]);
      expect(await reader.call('roomGetAccessList', room, 'userlist')).toEqual([occupant.userName]);
      expect(await reader.refusal('roomGetAccessList', room, 'nolist')).toMatchObject({
        code: 'noList',
        args: ['nolist'],
      });
    }
    for (const list of ['adminlist', 'userlist', 'nolist']) {
      expect(await stranger.refusal('roomGetAccessList', room, list)).toMatchObject({
        code: 'notJoined',
        args: [room],
      });
    }
    const none = world.fresh('none');
    expect(await owner.refusal('roomGetAccessList', none, 'nolist')).toMatchObject({ code: 'noRoom', args: [none] });
    for (let i = 0; i < limits.userlistPage; i++) await (await world.login(1)).call('roomJoin', room);
    expect(await owner.refusal('roomGetAccessList', room, 'userlist')).toMatchObject({
      code: 'listTooLong',
      args: [limits.userlistPage + 1],
    });
  });
}

function admission(world: World): void {
  test('is for the owner and admins, then not for the blacklist, then for all or the whitelist', async () => {
    const { room, owner, admin, occupant, stranger } = await cast(world);
    const all = [owner, admin, occupant, stranger];
    const may = (): Promise<boolean[]> =>
      Promise.all(
        all.map(async (user) => {
          const [outcome] = await Promise.all(user.callAll(['roomJoin', room]));
          if (outcome !== undefined && 'error' in outcome) expect(outcome.error.code).toBe('notAllowed');
          else await user.call('roomLeave', room);
          return outcome !== undefined && 'result' in outcome;
        }),
      );
    const names = all.map(({ userName }) => userName);
    expect(await may()).toEqual([true, true, true, true]);
    await owner.call(
      'roomAddToList',
      room,
      'blacklist',
      names.filter((name) => name !== stranger.userName),
    );
    expect(await may()).toEqual([true, true, false, true]);
    await owner.call('roomAddToList', room, 'whitelist', [occupant.userName]);
    expect(await may()).toEqual([true, true, false, true]);
    await owner.call('roomSetWhitelistMode', room, true);
    expect(await may()).toEqual([true, true, false, false]);
    await owner.call('roomRemoveFromList', room, 'blacklist', names);
    expect(await may()).toEqual([true, true, true, false]);
    await owner.call('roomRemoveFromList', room, 'whitelist', names);
    expect(await may()).toEqual([true, true, false, false]);
    await owner.call('roomSetWhitelistMode', room, false);
    expect(await may()).toEqual([true, true, true, true]);
  });
}

/** The removals of rooms that a socket was told of. */
const removals = (receiver: Rpc): unknown[] => receiver.heard('roomAccessRemoved').map(([room]) => room);

function evictions(world: World): void {
  test('is told to all sockets of the user once, to the room after the change, and not as a leave', async () => {
    const { room, owner, occupant: bob } = await cast(world);
    const mate = await world.login(1);
    const bobs = [
      bob,
      await world.login(1, bob.userName),
      await world.login(0, bob.userName),
      await world.login(1, bob.userName),
    ];
    for (const socket of [mate, bobs[1]]) await socket?.call('roomJoin', room);
    await owner.call('roomJoin', room);
    await fenceRoom(mate, room, ...bobs.slice(0, 2), owner, mate);
    const before = [...bobs, mate, owner].map((one) => about(one, room).length);

    await owner.call('roomAddToList', room, 'blacklist', ['zoe', bob.userName]);
    await owner.call('roomMessage', room, { text: 'gone' });
    await fenceUser(bob, ...bobs.slice(1));
    await fenceUser(bobs[1] ?? bob, bob);
    await fenceRoom(mate, room, mate, owner);
    const [b0, b1, b2, b3, m, o] = [...bobs, mate, owner].map((one, i) => about(one, room).slice(before[i]));
    const change = ['roomAccessListAdded', room, 'blacklist', ['zoe', bob.userName]];
    const removed = ['roomAccessRemoved', room];
    // The notice ends what is heard of the room, and may come first where the user's slot is on another primary.
    for (const joined of [b0, b1]) expect([[change, removed], [removed]]).toContainEqual(joined);
    for (const other of [b2, b3]) expect(other).toEqual([removed]);
    for (const occupant of [m, o]) {
      expect(occupant?.slice(0, 2)).toEqual([change, ['roomUserLeft', room, bob.userName]]);
      expect(occupant?.slice(2).map(([name]) => name)).toEqual(['roomMessage']);
    }
    // The notices that the change causes for its caller come first.
    const order = owner.received.map((entry) => ('name' in entry ? entry.name : `${entry.method} answered`));
    expect(order.lastIndexOf('roomUserLeft')).toBeLessThan(order.lastIndexOf('roomAddToList answered'));
    expect(await bob.call('listOwnSockets')).toEqual(Object.fromEntries(bobs.map(({ authData }) => [authData.id, []])));
  });
}

function evictionsTogether(world: World): void {
  test('happens to several at once, each told of its own', async () => {
    const { room, owner, occupant } = await cast(world);
    const [ann, bob] = [await world.login(0), await world.login(1)];
    for (const one of [ann, bob]) await one.call('roomJoin', room);
    await fenceRoom(occupant, room, occupant, ann, bob);
    const seen = about(occupant, room).length;
    await owner.call('roomAddToList', room, 'whitelist', [occupant.userName]);
    await owner.call('roomSetWhitelistMode', room, true);
    await fenceRoom(occupant, room, occupant);
    const [added, mode, ...left] = about(occupant, room).slice(seen);
    expect([added?.[0], mode]).toEqual(['roomAccessListAdded', ['roomModeChanged', room, true]]);
    expect(sorted(left.map(([name, , user]) => JSON.stringify([name, user])))).toEqual(
      [ann, bob].map(({ userName }) => JSON.stringify(['roomUserLeft', userName])).toSorted(),
    );
    for (const one of [ann, bob]) {
      await one.next('roomAccessRemoved');
      // The first of them goes while the other is still there to hear of it.
      const heard = about(one, room).filter(([name]) => name !== 'roomUserLeft');
      expect(heard.at(-1)).toEqual(['roomAccessRemoved', room]);
      // Where the user's slot is on another primary than the room's its notice may come first, and ends what is heard of the room.
      const changed = heard.filter(([name]) => name === 'roomModeChanged');
      expect([[], [['roomModeChanged', room, true]]]).toContainEqual(changed);
    }
    expect(await occupant.call('roomGetAccessList', room, 'userlist')).toEqual([occupant.userName]);
  });
}

function reasons(world: World): void {
  test('follows from any change: the blacklist, the whitelist, the mode, the adminlist', async () => {
    const { room, owner, admin, occupant } = await cast(world);
    for (const one of [owner, admin]) await one.call('roomJoin', room);
    const out = async (user: User): Promise<void> => {
      await user.next('roomAccessRemoved');
      expect(await user.refusal('roomMessage', room, {})).toMatchObject({ code: 'notJoined' });
    };
    const names = [owner, admin, occupant].map(({ userName }) => userName);
    // What gives rights, or takes none, costs nobody anything.
    await owner.call('roomAddToList', room, 'whitelist', names);
    await owner.call('roomSetWhitelistMode', room, true);
    await owner.call('roomRemoveFromList', room, 'whitelist', [owner.userName, admin.userName]);
    await owner.call('roomAddToList', room, 'adminlist', ['zoe']);
    await owner.call('roomRemoveFromList', room, 'blacklist', names);
    expect(sorted(await owner.call('roomGetAccessList', room, 'userlist'))).toEqual(names.toSorted());

    await owner.call('roomRemoveFromList', room, 'whitelist', [occupant.userName]);
    await out(occupant);
    await owner.call('roomRemoveFromList', room, 'adminlist', [admin.userName]);
    await out(admin);
    await owner.call('roomSetWhitelistMode', room, false);
    for (const one of [admin, occupant]) expect(await one.call('roomJoin', room)).toBe(1);
    await owner.call('roomAddToList', room, 'blacklist', [owner.userName, admin.userName]);
    await out(admin);
    await owner.call('roomSetWhitelistMode', room, true);
    await out(occupant);
    expect(await owner.call('roomMessage', room, {})).toEqual(expect.any(Number));
    await fenceRoom(owner, room, owner);
    expect([removals(owner), removals(admin), removals(occupant)]).toEqual([[], [room, room], [room, room]]);
  });
}

function afterwards(world: World): void {
  test('ends posting and reading, and being let in again begins anew', async () => {
    const { room, owner, occupant: bob } = await cast(world);
    const [second, mate] = [await world.login(1, bob.userName), await world.login(1)];
    expect(await second.call('roomJoin', room)).toBe(2);
    await mate.call('roomJoin', room);
    await owner.call('roomAddToList', room, 'blacklist', [bob.userName]);
    const calls: Call[] = [
      ['roomMessage', room, {}],
      ['roomRecentHistory', room],
      ['roomHistoryGet', room, 0, 1],
      ['roomHistoryInfo', room],
      ['roomGetAccessList', room, 'userlist'],
      ['roomUserlistGet', room],
      ['roomGetOwner', room],
      ['roomNotificationsInfo', room],
      ['roomUserSeen', room, 'zoe'],
    ];
    for (const call of calls) {
      expect(await second.refusal(...call)).toMatchObject({ code: 'notJoined', args: [room] });
    }
    expect(await second.refusal('roomJoin', room)).toMatchObject({ code: 'notAllowed' });
    expect(await second.call('roomLeave', room)).toBe(0);
    expect(await owner.call('roomUserSeen', room, bob.userName)).toMatchObject({ joined: false });
    await owner.call('roomRemoveFromList', room, 'blacklist', [bob.userName]);
    expect(await second.call('roomJoin', room)).toBe(1);
    const id = await second.call('roomMessage', room, { text: 'again' });
    await fenceRoom(mate, room, mate, second);
    const posted = (one: Rpc): unknown[] =>
      one.heard('roomMessage').flatMap(([, message]) => (JSON.stringify(message).includes('again') ? [id] : []));
    for (const socket of [bob, second]) await socket.next('roomAccessRemoved');
    // The other socket has not come back.
    expect([posted(mate), posted(second), posted(bob)]).toEqual([[id], [id], []]);
    expect([removals(bob), removals(second)]).toEqual([[room], [room]]);
  });
}

function silence(world: World): void {
  test('is told to the user also in a room that tells nothing else', async () => {
    const node = await world.addNode({ PARLEY_ACCESS_LISTS_UPDATES: 'off', PARLEY_USERLIST_UPDATES: 'off' });
    const owner = await loginRpc(world.scope, node.url, world.fresh('user'), { format: world.format });
    const [bob, mate] = [await world.login(1), await world.login(0)];
    const room = await world.room(owner, mate, bob);
    expect(await bob.call('roomNotificationsInfo', room)).toEqual({
      enableUserlistUpdates: false,
      enableAccessListsUpdates: false,
    });
    await owner.call('roomAddToList', room, 'blacklist', [bob.userName]);
    await owner.call('roomRemoveFromList', room, 'blacklist', [bob.userName]);
    await owner.call('roomAddToList', room, 'whitelist', [mate.userName]);
    await owner.call('roomSetWhitelistMode', room, true);
    await bob.next('roomAccessRemoved');
    await fenceRoom(mate, room, mate);
    expect(about(bob, room)).toEqual([['roomAccessRemoved', room]]);
    expect(about(mate, room)).toEqual([]);
    expect(await mate.call('roomGetAccessList', room, 'userlist')).toEqual([mate.userName]);
  });
}

const sorted = (names: Value): string[] =>
  Array.isArray(names) ? names.filter((name) => typeof name === 'string').toSorted() : [];
