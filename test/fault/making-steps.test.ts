// A node dies between making a room that people belong to and telling them, or between what it reserved and the room. The test does the
// first steps itself, as a node that is registered, and lets that node's lease end.
import { expect, test } from '@jest/globals';
import { membersPrefix } from '../../src/protocol/member.ts';
import { leftPrefix } from '../../src/protocol/membership.ts';
import { temporaryName } from '../../src/protocol/names/temporary.ts';
import { newEpoch } from '../../src/redis/tokens.ts';
import { Keyspace, roomTopic } from '../../src/redis/keys.ts';
import type { ConversationMade } from '../../src/store/conversation/conversation-store.ts';
import { Lease } from '../../src/store/node/lease.ts';
import { ROOM_BYTES } from '../../src/store/quota/quota-store.ts';
import { field } from '../chat/world.ts';
import { openStore, type Store } from '../store/store.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type Service } from '../support/service.ts';

const scope = useScope();
const unheard = (): void => undefined;

interface Stage {
  readonly service: Service<RedisServer>;
  readonly store: Store;
  readonly lease: Lease;
  readonly alice: User;
  readonly bob: User;
}

async function openStage(): Promise<Stage> {
  const redis = await startRedis(scope);
  const service = await startService(scope, { nodes: 2, redis, env: { PARLEY_NODE_LEASE_MS: '4000' } });
  const lease = new Lease(new Keyspace(service.prefix), 60_000);
  const store = await openStore(scope, redis, { prefix: service.prefix, instance: lease });
  const events = { suspended: unheard, resumed: unheard, lost: unheard, onError: unheard };
  lease.start({ own: store.commands, commands: store.commands }, events);
  await lease.register();
  const login = (node: 0 | 1, userName: string): Promise<User> => loginRpc(scope, service.node(node).url, userName);
  return { service, store, lease, alice: await login(0, 'alice'), bob: await login(1, 'bob') };
}

/** The room's step, and no more. */
async function makeAs(
  { store, lease }: Stage,
  roomName: string,
  endsAt: number | undefined,
  isUnique = false,
): Promise<ConversationMade> {
  await lease.add([roomTopic(roomName)]);
  const room = {
    owner: 'alice',
    people: ['alice', 'bob'].map((userName) => ({ userName, against: undefined })),
    kind: endsAt === undefined ? 'normal' : 'temporary',
    endsAt,
    invites: 'members',
    writers: 'all',
    attributes: undefined,
    unique: isUnique ? 'pair' : undefined,
    exceptSocket: undefined,
    whitelistOnly: true,
    userlistUpdates: true,
    accessListsUpdates: true,
    historyMax: 100,
    prefix: membersPrefix('roomMembersAdded', roomName),
    leftPrefix: leftPrefix(roomName),
  } as const;
  return store.conversations.create(roomName, room, { life: newEpoch(), grant: { names: 2, bytes: ROOM_BYTES } });
}

test('members are told by the sweeper of the node that had to, once each, and may join before', async () => {
  const stage = await openStage();
  const { alice, bob, lease } = stage;
  expect(await makeAs(stage, 'den', undefined)).toMatchObject({ created: true });
  expect(await bob.call('roomJoin', 'den')).toBe(1);
  for (const user of [alice, bob]) expect(user.heard('roomInvited')).toEqual([]);
  await lease.release(0);
  for (const user of [alice, bob]) {
    expect(await user.next('roomInvited')).toEqual([{ roomName: 'den', by: 'alice', attributes: {} }]);
  }
  await eventually(async () => {
    const { membersDue } = stage.store.keys.room('den');
    expect(await stage.store.client.exists(membersDue)).toBe(0);
  });
  for (const user of [alice, bob]) expect(user.heard('roomInvited')).toHaveLength(1);
});

test('a temporary room whose node has died behind making it ends, and its members hear both in order', async () => {
  const stage = await openStage();
  const { alice, bob, lease, store } = stage;
  const endsAt = Date.now() + 5000;
  const roomName = temporaryName(endsAt, '0123456789abcdef');
  await store.endingStore.note(roomName, endsAt);
  expect(await makeAs(stage, roomName, endsAt)).toMatchObject({ created: true });
  await lease.release(0);
  await eventually(
    async () => {
      const left = Object.keys(await store.ttls()).filter((key) => /^\{(?:room:tmp-|conversations\})/.test(key));
      expect(left.filter((key) => !key.includes(':tomb:'))).toEqual([]);
    },
    { timeoutMs: 30_000 },
  );
  for (const user of [alice, bob]) {
    await user.call('ping');
    await eventually(() => {
      const heard = user.received.flatMap((entry) =>
        'name' in entry && field(entry.params[0], 'roomName') === roomName ? [entry.name] : [],
      );
      // Who was not told of it in time does not hear of its end.
      expect(['roomInvited roomKicked', '']).toContain(heard.join(' '));
    });
  }
  expect(await bob.refusal('roomJoin', roomName)).toMatchObject({ code: 'roomExpired' });
});
