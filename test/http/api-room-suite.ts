// What the service itself asks about rooms and nodes: each request with its success and its refusals.
import { describe, expect, test } from '@jest/globals';
import type { Value } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import { badNames, type ApiWorld } from './api-world.ts';

export function apiRoomSuite(world: ApiWorld): void {
  makingRooms(world);
  judgingRooms(world);
  askingOfRooms(world);
  deletingRooms(world);
  changingOwners(world);
  changingRooms(world);
  changingAges(world);
  describe('what there is', () => listing(world));
}

function makingRooms({ api, fresh }: ApiWorld): void {
  test('addRoom makes a room with all it is told, or by the settings, once', async () => {
    const roomName = fresh('room');
    const options = {
      owner: 'ada',
      adminlist: ['ann'],
      whitelist: ['will', 'wes'],
      blacklist: ['mallory'],
      whitelistOnly: true,
      historyMaxSize: 7,
      historyMaxAgeMs: 60_000,
      enableAccessListsUpdates: false,
      enableUserlistUpdates: false,
    };
    expect(await api().call('hasRoom', [roomName])).toBe(false);
    expect(await api().call('addRoom', [roomName, options])).toBeNull();
    expect(await api().refusal('addRoom', [roomName])).toMatchObject({ code: 'roomExists', args: [roomName] });
    expect(await api().call('hasRoom', [roomName])).toBe(true);
    expect(await api().call('roomGet', [roomName])).toMatchObject({
      roomName,
      owner: 'ada',
      whitelistOnly: true,
      enableAccessListsUpdates: false,
      enableUserlistUpdates: false,
      sizes: { userlist: 0, members: 0, adminlist: 1, whitelist: 2, blacklist: 1 },
      history: { historyMaxSize: 7, historySize: 0, lastMessageId: 0, oldestMessageId: 1 },
      historyMaxAgeMs: 60_000,
      nodes: [],
    });
    const has = (list: string, item: string): Promise<Value> => api().call('roomHasInList', [roomName, list, item]);
    expect([await has('adminlist', 'ann'), await has('whitelist', 'wes'), await has('blacklist', 'mallory')]).toEqual([
      true,
      true,
      true,
    ]);
    expect([await has('adminlist', 'ada'), await has('whitelist', 'ann'), await has('userlist', 'ada')]).toEqual([
      false,
      false,
      false,
    ]);
    const plain = fresh('room');
    await api().call('addRoom', [plain]);
    expect(await api().call('roomGet', [plain])).toMatchObject({
      owner: null,
      whitelistOnly: false,
      enableAccessListsUpdates: true,
      enableUserlistUpdates: true,
      history: { historyMaxSize: 10_000, historyMaxGetMessages: 5 },
      historyMaxAgeMs: null,
    });
  });
}

function judgingRooms({ api, fresh }: ApiWorld): void {
  test('names are judged: its own first, then whether there is such a room, its lists, their length', async () => {
    for (const name of badNames) {
      expect(await api().refusal('addRoom', [name])).toMatchObject({ code: 'invalidName', args: [name] });
      expect(await api().call('hasRoom', [name])).toBe(false);
    }
    const roomName = fresh('room');
    expect(await api().refusal('addRoom', [roomName, { owner: 'a:b' }])).toMatchObject({
      code: 'invalidName',
      args: ['a:b'],
    });
    for (const list of ['adminlist', 'whitelist', 'blacklist']) {
      const bad = await api().refusal('addRoom', [roomName, { [list]: ['bob', ''] }]);
      expect(bad).toMatchObject({ code: 'invalidName', args: [''] });
      const long = await api().refusal('addRoom', [roomName, { [list]: ['a', 'b', 'c', 'd'] }]);
      expect(long).toMatchObject({ code: 'listLimitExceeded', args: [list] });
    }
    for (const historyMaxSize of [-1, 0.5, 10_000_001, '5']) {
      expect(await api().refusal('addRoom', [roomName, { historyMaxSize }])).toMatchObject({ code: 'badArgument' });
    }
    expect(await api().call('hasRoom', [roomName])).toBe(false);
    await api().call('addRoom', [roomName, { whitelist: ['a', 'b', 'c', 'a'], historyMaxSize: 0 }]);
    for (const options of [{ owner: 'a:b' }, { whitelist: ['a', 'b', 'c', 'd'] }]) {
      expect(await api().refusal('addRoom', [roomName, options])).toMatchObject({ code: 'roomExists' });
    }
    // A room that keeps nothing still counts.
    expect(await api().call('roomMessage', [roomName, { text: 'x' }])).toBe(1);
    expect(await api().call('roomRecentHistory', [roomName])).toEqual([]);
  });
}

