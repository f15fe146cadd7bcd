// What the service itself asks about users: each request with its success and its refusals.
import { expect, test } from '@jest/globals';
import type { Value } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import { loginRpc } from '../support/rpc.ts';
import { textOf } from '../chat/device.ts';
import { field } from '../chat/world.ts';
import { badNames, type ApiWorld } from './api-world.ts';

export function apiUserSuite(world: ApiWorld): void {
  makingUsers(world);
  askingOfUsers(world);
  deletingUsers(world);
}

function makingUsers({ api, fresh, login }: ApiWorld): void {
  test('addUser makes a user who can be written to and can act, once', async () => {
    const userName = fresh('new');
    expect(await api().call('hasUser', [userName])).toBe(false);
    const options = { whitelist: ['bob'], blacklist: ['mallory'], whitelistOnly: true };
    expect(await api().call('addUser', [userName, options])).toBeNull();
    expect(await api().refusal('addUser', [userName])).toMatchObject({ code: 'userExists', args: [userName] });
    expect(await api().call('hasUser', [userName])).toBe(true);
    expect(await api().call('userGet', [userName])).toEqual({
      userName,
      online: false,
      sockets: [],
      whitelistOnly: true,
      sizes: { whitelist: 1, blacklist: 1 },
    });
    expect(await api().call('directGetAccessList', ['blacklist'], { userName })).toEqual(['mallory']);
    expect(await api().call('directGetWhitelistMode', [], { userName })).toBe(true);
    // It is the same user who logs in later.
    const user = await login(1, userName);
    expect(await user.call('directGetAccessList', 'whitelist')).toEqual(['bob']);
    expect(await api().refusal('addUser', [userName])).toMatchObject({ code: 'userExists' });
  });

  test('names are judged: its own first, then whether there is such a user, its lists, their length', async () => {
    for (const name of [...badNames, 'anonymous-x']) {
      expect(await api().refusal('addUser', [name])).toMatchObject({ code: 'invalidName', args: [name] });
      expect(await api().call('hasUser', [name])).toBe(false);
    }
    const userName = fresh('listed');
    for (const list of ['whitelist', 'blacklist']) {
      const bad = await api().refusal('addUser', [userName, { [list]: ['bob', 'a:b'] }]);
      expect(bad).toMatchObject({ code: 'invalidName', args: ['a:b'] });
      const long = await api().refusal('addUser', [userName, { [list]: ['a', 'b', 'c'] }]);
      expect(long).toMatchObject({ code: 'listLimitExceeded', args: [list] });
    }
    expect(
      await api().refusal('addUser', [userName, { whitelist: Array.from({ length: 501 }, () => 'a') }]),
    ).toMatchObject({ code: 'badArgument' });
    expect(await api().call('hasUser', [userName])).toBe(false);
    // Names twice count once.
    expect(await api().call('addUser', [userName, { whitelist: ['a', 'b', 'a'] }])).toBeNull();
    for (const list of [['a:b'], ['a', 'b', 'c']]) {
      expect(await api().refusal('addUser', [userName, { whitelist: list }])).toMatchObject({ code: 'userExists' });
    }
  });
}

