// A failover of the server that has a user may lose what it was told of its rooms, while the rooms have it as a member: it hears nothing of
// them, and they are in no list of its own. Whoever adds it again puts that right, and tells its devices.
import { expect, test } from '@jest/globals';
import { Keyspace } from '../../src/redis/keys.ts';
import { startRedis } from '../support/redis.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';
import { fenceUser, field } from '../chat/world.ts';

const scope = useScope();

test('who is added again knows of the room, and who knows of it is told nothing', async () => {
  const redis = await startRedis(scope);
  const service = await startService(scope, { nodes: 2, redis });
  const login = (name: string, node: number): Promise<User> => loginRpc(scope, service.node(node).url, name);
  const owner = await login('owner', 0);
  const [ann, annElsewhere] = [await login('ann', 1), await login('ann', 0)];
  const [bob, bobElsewhere] = [await login('bob', 1), await login('bob', 0)];
  await owner.call('roomCreate', 'lobby');
  await owner.call('roomMembersAdd', 'lobby', ['ann', 'bob']);
  for (const user of [ann, annElsewhere, bob, bobElsewhere]) await user.next('roomInvited');
  const listed = async (): Promise<unknown> => field(await ann.call('roomList'), 'rooms');
  const { belongs } = new Keyspace(service.prefix).user('ann');
  await redis.client().hdel(belongs, 'lobby');
  expect(await listed()).toEqual([]);

  expect(await owner.call('roomMembersAdd', 'lobby', ['ann', 'bob'])).toEqual({ done: ['ann', 'bob'], failed: [] });
  const invitation = [{ roomName: 'lobby', by: 'owner', attributes: {} }];
  for (const user of [ann, annElsewhere]) expect(await user.next('roomInvited')).toEqual(invitation);
  expect(await listed()).toMatchObject([{ roomName: 'lobby' }]);
  await owner.call('roomMembersAdd', 'lobby', ['ann', 'bob']);
  await ann.call('roomMemberJoin', 'lobby');
  await fenceUser(ann, annElsewhere);
  await fenceUser(bob, bobElsewhere);
  expect([annElsewhere, bobElsewhere].map((user) => user.heard('roomInvited').length)).toEqual([2, 1]);
});