function askingOfRooms({ api, fresh, login, service }: ApiWorld): void {
  test('of a room that is not there nothing is known', async () => {
    for (const name of [fresh('nowhere'), ...badNames]) {
      for (const [method, ...params] of [
        ['roomGet', name],
        ['deleteRoom', name],
        ['roomHasInList', name, 'whitelist', 'a'],
        ['changeRoomOwner', name, 'ada'],
        ['changeRoomOwner', name, 'a:b'],
        ['changeRoomHistoryMaxSize', name, 5],
        ['changeRoomHistoryMaxAge', name, 5],
        ['changeRoomHistoryMaxAge', name, null],
        ['changeAccessListsUpdates', name, true],
        ['changeUserlistUpdates', name, true],
        ['roomMessage', name, {}],
        ['roomDelete', name],
      ] as const) {
        expect([method, await api().refusal(method, params.slice())]).toMatchObject([
          method,
          { code: 'noRoom', args: [name] },
        ]);
      }
      expect(await api().call('hasRoomAccess', [name, 'ada'])).toBe(false);
    }
  });

  test('hasRoomAccess and roomHasInList judge as the room does', async () => {
    const roomName = fresh('room');
    const lists = { adminlist: ['ann'], whitelist: ['will', 'wes'], blacklist: ['wes', 'ann'] };
    await api().call('addRoom', [roomName, { owner: 'ada', ...lists }]);
    const access = async (): Promise<Value[]> =>
      Promise.all(
        ['ada', 'ann', 'will', 'wes', 'bob', 'a:b', ''].map((name) => api().call('hasRoomAccess', [roomName, name])),
      );
    expect(await access()).toEqual([true, true, true, false, true, false, false]);
    await api().call('roomSetWhitelistMode', [roomName, true]);
    expect(await access()).toEqual([true, true, true, false, false, false, false]);
    expect(await api().refusal('roomHasInList', [roomName, 'friends', 'ada'])).toMatchObject({
      code: 'noList',
      args: ['friends'],
    });
    const will = await login(1, fresh('w'));
    await api().call('roomAddToList', [roomName, 'whitelist', [will.userName]]);
    await will.call('roomJoin', roomName);
    expect(await api().call('roomHasInList', [roomName, 'userlist', will.userName])).toBe(true);
    expect(await api().call('roomGet', [roomName])).toMatchObject({
      sizes: { userlist: 1, whitelist: 3 },
      nodes: [{ nodeId: service().node(1).nodeId, sockets: 1 }],
    });
  });
}

function deletingRooms({ api, fresh, login }: ApiWorld): void {
  test('deleteRoom deletes it for everybody, whoever owns it', async () => {
    const [owner, occupant] = [await login(0), await login(1)];
    const sibling = await login(0, occupant.userName);
    const roomName = fresh('room');
    await owner.call('roomCreate', roomName);
    await occupant.call('roomJoin', roomName);
    expect(await api().call('deleteRoom', [roomName])).toBeNull();
    for (const told of [occupant, sibling]) expect(await told.next('roomAccessRemoved')).toEqual([roomName]);
    expect(await occupant.refusal('roomMessage', roomName, {})).toMatchObject({ code: 'noRoom' });
    expect(await api().call('hasRoom', [roomName])).toBe(false);
  });
}