function askingOfUsers({ api, fresh, login, service }: ApiWorld): void {
  test('userHasInList, hasDirectAccess and userGet tell what the user has set', async () => {
    const [user, friend] = [await login(0), await login(1)];
    await user.call('directAddToList', 'whitelist', [friend.userName]);
    const has = (list: string, item: string): Promise<Value> =>
      api().call('userHasInList', [user.userName, list, item]);
    expect([
      await has('whitelist', friend.userName),
      await has('whitelist', 'a:b'),
      await has('blacklist', 'x'),
    ]).toEqual([true, false, false]);
    expect(await api().refusal('userHasInList', [user.userName, 'adminlist', 'x'])).toMatchObject({
      code: 'noList',
      args: ['adminlist'],
    });
    const access = (to: string, from: string): Promise<Value> => api().call('hasDirectAccess', [to, from]);
    expect(await access(user.userName, 'anybody')).toBe(true);
    await user.call('directSetWhitelistMode', true);
    expect(await access(user.userName, 'anybody')).toBe(false);
    expect(await access(user.userName, friend.userName)).toBe(true);
    await user.call('directAddToList', 'blacklist', [friend.userName]);
    expect(await access(user.userName, friend.userName)).toBe(false);
    expect(await access(friend.userName, friend.userName)).toBe(false);
    expect(await access(friend.userName, user.userName)).toBe(true);
    expect(await access(fresh('nobody'), user.userName)).toBe(false);
    for (const name of badNames)
      expect([await access(name, 'a'), await access(user.userName, name)]).toEqual([false, false]);

    const second = await login(1, user.userName);
    const roomName = fresh('room');
    await user.call('roomCreate', roomName);
    await second.call('roomJoin', roomName);
    const found = Object(await api().call('userGet', [user.userName]));
    expect(found).toMatchObject({ online: true, whitelistOnly: true, sizes: { whitelist: 1, blacklist: 1 } });
    expect(found.sockets).toHaveLength(2);
    expect(found.sockets).toEqual(
      expect.arrayContaining([
        { socketId: user.authData.id, nodeId: service().node(0).nodeId, rooms: [] },
        { socketId: second.authData.id, nodeId: service().node(1).nodeId, rooms: [roomName] },
      ]),
    );
  });

  test('of a user who is not there nothing is known', async () => {
    for (const name of [fresh('nobody'), ...badNames]) {
      for (const [method, ...params] of [
        ['userGet', name],
        ['deleteUser', name],
        ['userHasInList', name, 'whitelist', 'a'],
        ['disconnectUserSockets', name],
      ] as const) {
        expect([method, await api().refusal(method, params.slice())]).toMatchObject([
          method,
          { code: 'noUser', args: [name] },
        ]);
      }
      expect(await api().refusal('ping', [], { userName: name })).toMatchObject({ code: 'noUser', args: [name] });
    }
  });
}

function deletingUsers({ api, login, service, scope, fresh }: ApiWorld): void {
  test('deleteUser takes a user off the rosters of rooms: whoever has the name next is invited like anybody', async () => {
    const userName = fresh('member');
    const [owner, member] = [await login(0), await login(1, userName)];
    const made = await owner.call('conversationCreate', { members: [userName] });
    const roomName = textOf(field(made, 'roomName'));
    const [invited] = await member.next('roomInvited');
    expect(invited).toMatchObject({ roomName });
    await owner.call('roomJoin', roomName);
    await member.call('disconnect');
    await eventually(() => api().call('deleteUser', [userName]));
    expect(await owner.next('roomMembersRemoved')).toEqual([roomName, [userName], null]);
    expect(await owner.call('roomMembersGet', roomName)).toMatchObject({ count: 1 });
    const next = await login(1, userName);
    expect(await next.call('roomList')).toMatchObject({ rooms: [] });
    expect(await owner.call('roomMembersAdd', roomName, [userName])).toEqual({ done: [userName], failed: [] });
    expect(await next.next('roomInvited')).toMatchObject([{ roomName }]);
  });

  test('deleteUser deletes who is away, lists, tokens and all; the name is free again', async () => {
    const user = await login(1);
    const { userName, authData } = user;
    await user.call('directAddToList', 'whitelist', ['bob']);
    expect(await api().refusal('deleteUser', [userName])).toMatchObject({ code: 'userOnline', args: [userName] });
    expect(await api().call('disconnectUserSockets', [userName])).toBe(1);
    expect(await user.raw.closed).toMatchObject({ code: 4502 });
    await eventually(async () => expect(await api().call('userGet', [userName])).toMatchObject({ online: false }));
    expect(await api().call('deleteUser', [userName])).toBeNull();
    expect(await api().refusal('deleteUser', [userName])).toMatchObject({ code: 'noUser' });
    expect(await api().call('hasUser', [userName])).toBe(false);
    const { resumeToken } = authData;
    const resumed = loginRpc(scope, service().node(0).url, userName, { credentials: { resumeToken } });
    await expect(resumed).rejects.toThrow('badToken');
    // On the node that may still follow the one who is gone.
    const [again, other] = [await login(1, userName), await login(1, userName)];
    expect(await again.call('directGetAccessList', 'whitelist')).toEqual([]);
    expect(await again.next('socketConnectEcho')).toEqual([other.authData.id, 2]);
    await other.call('systemMessage', 'heard');
    expect(await again.next('systemMessage')).toEqual(['heard']);
  });
}
