// The room that every socket is in, where the operator has named one.
import { expect, test } from '@jest/globals';
import { about } from '../chat/world.ts';
import { mistakesOf } from '../support/configuration.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis } from '../support/redis.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { apiEnv, serverApi } from '../support/server-api.ts';
import { startService } from '../support/service.ts';

const scope = useScope();
const GLOBAL = 'everybody';
const env = { ...apiEnv, PARLEY_GLOBAL_ROOM: GLOBAL };

test('it has a name that may be made', () => {
  const named = (roomName: string): string[] => [
    ...mistakesOf({ PARLEY_AUTH: 'open', PARLEY_NAMES: 'username', PARLEY_GLOBAL_ROOM: roomName }),
  ];
  expect(named('everybody')).toEqual([]);
  for (const roomName of ['a:b', 'Everybody', 'x'.repeat(129), 'u-turn', 'tmp-hall']) {
    expect(named(roomName)).toEqual([expect.stringContaining('PARLEY_GLOBAL_ROOM is no name of a room: it ')]);
  }
});

test('every socket is told that it is joined to it behind its login, hears it, may leave, and is back at its next login', async () => {
  const service = await startService(scope, { redis: await startRedis(scope), nodes: 2, env });
  const login = (node: 0 | 1, userName: string, enableSync = false): Promise<User> =>
    loginRpc(scope, service.node(node).url, userName, { credentials: { userName, enableSync } });
  const api = serverApi(service.node(0));
  expect(await api.call('roomGetOwner', { roomName: GLOBAL })).toBe(null);

  const users = [await login(0, 'alice'), await login(1, 'bob'), await login(1, 'bob', true)];
  for (const user of users) {
    // The other device of a user may be told of before or behind it.
    const own = [GLOBAL, user.authData.id, expect.any(Number)];
    await eventually(() => expect(user.heard('roomJoinedEcho')).toContainEqual(own));
    const names = user.received.map((entry) => ('name' in entry ? entry.name : entry.method));
    expect(names.indexOf('loginConfirmed')).toBeLessThan(names.indexOf('roomJoinedEcho'));
  }
  const [alice, bob, device] = users;
  if (alice === undefined || bob === undefined || device === undefined) throw new Error('three were logged in');
  expect(await alice.call('roomMessage', GLOBAL, { n: 1 })).toBe(1);
  for (const user of users) expect((await user.next('roomMessage'))[1]).toMatchObject({ n: 1, author: 'alice' });
  // Who comes and goes is not told, and no session has it.
  for (const user of users) expect(about(user, GLOBAL).map(([name]) => name)).not.toContain('roomUserJoined');
  expect(await device.call('sessionGet')).toEqual({ custom: {} });

  expect(await bob.call('roomLeave', GLOBAL)).toBe(1);
  await alice.call('roomMessage', GLOBAL, { n: 2 });
  expect((await device.next('roomMessage'))[1]).toMatchObject({ n: 2 });
  await bob.call('ping');
  expect(bob.heard('roomMessage')).toHaveLength(1);
  const again = await login(0, 'bob');
  expect(await again.next('roomJoinedEcho')).toMatchObject([GLOBAL, again.authData.id, 2]);
});

test('it is made again by the next login where it was deleted, and a login does without it where its user is banned', async () => {
  const service = await startService(scope, { redis: await startRedis(scope), nodes: 2, env });
  const api = serverApi(service.node(0));
  const login = (node: 0 | 1, userName: string): Promise<User> => loginRpc(scope, service.node(node).url, userName);
  const alice = await login(0, 'alice');
  await alice.next('roomJoinedEcho');
  await api.call('deleteRoom', { roomName: GLOBAL });
  expect(await alice.next('roomAccessRemoved')).toEqual([GLOBAL]);
  expect(await alice.refusal('roomJoin', GLOBAL)).toMatchObject({ code: 'noRoom' });
  const arrivals = await Promise.all(['bob', 'carol', 'dave'].map((name, i) => login(i % 2 === 0 ? 0 : 1, name)));
  for (const user of arrivals) expect(await user.next('roomJoinedEcho')).toMatchObject([GLOBAL, user.authData.id, 1]);
  expect(await alice.call('roomJoin', GLOBAL)).toBe(1);
  await api.call('roomAddToList', { roomName: GLOBAL, listName: 'blacklist', userNames: ['eve'] });
  const eve = await login(1, 'eve');
  expect(await eve.refusal('roomMessage', GLOBAL, {})).toMatchObject({ code: 'notJoined' });
  expect(eve.heard('roomJoinedEcho')).toEqual([]);
});

test('a socket is joined once Redis answers again where it did not behind the login', async () => {
  const redis = await startRedis(scope);
  const name = 'joiner';
  const setUser = (...rules: string[]): Promise<unknown> => redis.client().call('ACL', 'SETUSER', name, ...rules);
  await setUser('on', '>secret', 'allkeys', 'allchannels', '+@all');
  const url = redis.url.replace('redis://', `redis://${name}:secret@`);
  const service = await startService(scope, { redis, nodes: 1, env: { ...env, PARLEY_REDIS_URL: url } });
  await setUser(
    'resetkeys',
    ...['user', 'node', 'probe', 'calls', 'resume'].map((tag) => `~${service.prefix}:{${tag}*`),
  );
  const alice = await loginRpc(scope, service.node(0).url, 'alice');
  expect(await alice.call('ping')).toEqual(expect.any(Number));
  await setUser('allkeys');
  await eventually(() => expect(alice.heard('roomJoinedEcho')).toEqual([[GLOBAL, alice.authData.id, 1]]), {
    timeoutMs: 30_000,
  });
});
