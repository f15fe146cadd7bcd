// Requests of clients, made on behalf of users and by the service itself, with and without permission checks.
import { describe, expect, test } from '@jest/globals';
import { subjectOfApi } from '../../src/protocol/service/catalogue.ts';
import type { Value } from '../../src/protocol/params/values.ts';
import { loginRpc } from '../support/rpc.ts';
import { serverApi } from '../support/server-api.ts';
import { worldEnv, type ApiWorld } from './api-world.ts';

export function apiActingSuite(world: ApiWorld): void {
  describe('on behalf of a user', () => {
    rights(world);
    noRights(world);
    echoes(world);
    connections(world);
    repeating(world);
  });
  describe('as the service', () => {
    posting(world);
    managing(world);
    conducting(world);
  });
}

function rights({ api, fresh, login }: ApiWorld): void {
  test('a request has the rights of its user, online or not, and all rights if they are bypassed', async () => {
    const userName = fresh('away');
    await api().call('addUser', [userName]);
    const occupant = await login(1);
    const roomName = fresh('room');
    await api().call('addRoom', [roomName, { owner: 'ada' }]);
    await occupant.call('roomJoin', roomName);
    const refused = [
      ['roomMessage', [roomName, {}], 'notJoined'],
      ['roomRecentHistory', [roomName], 'notJoined'],
      ['roomGetOwner', [roomName], 'notJoined'],
      ['roomUserlistGet', [roomName], 'notJoined'],
      ['roomAddToList', [roomName, 'whitelist', ['x']], 'notAllowed'],
      ['roomSetWhitelistMode', [roomName, false], 'notAllowed'],
      ['roomDelete', [roomName], 'notAllowed'],
    ] as const;
    for (const [method, params, code] of refused) {
      for (const as of [{ userName }, { userName, bypassPermissions: false }]) {
        expect([method, (await api().refusal(method, structuredClone(params) as unknown as Value[], as)).code]).toEqual(
          [method, code],
        );
      }
    }
    for (const [method, params] of refused) {
      await api().call(method, structuredClone(params) as unknown as Value[], { userName, bypassPermissions: true });
    }
    // The author is the user all the same.
    expect(await occupant.next('roomMessage')).toEqual([
      roomName,
      expect.objectContaining({ author: userName, id: 1 }),
    ]);
    expect(await occupant.next('roomAccessRemoved')).toEqual([roomName]);
  });
}

function noRights({ api, fresh, login }: ApiWorld): void {
  test('what nobody may is not allowed to who bypasses permissions either', async () => {
    const [user, other] = [await login(0), await login(1)];
    const roomName = fresh('room');
    await user.call('roomCreate', roomName);
    for (const as of [{ userName: user.userName, bypassPermissions: true }, undefined]) {
      const code = async (method: string, ...params: Value[]): Promise<string> =>
        (await api().refusal(method, params, as)).code;
      expect(await code('roomAddToList', roomName, 'userlist', ['x'])).toBe('notAllowed');
      expect(await code('roomAddToList', roomName, 'friends', ['x'])).toBe('noList');
      expect(await code('roomAddToList', roomName, 'whitelist', ['a:b'])).toBe('invalidName');
      expect(await code('roomAddToList', roomName, 'whitelist', ['1', '2', '3', '4'])).toBe('listLimitExceeded');
      expect(await code('roomMessage', roomName, 'text')).toBe('badArgument');
      expect(await code('roomMessage', fresh('nowhere'), {})).toBe('noRoom');
      expect(await code('roomCreate', roomName)).toBe('roomExists');
      expect(await code('directMessage', fresh('nobody'), {})).toBe('noUser');
      expect(await code('roomMessage', roomName, { text: 'x'.repeat(20_000) })).toBe('messageTooLarge');
    }
    const as = { userName: user.userName, bypassPermissions: true };
    expect(await api().refusal('directMessage', [user.userName, {}], as)).toMatchObject({ code: 'notAllowed' });
    expect(await api().refusal('directAddToList', ['whitelist', [user.userName]], as)).toMatchObject({
      code: 'notAllowed',
    });
    await api().call('addUser', [`${roomName} away`]);
    expect(await api().refusal('directMessage', [`${roomName} away`, {}], as)).toMatchObject({ code: 'noUserOnline' });
    // Lists of the receiver do not count, though.
    await other.call('directAddToList', 'blacklist', [user.userName]);
    expect(await user.refusal('directMessage', other.userName, {})).toMatchObject({ code: 'notAllowed' });
    expect(await api().refusal('directMessage', [other.userName, {}], { userName: user.userName })).toMatchObject({
      code: 'notAllowed',
    });
    expect(await api().call('directMessage', [other.userName, { text: 'hi' }], as)).toMatchObject({
      author: user.userName,
    });
    expect(await other.next('directMessage')).toEqual([expect.objectContaining({ text: 'hi', author: user.userName })]);
  });
}