function changingOwners({ api, fresh, login }: ApiWorld): void {
  test('changeRoomOwner says nothing, and takes out the one before where nothing else admits it', async () => {
    const [before, after, occupant] = [await login(1), await login(0), await login(1)];
    const roomName = fresh('room');
    await api().call('addRoom', [
      roomName,
      { owner: before.userName, whitelist: [occupant.userName], whitelistOnly: true },
    ]);
    for (const one of [before, occupant]) await one.call('roomJoin', roomName);
    expect(await api().refusal('changeRoomOwner', [roomName, 'a:b'])).toMatchObject({
      code: 'invalidName',
      args: ['a:b'],
    });
    expect(await api().refusal('changeRoomOwner', [roomName])).toMatchObject({ code: 'wrongArgumentsCount' });
    expect(await api().call('changeRoomOwner', [roomName, after.userName])).toBeNull();
    expect(await before.next('roomAccessRemoved')).toEqual([roomName]);
    expect(await occupant.next('roomUserLeft')).toEqual([roomName, before.userName]);
    expect(await occupant.call('roomGetOwner', roomName)).toBe(after.userName);
    // The new one is not in the room, and has its rights.
    expect(await after.call('roomGetAccessList', roomName, 'userlist')).toEqual([occupant.userName]);
    expect(await after.call('roomAddToList', roomName, 'adminlist', [occupant.userName])).toBeNull();
    expect(await api().call('changeRoomOwner', { roomName, owner: null })).toBeNull();
    expect(await occupant.call('roomGetOwner', roomName)).toBeNull();
    expect(await after.refusal('roomDelete', roomName)).toMatchObject({ code: 'notAllowed' });
  });
}

function changingAges({ api, fresh }: ApiWorld): void {
  test('changeRoomHistoryMaxAge lets go of what is too old at once, and nil leaves it to the setting', async () => {
    const roomName = fresh('room');
    await api().call('addRoom', [roomName, { historyMaxAgeMs: 0 }]);
    const read = (): Promise<Value> => api().call('roomHistoryGet', [roomName, 0, 5]);
    for (let i = 0; i < 3; i++) await api().call('roomMessage', [roomName, { n: i }]);
    expect(await read()).toMatchObject([{ n: 2 }, { n: 1 }, { n: 0 }]);
    await eventually(async () => {
      expect(await api().call('changeRoomHistoryMaxAge', [roomName, 1])).toBeNull();
      expect(await read()).toEqual([]);
    });
    expect(await api().call('changeRoomHistoryMaxAge', [roomName, 86_400_000])).toBeNull();
    expect(await read()).toEqual([]);
    expect(await api().call('roomGet', [roomName])).toMatchObject({
      historyMaxAgeMs: 86_400_000,
      history: { historySize: 0, lastMessageId: 3, oldestMessageId: 4 },
    });
    expect(await api().call('roomMessage', [roomName, { n: 3 }])).toBe(4);
    expect(await api().call('changeRoomHistoryMaxAge', [roomName, null])).toBeNull();
    expect(await api().call('roomGet', [roomName])).toMatchObject({ historyMaxAgeMs: null });
    expect(await read()).toMatchObject([{ n: 3 }]);
    for (const age of [-1, 0.5, 3_153_600_000_001, '5', true]) {
      expect(await api().refusal('changeRoomHistoryMaxAge', [roomName, age])).toMatchObject({ code: 'badArgument' });
    }
  });
}

