// All nodes are stopped, every stored position has an earlier form, and a node is started: its clients go on as after any stop.
import { expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import type { Value } from '../../src/protocol/params/values.ts';
import { shortenPosition } from '../store/short-position.ts';
import { startRedis } from '../support/redis.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { randomPrefix, startNode } from '../support/service.ts';

const scope = useScope();

test('rooms, sessions and resume tokens outlive a stop of all nodes before which positions were short', async () => {
  const redis = await startRedis(scope);
  const prefix = randomPrefix();
  const client = new Redis(redis.url);
  scope.add(() => client.disconnect());
  const past = await startNode(scope, { redis, prefix });
  const ada = await loginRpc(scope, past.url, 'ada', { credentials: { userName: 'ada', enableSync: true } });
  await ada.call('roomCreate', 'lobby');
  await ada.call('roomJoin', 'lobby');
  for (const i of [1, 2, 3]) await ada.call('roomMessage', 'lobby', { i }, { clientMessageId: `c ${i}` });
  // The catalogue's own shape.
  const { epoch } = (await ada.call('roomHistoryInfo', 'lobby')) as { epoch: string };
  await past.terminate();
  const metas = await client.keys(`${prefix}:*:meta`);
  expect(metas).toHaveLength(2);
  for (const meta of metas) await shortenPosition(client, meta);

  const node = await startNode(scope, { redis, prefix });
  const { resumeToken } = ada.authData;
  const again = await loginRpc(scope, node.url, 'ada', { credentials: { resumeToken, enableSync: true } });
  expect(await again.next('$.chat.join')).toMatchObject([{ chat: { name: 'lobby' } }]);
  const entry = { roomName: 'lobby', epoch, lastMessageId: 1 };
  expect(await again.call('roomsJoin', [entry])).toMatchObject([
    { recovered: true, epoch, messages: [{ id: 2 }, { id: 3 }] },
  ]);
  // A repeat of what was stored in the past.
  expect(await posted(again, 3)).toBe(3);
  expect(await posted(again, 4)).toBe(4);
  expect(await again.next('roomMessage')).toMatchObject(['lobby', { id: 4 }]);
  expect(await again.call('roomHistoryGet', 'lobby', 0, 10)).toMatchObject([
    { id: 4 },
    { id: 3 },
    { id: 2 },
    { id: 1 },
  ]);
  const bob = await loginRpc(scope, node.url, 'bob');
  await bob.call('roomJoin', 'lobby');
  expect(await again.next('roomUserJoined')).toMatchObject(['lobby', 'bob']);
  expect((await node.metrics()).sum('parley_gaps_found_total')).toBe(0);
});

const posted = (user: User, i: number): Promise<Value> =>
  user.call('roomMessage', 'lobby', { i }, { clientMessageId: `c ${i}` });
