// A user is deleted on its own slot, and then taken off the rosters of rooms, on theirs. Here a node dies behind any of these steps: the test
// does the first ones itself, as a node whose lease then ends. Whoever has the name next is a member nowhere, and stays what it becomes.
import { describe, expect, test } from '@jest/globals';
import { membersPrefix } from '../../src/protocol/member.ts';
import { leftPrefix } from '../../src/protocol/membership.ts';
import { Keyspace, roomTopic, userTopic } from '../../src/redis/keys.ts';
import { Lease } from '../../src/store/node/lease.ts';
import { SERVICE } from '../../src/store/rights.ts';
import { takeOffRoster } from '../../src/chat/member/off-roster.ts';
import { candidates } from '../store/member-actions.ts';
import { openStore, type Store } from '../store/store.ts';
import { eventually } from '../support/eventually.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { startRedis, type RedisAddress } from '../support/redis.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope, type Scope } from '../support/scope.ts';
import { apiEnv, serverApi } from '../support/server-api.ts';
import { startService, type Service } from '../support/service.ts';

const scope = useScope();
const ROOMS = ['a room', 'b room', 'c room'];
const env = { ...apiEnv, PARLEY_NODE_LEASE_MS: '4000' };

/** A member of some rooms who is away, what their owner hears, and a node that does no more than it is told. */
interface Scene {
  readonly service: Service<RedisAddress>;
  readonly owner: User;
  readonly store: Store;
  readonly lease: Lease;
  login(): Promise<User>;
}

const kinds: readonly [string, (scope: Scope) => Promise<RedisAddress>][] = [
  ['one server', startRedis],
  ['a Redis Cluster', startRedisCluster],
];

describe.each(kinds)('on %s', (_, start) => {
  async function scene(): Promise<Scene> {
    const redis = await start(scope);
    const service = await startService(scope, { nodes: 1, redis, env });
    const login = (name = 'ann'): Promise<User> => loginRpc(scope, service.node(0).url, name);
    const [owner, ann] = [await login('owner'), await login()];
    for (const room of ROOMS) {
      await owner.call('roomCreate', room);
      await owner.call('roomJoin', room);
      await owner.call('roomMembersAdd', room, ['ann']);
      await ann.next('roomInvited');
    }
    const lease = new Lease(new Keyspace(service.prefix), 60_000);
    const store = await openStore(scope, redis, { prefix: service.prefix, instance: lease });
    const unheard = (): void => undefined;
    const events = { suspended: unheard, resumed: unheard, lost: unheard, onError: unheard };
    lease.start({ own: store.commands, commands: store.commands }, events);
    await lease.register();
    scope.add(() => lease.stop());
    ann.raw.close();
    return { service, owner, store, lease, login };
  }

  const deleted = ({ store }: Scene): Promise<void> =>
    eventually(async () => expect(await store.admin.deleteUser('ann')).toBe('ok'));

  const membersIn = async ({ owner }: Scene, room: string): Promise<unknown[]> => {
    const { members } = Object(await owner.call('roomMembersGet', room));
    return (members as unknown[]).map((member): unknown => Object(member)['userName']);
  };

  const expectOff = async (at: Scene): Promise<void> => {
    for (const room of ROOMS) expect([room, await membersIn(at, room)]).toEqual([room, ['owner']]);
    expect(await at.store.belongs.readFormer('ann')).toEqual(new Map());
  };

  test('a node that dies right behind the deletion: its sweeper takes the user off all rosters', async () => {
    const at = await scene();
    await at.lease.add([userTopic('ann')]);
    await deleted(at);
    expect(await membersIn(at, 'a room')).toContain('ann');
    await at.lease.release(0);
    await eventually(() => expectOff(at), { timeoutMs: 20_000 });
    await at.owner.next('roomMembersRemoved');
  });

  test.each(['logs in', 'is added by the service'])(
    'whoever has the name next and %s is a member nowhere, also where nobody has swept',
    async (how) => {
      const at = await scene();
      await deleted(at);
      // One of them was done before the node died.
      const former = await at.store.belongs.readFormer('ann');
      await takeOffRoster(at.store.members, 'a room', 'ann', { membership: former.get('a room') ?? '' });
      if (how !== 'logs in') await serverApi(at.service.node(0)).call('addUser', { userName: 'ann' });
      else await at.login();
      await expectOff(at);
      // What a node that stood still has yet to do of the same work takes nothing from who is a member since.
      const next = await at.login();
      await at.owner.call('roomMembersAdd', 'b room', ['ann']);
      await next.next('roomInvited');
      for (const [room, membership] of former) await takeOffRoster(at.store.members, room, 'ann', { membership });
      expect(await membersIn(at, 'b room')).toContain('ann');
      expect(await next.call('roomList')).toMatchObject({ rooms: [{ roomName: 'b room' }] });
    },
  );

  test('who was added by a node that died before it told, and is deleted then, is a member no more', async () => {
    const at = await scene();
    const { store, lease, owner } = at;
    await owner.call('roomCreate', 'late room');
    await owner.call('roomMembersAdd', 'late room', ['owner']);
    await lease.add([roomTopic('late room')]);
    const edit = {
      itself: false,
      by: undefined,
      exceptSocket: undefined,
      prefix: membersPrefix('roomMembersAdded', 'late room'),
      leftPrefix: leftPrefix('late room'),
    };
    await store.members.add('late room', SERVICE, edit, candidates(['ann']));
    await eventually(() => serverApi(at.service.node(0)).call('deleteUser', { userName: 'ann' }));
    await expectOff(at);
    expect(await membersIn(at, 'late room')).toContain('ann');
    await lease.release(0);
    await eventually(async () => expect(await membersIn(at, 'late room')).toEqual(['owner']), { timeoutMs: 20_000 });
    expect(await (await at.login()).call('roomList')).toMatchObject({ rooms: [] });
  });
});