function changingRooms({ api, fresh, login }: ApiWorld): void {
  test('changeRoomHistoryMaxSize trims at once', async () => {
    const occupant = await login(1);
    const roomName = fresh('room');
    await api().call('addRoom', [roomName]);
    await occupant.call('roomJoin', roomName);
    for (let n = 1; n <= 6; n++) await occupant.call('roomMessage', roomName, { n });
    expect(await api().call('changeRoomHistoryMaxSize', [roomName, 2])).toBeNull();
    const ids = async (): Promise<Value[]> =>
      Object(await occupant.call('roomRecentHistory', roomName)).map(({ id }: { id: Value }) => id);
    expect(await ids()).toEqual([6, 5]);
    expect(await api().call('changeRoomHistoryMaxSize', [roomName, 100])).toBeNull();
    expect(await ids()).toEqual([6, 5]);
    expect(await api().call('changeRoomHistoryMaxSize', [roomName, 0])).toBeNull();
    expect(await ids()).toEqual([]);
    for (const size of [-1, 0.5, 10_000_001, null]) {
      expect(await api().refusal('changeRoomHistoryMaxSize', [roomName, size])).toMatchObject({ code: 'badArgument' });
    }
    await api().call('changeRoomHistoryMaxSize', [roomName, 10_000_000]);
    expect(await occupant.call('roomMessage', roomName, { n: 7 })).toBe(7);
    expect(await ids()).toEqual([7]);
  });

  test('the switches end and begin what a room announces', async () => {
    const [occupant, visitor] = [await login(0), await login(1)];
    const roomName = fresh('room');
    await api().call('addRoom', [roomName]);
    await occupant.call('roomJoin', roomName);
    for (const enabled of [false, true]) {
      await api().call('changeUserlistUpdates', [roomName, enabled]);
      await api().call('changeAccessListsUpdates', [roomName, enabled]);
      expect(await occupant.call('roomNotificationsInfo', roomName)).toEqual({
        enableUserlistUpdates: enabled,
        enableAccessListsUpdates: enabled,
      });
      await visitor.call('roomJoin', roomName);
      await api().call('roomAddToList', [roomName, 'whitelist', [enabled ? 'told' : 'not told']]);
      await visitor.call('roomLeave', roomName);
    }
    expect(await occupant.next('roomUserLeft')).toEqual([roomName, visitor.userName]);
    expect(occupant.heard('roomUserJoined').filter(([, name]) => name === visitor.userName)).toHaveLength(1);
    expect(occupant.heard('roomAccessListAdded')).toEqual([[roomName, 'whitelist', ['told']]]);
  });
}

function listing({ api, fresh, service }: ApiWorld): void {
  const all = async (method: string, key: string, limit: number): Promise<Value[]> => {
    const found: Value[] = [];
    let cursor: Value = null;
    do {
      const page: Record<string, Value> = Object(await api().call(method, [{ cursor, limit }]));
      // Scans give somewhat more than asked for.
      found.push(...Object(page[key]));
      cursor = page['cursor'] ?? null;
    } while (cursor !== null);
    return [...new Set(found)];
  };

  test('roomsList and usersList find everybody, page by page', async () => {
    const rooms = Array.from({ length: 12 }, () => fresh('listed'));
    const users = Array.from({ length: 12 }, () => fresh('listed user'));
    for (const roomName of rooms) await api().call('addRoom', [roomName]);
    for (const userName of users) await api().call('addUser', [userName]);
    for (const limit of [3, 1000]) {
      expect(await all('roomsList', 'names', limit)).toEqual(expect.arrayContaining(rooms));
      const found = await all('usersList', 'names', limit);
      expect(found).toEqual(expect.arrayContaining(users));
      expect(found.filter((name) => rooms.some((room) => room === name))).toEqual([]);
    }
    for (const options of [{ limit: 0 }, { limit: 1001 }, { limit: 1.5 }, { cursor: 'nonsense' }]) {
      expect(await api().refusal('roomsList', [options])).toMatchObject({ code: 'badArgument' });
      expect(await api().refusal('usersList', [options])).toMatchObject({ code: 'badArgument' });
    }
  });

  test('nodesList names the nodes of the service, by id', async () => {
    const ids = service()
      .nodes.map(({ nodeId }) => nodeId)
      .toSorted();
    expect(await api().call('nodesList')).toMatchObject({
      nodes: ids.map((nodeId) => ({ nodeId, claimed: false })),
      cursor: null,
    });
    const first = Object(await api().call('nodesList', [{ limit: 1 }]));
    expect(first.nodes.map(({ nodeId }: { nodeId: string }) => nodeId)).toEqual(ids.slice(0, 1));
    const rest = Object(await api().call('nodesList', [{ limit: 1, cursor: first.cursor }]));
    expect(rest.nodes.map(({ nodeId }: { nodeId: string }) => nodeId)).toEqual(ids.slice(1));
    expect(rest.cursor).toBeNull();
  });
}
