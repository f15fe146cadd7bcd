// What concerns contacts is on the slots of two users and more. Here a node dies between the steps: the test does the first
// ones itself, or takes the node away. What is then repaired, and by whom, is in the names of the tests.
import { beforeAll, expect, test } from '@jest/globals';
import type { Value } from '../../src/protocol/params/values.ts';
import { notificationFrame } from '../../src/protocol/wire/frame.ts';
import { userTopic } from '../../src/redis/keys.ts';
import { Lease } from '../../src/store/node/lease.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type Service, type ServiceNode } from '../support/service.ts';
import { openStore, type Store } from '../store/store.ts';

const scope = useScope();
let service: Service<RedisServer>;
let store: Store;
beforeAll(async () => {
  const env = { PARLEY_NODE_LEASE_MS: '4000', PARLEY_PRESENCE_GRACE_MS: '3000' };
  service = await startService(scope, { nodes: 1, redis: await startRedis(scope), env });
  store = await openStore(scope, service.redis, { prefix: service.prefix });
});

let count = 0;
const login = (userName: string, node: ServiceNode = service.node(0)): Promise<User> =>
  loginRpc(scope, node.url, userName);

/** Two users: the side of the first one decides. */
async function two(): Promise<{ ann: User; bob: User; pair: { truth: string; mirror: string } }> {
  const [truth, mirror] = [`ann${++count}`, `bob${count}`];
  return { ann: await login(truth), bob: await login(mirror), pair: { truth, mirror } };
}

async function contacts(user: User): Promise<unknown[]> {
  const list: Value = await user.call('contactList');
  return Array.isArray(list) ? list.map((profile): unknown => Object(profile)['userName']) : [];
}

const add = { op: 'add', adds: true, trusted: false } as const;
const remove = { op: 'remove', adds: true, trusted: false } as const;
const silent = { frame: new Uint8Array(0), except: '', shownOnline: true };
const noted = (truth: string): Promise<number> => store.client.exists(store.keys.user(truth).contactsDue);

test('an add that was only begun is completed by whoever lists contacts on the side that decides', async () => {
  const { ann, bob, pair } = await two();
  expect(await store.contacts.begin(pair, add, 'v1', silent)).toBe(true);
  expect(await contacts(bob)).toEqual([]);
  expect(await contacts(ann)).toEqual([bob.userName]);
  expect(await bob.next('contactAdded')).toMatchObject([{ userName: ann.userName }]);
  expect(await ann.next('contactAddedEcho')).toMatchObject([{ userName: bob.userName }]);
  expect(await contacts(bob)).toEqual([ann.userName]);
  expect(await noted(pair.truth)).toBe(0);
});

test('an add that one side has is completed by a list of the other, which sees it there', async () => {
  const { ann, bob, pair } = await two();
  await store.contacts.begin(pair, add, 'v1', silent);
  await store.contacts.apply(pair.mirror, pair.truth, { ...add, adds: false }, silent);
  expect(await contacts(bob)).toEqual([ann.userName]);
  expect(await noted(pair.truth)).toBe(0);
  expect(await ann.next('contactAddedEcho')).toMatchObject([{ userName: bob.userName }]);
  expect(await contacts(ann)).toEqual([bob.userName]);
});

test('an end that was only begun is completed by a list of the other side, or by adding again', async () => {
  const { ann, bob, pair } = await two();
  await ann.call('contactAdd', bob.userName);
  await store.contacts.begin(pair, remove, 'v1', silent);
  expect(await contacts(bob)).toEqual([]);
  expect(await bob.next('contactRemoved')).toEqual([ann.userName]);
  expect([await contacts(ann), await noted(pair.truth)]).toEqual([[], 0]);
  await ann.call('contactAdd', bob.userName);
  await store.contacts.begin(pair, remove, 'v2', silent);
  await bob.call('contactAdd', ann.userName);
  expect([await contacts(ann), await contacts(bob), await noted(pair.truth)]).toEqual([
    [bob.userName],
    [ann.userName],
    0,
  ]);
});

test.each(['a list of the side that has it', 'adding again'])(
  'a contact that a failover took from one side is there on both again, or on neither, by %s',
  async (by) => {
    const { ann, bob, pair } = await two();
    const again = (user: User, other: User): Promise<unknown> =>
      by === 'adding again' ? user.call('contactAdd', other.userName) : contacts(user);
    const sides = async (): Promise<unknown[]> => [await contacts(ann), await contacts(bob), await noted(pair.truth)];
    await ann.call('contactAdd', bob.userName);
    await store.client.del(store.keys.user(pair.mirror).contacts);
    await again(ann, bob);
    expect(await store.contacts.has(pair.mirror, pair.truth)).toBe(true);
    expect(await sides()).toEqual([[bob.userName], [ann.userName], 0]);
    // What the side that decides has lost is over, unless it is wanted.
    await store.client.del(store.keys.user(pair.truth).contacts);
    await again(bob, ann);
    const isThere = by === 'adding again';
    expect(await store.contacts.has(pair.mirror, pair.truth)).toBe(isThere);
    expect(await sides()).toEqual(isThere ? [[bob.userName], [ann.userName], 0] : [[], [], 0]);
  },
);