function echoes({ api, login }: ApiWorld): void {
  test('all sockets of the user hear its echoes, but one that is named', async () => {
    const [one, two] = [await login(0), await login(1)];
    const sibling = await login(1, one.userName);
    const as = { userName: one.userName };
    await api().call('systemMessage', ['to all'], as);
    for (const told of [one, sibling]) expect(await told.next('systemMessage')).toEqual(['to all']);
    await api().call('directMessage', [two.userName, { text: 'hi' }], as);
    expect(await two.next('directMessage')).toEqual([expect.objectContaining({ author: one.userName })]);
    for (const told of [one, sibling]) {
      expect(await told.next('directMessageEcho')).toEqual([two.userName, expect.objectContaining({ text: 'hi' })]);
    }
    await api().call('systemMessage', ['to others'], { ...as, socketId: one.authData.id });
    expect(await sibling.next('systemMessage')).toEqual(['to others']);
    await api().call('systemMessage', ['to all again'], as);
    expect(await one.next('systemMessage')).toEqual(['to all again']);
    for (const socketId of ['nonsense', two.authData.id]) {
      const refused = await api().refusal('systemMessage', ['x'], { ...as, socketId });
      expect(refused).toMatchObject({ code: 'invalidSocket', args: [socketId] });
    }
    expect(await api().call('listOwnSockets', [], as)).toEqual({ [one.authData.id]: [], [sibling.authData.id]: [] });
    expect(await api().call('sessionGet', [], as)).toEqual({ custom: {} });
  });
}

function connections({ api, login }: ApiWorld): void {
  test('requests about a connection need one; the service itself asks its own requests only as itself', async () => {
    const user = await login(0);
    const as = { userName: user.userName };
    const params: Record<string, Value[]> = { login: [{ userName: 'x' }], loginRefresh: ['t'], disconnect: [] };
    for (const [method, given] of Object.entries(params)) {
      for (const whom of [undefined, as, { ...as, socketId: user.authData.id }]) {
        expect(await api().refusal(method, given, whom)).toMatchObject({ code: 'noSocket', args: [method] });
      }
    }
    for (const [method, ...given] of [
      ['roomJoin', 'r'],
      ['roomsJoin', []],
      ['roomLeave', 'r'],
    ] as const) {
      for (const whom of [undefined, as]) {
        expect(await api().refusal(method, given.slice() as Value[], whom)).toMatchObject({
          code: 'noSocket',
          args: [method],
        });
      }
    }
    expect(typeof (await api().call('ping', [], as))).toBe('number');
    expect(await api().refusal('hasRoom', ['r'], as)).toMatchObject({ code: 'badArgument', args: [-1, null] });
    expect(await api().call('hasRoom', ['r'], {})).toBe(false);
  });
}

function posting({ api, fresh, login, scope, service }: ApiWorld): void {
  test('it posts to rooms it has not joined, without an author or with the one it names', async () => {
    const occupant = await login(1);
    const roomName = fresh('room');
    await api().call('addRoom', [roomName]);
    await occupant.call('roomJoin', roomName);
    expect(await api().call('roomMessage', [roomName, { text: 'one' }])).toBe(1);
    expect(await api().call('roomMessage', [roomName, { text: 'two', author: 'the bank' }])).toBe(2);
    expect(await api().call('roomMessage', [roomName, { text: 'gone' }, { transient: true }])).toBeNull();
    const [, first] = await occupant.next('roomMessage');
    expect(first).toEqual({ text: 'one', id: 1, timestamp: expect.any(Number) });
    expect(await occupant.next('roomMessage')).toEqual([
      roomName,
      expect.objectContaining({ author: 'the bank', id: 2 }),
    ]);
    expect((await occupant.next('roomMessage'))[1]).not.toHaveProperty('id');
    const again = { clientMessageId: 'c-1' };
    expect(await api().call('roomMessage', [roomName, { text: 'three' }, again])).toBe(3);
    expect(await api().call('roomMessage', [roomName, { text: 'three' }, again])).toBe(3);
    expect(await api().call('roomHistoryGet', [roomName, 0, 5])).toHaveLength(3);
    expect(await api().call('roomHistoryInfo', [roomName])).toMatchObject({ lastMessageId: 3 });
  });

  test('it writes to users, whatever their lists say', async () => {
    const user = await login(1);
    await user.call('directSetWhitelistMode', true);
    expect(await api().call('directMessage', [user.userName, { text: 'mail' }])).not.toHaveProperty('author');
    const [message] = await user.next('directMessage');
    expect(message).toEqual({ text: 'mail', timestamp: expect.any(Number) });
    await api().call('directMessage', [user.userName, { text: 'mail', author: 'the bank' }]);
    expect(await user.next('directMessage')).toEqual([expect.objectContaining({ author: 'the bank' })]);
  });

  test('it makes and deletes rooms where clients may not, and such rooms have no owner', async () => {
    const closed = await service().addNode({
      ...worldEnv,
      PARLEY_ROOMS_MANAGEMENT: 'off',
      PARLEY_DIRECT_MESSAGES: 'off',
    });
    const user = await loginRpc(scope, closed.url, fresh('user'));
    const there = serverApi(closed);
    const roomName = fresh('room');
    const { userName } = user;
    expect(await user.refusal('roomCreate', roomName)).toMatchObject({ code: 'notAllowed' });
    expect(await there.refusal('roomCreate', [roomName], { userName })).toMatchObject({ code: 'notAllowed' });
    expect(await there.call('roomCreate', [roomName, true])).toBeNull();
    expect(await there.call('roomGet', [roomName])).toMatchObject({ owner: null, whitelistOnly: true });
    expect(await there.refusal('roomDelete', [roomName], { userName })).toMatchObject({ code: 'notAllowed' });
    expect(await there.call('roomDelete', [roomName], { userName, bypassPermissions: true })).toBeNull();
    expect(await there.call('roomCreate', [roomName], { userName, bypassPermissions: true })).toBeNull();
    expect(await there.call('roomGetOwner', [roomName])).toBe(userName);
    // A feature that is off is off.
    expect(await there.refusal('directMessage', [userName, {}])).toMatchObject({ code: 'notAllowed' });
    expect(await closed.terminate()).toEqual({ code: 0, signal: null });
  });
}

