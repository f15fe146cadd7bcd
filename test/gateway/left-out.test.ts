// What a room is told by one of its sockets, and that socket is not: a transient event that names it (`publish` in
// src/store/lib/log.lua). Nothing of it stays.
import { expect, test } from '@jest/globals';
import type { Value } from '../../src/protocol/params/values.ts';
import { notificationFrame } from '../../src/protocol/wire/frame.ts';
import { Keyspace } from '../../src/redis/keys.ts';
import { publishPassing } from '../support/passing-event.ts';
import { startRedis } from '../support/redis.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';

const scope = useScope();

const nameOf = (param: Value | undefined): string => (typeof param === 'string' ? param : '');

test('a transient event reaches all sockets in the room on every node, but for the one that it names', async () => {
  const redis = await startRedis(scope);
  const service = await startService(scope, { redis, nodes: 2 });
  const join = async (node: 0 | 1, userName: string, format: 'msgpack' | 'json'): Promise<User> => {
    const user = await loginRpc(scope, service.node(node).url, userName, { format });
    await user.call('roomJoin', 'lobby');
    return user;
  };
  const owner = await loginRpc(scope, service.node(0).url, 'owner');
  await owner.call('roomCreate', 'lobby');
  const users = [
    await join(0, 'ann', 'msgpack'),
    await join(0, 'ann', 'json'),
    await join(0, 'bob', 'json'),
    await join(1, 'cid', 'msgpack'),
  ];
  const keys = new Keyspace(service.prefix).room('lobby');
  const client = redis.client();
  const ids = users.map(({ authData }) => authData.id);
  const before = await client.keys(`${service.prefix}:*`);
  for (const except of [...ids, 'nobody', '']) {
    // A frame as any other.
    await publishPassing(redis, keys, except, notificationFrame('roomUserJoined', ['lobby', `but ${except}`]));
  }
  for (const user of users) {
    const { id } = user.authData;
    let last = '';
    while (last !== 'but ') last = nameOf((await user.next('roomUserJoined'))[1]);
    const heard = user.heard('roomUserJoined').map(([, userName]) => nameOf(userName));
    const others = [...ids.filter((other) => other !== id), 'nobody', ''];
    expect(heard.filter((userName) => userName.startsWith('but '))).toEqual(others.map((except) => `but ${except}`));
  }
  // It is still in the room, and nothing was appended.
  expect((await client.keys(`${service.prefix}:*`)).toSorted()).toEqual(before.toSorted());
  expect(await users[0]?.call('roomMessage', 'lobby', {})).toBe(1);
  for (const user of users) expect((await user.next('roomMessage'))[1]).toMatchObject({ id: 1 });
});
