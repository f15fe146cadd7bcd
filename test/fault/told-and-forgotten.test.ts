// What a node has told, and Redis has forgotten with that it was told, as behind a failover: the node that lives on tells it again. The
// first step is done here in its name; what it told of that is what is forgotten.
import { expect, test } from '@jest/globals';
import { leftPrefix } from '../../src/protocol/membership.ts';
import { membersPrefix } from '../../src/protocol/member.ts';
import { SERVICE } from '../../src/store/rights.ts';
import { candidates, made } from '../store/member-actions.ts';
import { append, changed } from '../store/direct-change-actions.ts';
import { openStore, type Store } from '../store/store.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';

const scope = useScope();

interface Stage {
  readonly redis: RedisServer;
  /** Acts in the name of the first node, and tells nobody. */
  readonly store: Store;
  readonly nodeId: string;
  /** On the first node. */
  readonly ann: User;
  readonly bob: User;
}

async function stage(): Promise<Stage> {
  const redis = await startRedis(scope, { persist: true });
  const { nodes, prefix } = await startService(scope, { nodes: 2, redis });
  const [first, second] = nodes;
  if (first === undefined || second === undefined) throw new Error('two nodes were started');
  const store = await openStore(scope, redis, { prefix, dedupMs: 300_000, instance: { nodeId: first.nodeId } });
  const [ann, bob] = [await loginRpc(scope, first.url, 'ann'), await loginRpc(scope, second.url, 'bob')];
  return { redis, store, nodeId: first.nodeId, ann, bob };
}

test('a user is told that it has become a member', async () => {
  const { redis, store, ann, bob } = await stage();
  await ann.call('roomCreate', 'lobby');
  await ann.call('roomJoin', 'lobby');
  await ann.call('roomMembersAdd', 'lobby', ['ann']);
  const edit = {
    itself: false,
    by: 'ann',
    exceptSocket: undefined,
    prefix: membersPrefix('roomMembersAdded', 'lobby'),
    leftPrefix: leftPrefix('lobby'),
  };
  await made(store.members.add('lobby', SERVICE, edit, candidates(['bob'])));
  await ann.next('roomMembersAdded');
  await bob.call('ping');
  expect(bob.heard('roomInvited')).toEqual([]);
  await redis.restart();
  await eventually(() => expect(bob.heard('roomInvited')).toMatchObject([[{ roomName: 'lobby', by: 'ann' }]]));
  await eventually(async () => expect(await store.client.exists(store.keys.room('lobby').membersDue)).toBe(0));
  expect([...(await store.belongs.read('bob')).keys()]).toEqual(['lobby']);
});

test('both are told of a change of a direct message', async () => {
  const { redis, store, nodeId, ann, bob } = await stage();
  await ann.call('directMessage', 'bob', { textMessage: 'one' });
  await store.changesTold.note('ann', { peer: 'bob', nodeId, run: 1000 });
  await changed(store, 'ann', 'bob', append(1, '!'));
  await redis.restart();
  for (const user of [ann, bob]) {
    await eventually(() => {
      const told = user.heard('directMessageChanged').map(([, change]) => [Object(change).change, Object(change).kind]);
      expect(told).toEqual([[1, 'append']]);
    });
  }
  const noted = [store.keys.user('ann').changesDue, store.keys.pair('ann', 'bob').changesDue];
  await eventually(async () => expect(await store.client.exists(...noted)).toBe(0));
});
