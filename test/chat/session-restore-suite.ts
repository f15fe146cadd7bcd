// The session as a login finds it, and what takes a room out of it without anybody leaving it.
import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { chat, EMPTY, groupsOf, sessionTold, startDevice, threeOf, type Device } from './device.ts';
import { fenceUser, until, type World } from './world.ts';

export function restoreSuite(world: World): void {
  describe('restoring the session', () => {
    restoring(world);
    restoringLost(world);
  });
  describe('losing a room of the session', () => {
    losing(world);
    losingUnseen(world);
  });
}

function restoring(world: World): void {
  test('comes after `loginConfirmed` and before the response, group by group, each with its end', async () => {
    const one = await startDevice(world, 0);
    const plain = await world.login(1, one.userName);
    const rooms = await Promise.all(['b', 'a', 'c', 'd'].map((name) => createRoom(world, one, name)));
    const [b = '', a = '', c = '', d = ''] = rooms;
    for (const [room, group] of [
      [b, undefined],
      [a, undefined],
      [c, 'zoo'],
      [d, 'art'],
    ] as const) {
      await one.call('roomJoin', room, group === undefined ? {} : { group });
    }
    one.raw.terminate();
    await until(plain, 'socketDisconnectEcho', ([id]) => id === one.authData.id);
    const two = await startDevice(world, 1, one.userName);
    expect(two.received.map((entry) => ('name' in entry ? entry.name : entry.method))).toEqual([
      'loginConfirmed',
      '$.chat.join',
      '$.chat.join',
      '$.group.restored',
      '$.chat.join',
      '$.group.restored',
      '$.chat.join',
      '$.group.restored',
      'login',
    ]);
    expect(sessionTold(two)).toEqual([
      `$.chat.join ${a} custom`,
      `$.chat.join ${b} custom`,
      '$.group.restored custom',
      `$.chat.join ${d} art`,
      '$.group.restored art',
      `$.chat.join ${c} zoo`,
      '$.group.restored zoo',
    ]);
    expect(await two.call('listOwnSockets')).toMatchObject({ [two.authData.id]: [] });
    expect(groupsOf(await two.call('sessionGet'))).toEqual(two.picture());
    const unsynced = await world.login(0, one.userName);
    for (const other of [plain, unsynced]) expect(sessionTold(other)).toEqual([]);
  });

  test('tells an empty `custom`, also beside other groups, and by a resumed login', async () => {
    const one = await startDevice(world, 0);
    expect(sessionTold(one)).toEqual(EMPTY);
    const room = await world.room(one);
    await one.call('roomJoin', room, { group: 'work' });
    const { resumeToken } = one.authData;
    const credentials = { resumeToken, enableSync: true };
    const two = await world.login(1, one.userName, undefined, credentials);
    expect(sessionTold(two)).toEqual([...EMPTY, `$.chat.join ${room} work`, '$.group.restored work']);
  });
}

function restoringLost(world: World): void {
  test('leaves out what was lost while nobody was there, and what only bears its name', async () => {
    const [owner, one] = [await world.login(0), await startDevice(world, 0)];
    const [kept, barred, gone, again] = await Promise.all(
      ['kept', 'barred', 'gone', 'again'].map((name) => createRoom(world, owner, name)),
    );
    for (const room of [kept, barred, gone, again]) await one.call('roomJoin', room ?? '');
    one.raw.terminate();
    await eventually(async () => {
      for (const room of [barred, gone]) {
        expect(await owner.call('roomGetAccessList', room ?? '', 'userlist')).toEqual([]);
      }
    });
    await owner.call('roomAddToList', barred ?? '', 'blacklist', [one.userName]);
    for (const room of [gone, again]) await owner.call('roomDelete', room ?? '');
    await owner.call('roomCreate', again ?? '');
    const two = await startDevice(world, 1, one.userName);
    const told = sessionTold(two);
    expect(told.slice(0, 2)).toEqual([`$.chat.join ${kept} custom`, ...EMPTY]);
    // A deletion is answered before those are told who only have the room in their session: that may come behind.
    expect(told.slice(2).filter((line) => !line.startsWith('$.chat.leave '))).toEqual([]);
    await owner.call('roomRemoveFromList', barred ?? '', 'blacklist', [one.userName]);
    expect(await two.call('sessionGet')).toEqual({ custom: { [kept ?? '']: chat(kept ?? '') } });
  });

  test('that finds a room lost takes it out, and tells the devices that were there already', async () => {
    const owner = await world.login(0);
    const [one, near, far] = await threeOf(world);
    const [first, second] = [await world.room(owner, one), await world.room(owner, one)];
    one.raw.terminate();
    await near.next('socketDisconnectEcho');
    // As a failover does that takes from the rooms who has them in its session.
    for (const room of [first, second]) await world.forgetEntries(room);
    await owner.call('roomAddToList', first, 'blacklist', [one.userName]);
    await startDevice(world, 0, one.userName);
    for (const told of [near, far]) expect(await told.next('$.chat.leave')).toEqual([{ chat: chat(first) }]);
    await owner.call('roomAddToList', second, 'blacklist', [one.userName]);
    expect(await near.call('sessionGet')).toEqual({ custom: {} });
    expect(await far.next('$.chat.leave')).toEqual([{ chat: chat(second) }]);
    await fenceUser(far, near);
    expect(sessionTold(near).filter((told) => told.startsWith('$.chat.leave'))).toHaveLength(1);
  });
}