function repeating({ api, fresh, login }: ApiWorld): void {
  test('a repeat is known by whom it is made for: another author has ids of its own, whatever the rights', async () => {
    const [occupant, other] = [await login(1), await login(0)];
    const roomName = fresh('room');
    await api().call('addRoom', [roomName]);
    await occupant.call('roomJoin', roomName);
    const call = [roomName, {}, { clientMessageId: 'c-1' }];
    const [asOccupant, asOther] = [occupant, other].map(({ userName }) => ({ userName, bypassPermissions: true }));
    expect(await api().call('roomMessage', call)).toBe(1);
    expect(await api().call('roomMessage', call, asOccupant)).toBe(2);
    expect(await api().call('roomMessage', call, asOther)).toBe(3);
    // Its own, also where it asks itself.
    expect(await occupant.call('roomMessage', ...call)).toBe(2);
    expect(await api().call('roomMessage', call, asOther)).toBe(3);
    expect(await api().call('roomMessage', call)).toBe(1);
    expect(await api().call('roomHistoryGet', [roomName, 0, 5])).toMatchObject([
      { id: 3, author: other.userName },
      { id: 2, author: occupant.userName },
      { id: 1 },
    ]);
  });
}

function managing({ api }: ApiWorld): void {
  test('what is about a user needs one', async () => {
    const about: Record<string, Value[]> = {
      directAddToList: ['whitelist', []],
      directRemoveFromList: ['whitelist', []],
      directGetAccessList: ['whitelist'],
      directSetWhitelistMode: [true],
      directGetWhitelistMode: [],
      sessionGet: [],
      listOwnSockets: [],
      systemMessage: ['x'],
    };
    for (const [method, params] of Object.entries(about)) {
      expect([method, await api().refusal(method, params)]).toMatchObject([method, { code: 'noUser', args: [''] }]);
    }
    expect(subjectOfApi('roomMessage')).toBe('anything');
  });
}

function conducting({ api, fresh, login }: ApiWorld): void {
  test('the service silences and slows down whom it likes, but the owner, and waits for nothing itself', async () => {
    const [owner, bob] = [await login(0), await login(1)];
    const roomName = fresh('room');
    await owner.call('roomCreate', roomName);
    await bob.call('roomJoin', roomName);
    const name = bob.userName;
    expect(await api().call('roomSilence', [roomName, [name], { until: 8_000_000_000_000 }])).toBeNull();
    expect(await bob.next('roomSilenced')).toEqual([roomName, [name], 8_000_000_000_000, null]);
    expect((await bob.refusal('roomMessage', roomName, {})).code).toBe('silenced');
    expect((await api().refusal('roomMessage', [roomName, {}], { userName: name })).code).toBe('silenced');
    expect((await api().refusal('roomSilence', [roomName, [owner.userName]])).code).toBe('notAllowed');
    expect((await api().refusal('roomUnsilence', [roomName, [name]], { userName: name })).code).toBe('notAllowed');
    expect(await api().call('roomSlowModeSet', [roomName, 3_600_000], { userName: owner.userName })).toBeNull();
    expect(await bob.next('roomSlowModeChanged')).toEqual([roomName, 3_600_000, owner.userName]);
    const bypassing = { userName: name, bypassPermissions: true };
    for (const as of [undefined, bypassing, bypassing]) {
      expect(await api().call('roomMessage', [roomName, {}], as)).toEqual(expect.any(Number));
    }
    expect(await api().call('roomSilencedGet', [roomName])).toEqual({
      silenced: [{ userName: name, until: 8_000_000_000_000 }],
      cursor: null,
    });
    expect(await api().call('roomUnsilence', [roomName, [name]])).toBeNull();
    expect(await bob.next('roomUnsilenced')).toEqual([roomName, [name], null]);
    expect(await bob.call('roomMessage', roomName, {})).toBe(4);
    const refused = await api().refusal('roomMessage', [roomName, {}], { userName: name });
    expect(refused).toMatchObject({ code: 'tooManyRequests', retryAfterMs: expect.any(Number) });
  });
}