test('a contact of somebody who is gone is ended by removing it, and contacts left to a name by who comes upon them', async () => {
  const { ann, bob, pair } = await two();
  await ann.call('contactAdd', bob.userName);
  await store.client.del(store.keys.user(pair.truth).meta);
  expect(await bob.call('contactRemove', ann.userName)).toBeNull();
  expect(await store.contacts.has(pair.mirror, pair.truth)).toBe(false);
  // Of an earlier user of the name, by a node that died and was swept already.
  const [carol, dave] = [await login(`carol${count}`), await login(`dave${count}`)];
  await store.client.zadd(store.keys.user(carol.userName).contactsFormer, 0, bob.userName);
  expect(await dave.refusal('contactAdd', carol.userName)).toMatchObject({ code: 'unavailable' });
  expect(await store.contacts.readFormer(carol.userName, 10)).toEqual([]);
  await dave.call('contactAdd', carol.userName);
  expect([await contacts(carol), await contacts(dave)]).toEqual([[dave.userName], [carol.userName]]);
});

test('a deletion by a node that dies behind it: a sweeper takes the user out of the contacts of others', async () => {
  const { ann, bob } = await two();
  const carol = await login(`carol${count}`);
  for (const other of [bob, carol]) await ann.call('contactAdd', other.userName);
  const unheard = (): void => undefined;
  const lease = new Lease(store.keys, 60_000);
  const events = { suspended: unheard, resumed: unheard, lost: unheard, onError: unheard };
  lease.start({ own: store.commands, commands: store.commands }, events);
  await lease.register();
  await lease.add([userTopic(ann.userName)]);
  ann.raw.close();
  await eventually(async () => expect(await store.admin.deleteUser(ann.userName)).toBe('ok'));
  await lease.release(0);
  for (const other of [bob, carol]) expect(await other.next('contactRemoved')).toEqual([ann.userName]);
  await eventually(async () => {
    const left = Object.keys(await store.ttls()).filter((key) => key.startsWith(`{user:${ann.userName}}:contacts`));
    expect(left).toEqual([]);
  });
  // And a user who is found gone is no contact.
  await bob.call('contactAdd', carol.userName);
  await store.client.del(store.keys.user(carol.userName).meta);
  expect(await contacts(bob)).toEqual([]);
});

test('contacts hear that a user has gone whose node dies with its last socket, or while its grace runs', async () => {
  const doomed = await service.addNode({});
  const { ann, bob } = await two();
  const [held, closed] = [await login(`held${count}`, doomed), await login(`closed${count}`, doomed)];
  for (const user of [held, closed]) await ann.call('contactAdd', user.userName);
  await bob.call('contactAdd', closed.userName);
  closed.raw.close();
  const { meta } = store.keys.user(closed.userName);
  await eventually(async () => expect(await store.client.hexists(meta, 'lastOnline')).toBe(1));
  await doomed.kill();
  const gone = new Set<unknown>();
  while (gone.size < 2) {
    const [change] = await ann.next('contactStatusChanged');
    expect(change).toMatchObject({ status: 'offline' });
    gone.add(Object(change)['userName']);
  }
  expect(gone).toEqual(new Set([held.userName, closed.userName]));
  expect(await bob.next('contactStatusChanged')).toMatchObject([{ userName: closed.userName, status: 'offline' }]);
});

test('contacts hear what is so where a node dies in the middle of telling them otherwise', async () => {
  const { ann, bob } = await two();
  await ann.call('contactAdd', bob.userName);
  // A node has told ann that bob went, and died before it was done: bob is back.
  await store.client.hset(store.keys.user(bob.userName).meta, 'told', '?', 'teller', 'dead 1');
  await store.presences.tell(
    ann.userName,
    bob.userName,
    notificationFrame('contactStatusChanged', [{ userName: bob.userName, status: 'offline', lastOnline: 1 }]),
  );
  expect(await ann.next('contactStatusChanged')).toMatchObject([{ status: 'offline' }]);
  const lease = new Lease(store.keys, 60_000);
  const unheard = (): void => undefined;
  const events = { suspended: unheard, resumed: unheard, lost: unheard, onError: unheard };
  lease.start({ own: store.commands, commands: store.commands }, events);
  await lease.register();
  await lease.add([userTopic(bob.userName)]);
  await lease.release(0);
  expect(await ann.next('contactStatusChanged')).toMatchObject([{ userName: bob.userName, status: 'online' }]);
});

test('who adds and removes others until its node is killed agrees with each of them once both have looked', async () => {
  const doomed = await service.addNode({});
  const names = Array.from(
    { length: 12 },
    () => [`${++count % 2 === 0 ? 'ann' : 'zoe'}${count}`, `bob${count}`] as const,
  );
  const pairs = await Promise.all(
    names.map(async ([near, far]) => ({ near: await login(near), far: await login(far, doomed) })),
  );
  const hammer = async (user: User, other: string): Promise<void> => {
    for (let i = 0; ; i++) {
      // What is under way when its node dies is never answered.
      const done = await user.call(i % 2 === 0 ? 'contactAdd' : 'contactRemove', other).catch(() => 'closed');
      if (done === 'closed') return;
    }
  };
  const hammering = pairs.map(({ near, far }) => hammer(far, near.userName));
  await Promise.all(pairs.map(({ near }) => near.next('contactRemoved')));
  await doomed.kill();
  await Promise.all(hammering);
  for (const { near, far } of pairs) {
    const back = await login(far.userName);
    for (const user of [near, back]) await contacts(user);
    expect([near.userName, (await contacts(near)).length]).toEqual([near.userName, (await contacts(back)).length]);
  }
});
