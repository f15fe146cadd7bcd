// What users show is written on their own slots, and told to others on theirs. Here a node dies in between, or Redis refuses it the
// keys of somebody who is to be told: what was written stays, and everybody hears of it in the end.
import { beforeAll, expect, test } from '@jest/globals';
import { encodeValue } from '../../src/protocol/wire/msgpack.ts';
import { framePrefix } from '../../src/protocol/wire/frame.ts';
import type { Value } from '../../src/protocol/params/values.ts';
import { openStore, type Store } from '../store/store.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { loginRpc, type Rpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type Service, type ServiceNode } from '../support/service.ts';

const scope = useScope();
let service: Service<RedisServer>;
let store: Store;
let count = 0;

beforeAll(async () => {
  const env = { PARLEY_NODE_LEASE_MS: '4000' };
  service = await startService(scope, { nodes: 1, redis: await startRedis(scope), env });
  store = await openStore(scope, service.redis, { prefix: service.prefix });
});

const login = (userName: string, node: ServiceNode = service.node(0)): Promise<User> =>
  loginRpc(scope, node.url, userName);

/** A user, a contact of it, and somebody in a room with it; the user itself on a node of its own. */
async function three(): Promise<{ doomed: ServiceNode; ann: User; bob: User; carol: User; room: string }> {
  const doomed = await service.addNode({ PARLEY_NODE_LEASE_MS: '4000' });
  const [ann, bob, carol] = [
    await login(`ann${++count}`, doomed),
    await login(`bob${count}`),
    await login(`carol${count}`),
  ];
  await ann.call('contactAdd', bob.userName);
  const room = `room${count}`;
  await ann.call('roomCreate', room);
  for (const one of [ann, carol]) await one.call('roomJoin', room);
  return { doomed, ann, bob, carol, room };
}

const heard = (socket: Rpc, userName: string): (Value | undefined)[] =>
  socket.heard('userStateChanged').flatMap(([of, changes]) => (of === userName ? [changes] : []));

const write = (userName: string, mood: string): Promise<unknown> => {
  const map = encodeValue({ mood });
  return store.states.set(userName, { version: 0, told: 0, map, due: map, exceptSocket: undefined });
};

test('a node that is killed before it has told anybody leaves it to whoever sweeps after it', async () => {
  const { doomed, ann, bob } = await three();
  expect(await write(ann.userName, 'tea')).toBe('ok');
  expect(heard(bob, ann.userName)).toEqual([]);
  await doomed.kill();
  await eventually(() => expect(heard(bob, ann.userName)).toEqual([{ mood: 'tea' }]));
  await eventually(async () =>
    expect(await store.states.read(ann.userName, undefined)).toMatchObject({ due: undefined, isTelling: false }),
  );
});

test('a node that is killed while it tells is gone on for, and nobody who has heard it hears it twice', async () => {
  const { doomed, ann, bob } = await three();
  const far = await login(ann.userName);
  expect(await write(ann.userName, 'tea')).toBe('ok');
  const prefix = framePrefix('userStateChanged', [ann.userName]);
  const taken = Object(await store.states.take(ann.userName, { nodeId: doomed.nodeId, prefix }));
  await store.states.tellContact(bob.userName, taken.stamp, Buffer.concat([prefix, taken.changes]));
  await eventually(() => expect(heard(bob, ann.userName)).toEqual([{ mood: 'tea' }]));
  await doomed.kill();
  await eventually(async () =>
    expect(await store.states.read(ann.userName, undefined)).toMatchObject({ due: undefined, isTelling: false }),
  );
  await far.call('userStateSet', { mood: 'cake' });
  await eventually(() => expect(heard(bob, ann.userName)).toEqual([{ mood: 'tea' }, { mood: 'cake' }]));
  await eventually(() => expect(heard(far, ann.userName)).toEqual([{ mood: 'tea' }]));
});

test('where a contact cannot be told it is told later, before anything newer, and others are not kept waiting', async () => {
  const { ann, bob, carol } = await three();
  const operator = service.redis.client();
  const allow = (...patterns: string[]): Promise<unknown> =>
    operator.call('ACL', 'SETUSER', 'default', 'resetkeys', ...patterns);
  await allow(
    '~*{room*',
    '~*{node*',
    '~*{probe*',
    '~*{calls*',
    `~*{user:${ann.userName}}*`,
    `~*{user:${carol.userName}}*`,
  );
  await ann.call('userStateSet', { mood: 'tea' });
  await eventually(() => expect(heard(carol, ann.userName)).toEqual([{ mood: 'tea' }]));
  await ann.call('userStateSet', { mood: 'cake' });
  expect(heard(bob, ann.userName)).toEqual([]);
  await allow('allkeys');
  for (const socket of [bob, carol]) {
    await eventually(() => expect(heard(socket, ann.userName)).toEqual([{ mood: 'tea' }, { mood: 'cake' }]));
  }
});