const createRoom = async (world: World, owner: { call: Device['call'] }, what: string): Promise<string> => {
  const name = world.fresh(what);
  await owner.call('roomCreate', name);
  return name;
};

function losing(world: World): void {
  test('by eviction takes it out and tells every device, joined or not, after the removal', async () => {
    const owner = await world.login(1);
    const [one, near, far] = await threeOf(world);
    const [room, kept] = [await world.room(owner, one, far), await world.room(owner, one)];
    await owner.call('roomAddToList', room, 'blacklist', [one.userName]);
    for (const told of [one, near, far]) {
      expect(await told.next('$.chat.leave')).toEqual([{ chat: chat(room) }]);
      expect(told.heard('roomAccessRemoved')).toEqual([[room]]);
      expect(groupsOf(await told.call('sessionGet'))).toEqual({ [kept]: 'custom' });
    }
    await owner.call('roomRemoveFromList', room, 'blacklist', [one.userName]);
    expect(await one.call('roomJoin', room)).toBe(1);
    await near.call('ping');
    await until(near, '$.chat.join', ([told]) => JSON.stringify(told).includes(`"${room}"`));
    await owner.call('roomSetWhitelistMode', room, true);
    for (const told of [one, near, far]) {
      expect(await told.next('$.chat.leave')).toEqual([{ chat: chat(room) }]);
      expect(Object.keys(told.picture())).toEqual([kept]);
    }
  });

  test('by deletion takes it out also where nobody is in it', async () => {
    const owner = await world.login(1);
    const [one, near, far] = await threeOf(world);
    const [joined, kept] = [await world.room(owner, one, far), await world.room(owner, one)];
    const other = await startDevice(world, 0, one.userName);
    await other.call('roomJoin', kept);
    one.raw.terminate();
    other.raw.terminate();
    for (let gone = 0; gone < 2; gone++) await near.next('socketDisconnectEcho');
    await owner.call('roomDelete', kept);
    for (const told of [near, far]) expect(await told.next('$.chat.leave')).toEqual([{ chat: chat(kept) }]);
    expect([near, far].flatMap((told) => told.heard('roomAccessRemoved'))).toEqual([]);
    await owner.call('roomDelete', joined);
    for (const told of [near, far]) {
      expect(await told.next('$.chat.leave')).toEqual([{ chat: chat(joined) }]);
      expect(told.heard('roomAccessRemoved')).toEqual([[joined]]);
      expect(await told.call('sessionGet')).toEqual({ custom: {} });
    }
    await owner.call('roomCreate', kept);
    expect(await near.call('roomJoin', kept, { group: 'work' })).toBe(1);
    expect(await far.next('$.chat.join')).toBeDefined();
    expect(groupsOf(await far.call('sessionGet'))).toEqual({ [kept]: 'work' });
  });

  test('by who leaves one’s own device out changes nothing: disconnects keep it there', async () => {
    const one = await startDevice(world, 0);
    const room = await world.room(one, one);
    const two = await startDevice(world, 1, one.userName);
    await one.call('disconnect');
    await two.next('socketDisconnectEcho');
    expect(sessionTold(two)).toEqual([`$.chat.join ${room} custom`, ...EMPTY]);
    expect(await two.call('sessionGet')).toEqual({ custom: { [room]: chat(room) } });
  });
}

function losingUnseen(world: World): void {
  test('by whatever rule takes it out also where no device is in it, and tells each once', async () => {
    const owner = await world.login(1);
    const [one, near, far] = await threeOf(world);
    const rooms = [await world.room(owner, one), await world.room(owner, one), await world.room(owner, one)];
    const [barred = '', closed = '', left = ''] = rooms;
    await owner.call('roomMembersAdd', left, [one.userName]);
    await owner.call('roomSetWhitelistMode', left, true);
    one.raw.terminate();
    await near.next('socketDisconnectEcho');
    await owner.call('roomAddToList', barred, 'blacklist', [one.userName]);
    await owner.call('roomSetWhitelistMode', closed, true);
    await owner.call('roomMembersRemove', left, [one.userName]);
    for (const told of [near, far]) {
      for (const room of [barred, closed]) expect(await told.next('$.chat.leave')).toEqual([{ chat: chat(room) }]);
      expect(await told.next('$.chat.leave')).toMatchObject([{ chat: { name: left } }]);
      expect(await told.call('sessionGet')).toEqual({ custom: {} });
      expect(told.heard('roomAccessRemoved')).toEqual([]);
    }
    // Once more in it, it is a room as any other.
    await owner.call('roomRemoveFromList', barred, 'blacklist', [one.userName]);
    expect(await near.call('roomJoin', barred)).toBe(1);
    expect(groupsOf(await far.call('sessionGet'))).toEqual({ [barred]: 'custom' });
  });
}
