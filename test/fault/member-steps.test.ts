// A change of members is a step on the room's slot and one on each user's. Here a node dies between them: the test does the first one itself, as a
// node that is registered and whose lease then ends; or Redis answers late. Each change is told once all the same, and in order.
import { beforeAll, expect, test } from '@jest/globals';
import { Keyspace, roomTopic } from '../../src/redis/keys.ts';
import { Lease } from '../../src/store/node/lease.ts';
import { membersPrefix } from '../../src/protocol/member.ts';
import { leftPrefix } from '../../src/protocol/membership.ts';
import { removalFrame } from '../../src/chat/room/removals.ts';
import { rightsOf, SERVICE } from '../../src/store/rights.ts';
import type { Candidate, MemberEdit } from '../../src/store/member/member-store.ts';
import { candidates, made } from '../store/member-actions.ts';
import { openStore, type Store } from '../store/store.ts';
import { fenceUser } from '../chat/world.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { loginRpc, type Call, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type Service } from '../support/service.ts';

const scope = useScope();
let service: Service<RedisServer>;
let count = 0;
beforeAll(async () => {
  const env = { PARLEY_NODE_LEASE_MS: '4000', PARLEY_REDIS_TIMEOUT_MS: '1000', PARLEY_ALLOW_ANONYMOUS: 'on' };
  service = await startService(scope, { nodes: 2, redis: await startRedis(scope), env });
});

/** A node of its own, that does the first step and no other, and may be let die. */
async function doomed(): Promise<{ store: Store; add: (room: string) => Promise<void>; die: () => Promise<void> }> {
  const lease = new Lease(new Keyspace(service.prefix), 60_000);
  const store = await openStore(scope, service.redis, { prefix: service.prefix, instance: lease });
  const unheard = (): void => undefined;
  const events = { suspended: unheard, resumed: unheard, lost: unheard, onError: unheard };
  lease.start({ own: store.commands, commands: store.commands }, events);
  await lease.register();
  return { store, add: (room) => lease.add([roomTopic(room)]), die: () => lease.release(0) };
}

const editOf = (room: string, notice: 'roomMembersAdded' | 'roomMembersRemoved', by?: string): MemberEdit => ({
  itself: false,
  by,
  exceptSocket: undefined,
  prefix: membersPrefix(notice, room),
  leftPrefix: leftPrefix(room),
});

/** By the owner, who becomes a member with it, as a node judges that. */
async function invite({ members }: Store, room: string, ...names: string[]): ReturnType<typeof made> {
  const add = (owner?: Candidate): ReturnType<typeof members.add> =>
    members.add(room, SERVICE, editOf(room, 'roomMembersAdded'), candidates(names), owner);
  const added = await add();
  const isOpen = typeof added === 'object' && 'unjudged' in added;
  return made(isOpen ? add({ userName: added.unjudged, against: undefined }) : Promise.resolve(added));
}
const kick = ({ members }: Store, room: string, ...names: string[]): ReturnType<typeof made> =>
  made(members.remove(room, SERVICE, { ...editOf(room, 'roomMembersRemoved'), listPrefix: new Uint8Array(0) }, names));

interface Cast {
  readonly room: string;
  readonly owner: User;
  readonly ann: User;
  readonly bob: User;
}

async function cast(): Promise<Cast> {
  const number = ++count;
  const login = (node: 0 | 1, name: string): Promise<User> =>
    loginRpc(scope, service.node(node).url, `${name}${number}`);
  const [owner, ann, bob] = [await login(0, 'owner'), await login(1, 'ann'), await login(1, 'bob')];
  const room = `room${number}`;
  await owner.call('roomCreate', room);
  await owner.call('roomJoin', room);
  return { room, owner, ann, bob };
}

/** What became of a user in a room, as it was told. */
const story = (user: User, room: string): string[] =>
  user.received.flatMap((entry) =>
    'name' in entry &&
    ['roomInvited', 'roomKicked'].includes(entry.name) &&
    Object(entry.params[0])['roomName'] === room
      ? [entry.name]
      : [],
  );

/** How often somebody in the room was told that a user was added. */
const additionsOf = (witness: User, { userName }: User): number =>
  witness.heard('roomMembersAdded').filter(([, added]) => Array.isArray(added) && added.includes(userName)).length;

const nothingDue = async (store: Store, room: string): Promise<void> =>
  eventually(async () => expect(await store.client.exists(store.keys.room(room).membersDue)).toBe(0));

test('a node that dies between the room and the users: its sweeper tells each once, with what the room is about', async () => {
  const { room, owner, ann, bob } = await cast();
  const { store, add, die } = await doomed();
  await add(room);
  await store.client.hset(store.keys.room(room).meta, 'attributes', Buffer.from([0x81, 0xa1, 0x61, 0x01]));
  await invite(store, room, ann.userName, bob.userName);
  await kick(store, room, bob.userName);
  await owner.call('ping');
  expect([story(ann, room), story(bob, room)]).toEqual([[], []]);
  await die();
  expect(await ann.next('roomInvited')).toEqual([{ roomName: room, by: null, attributes: { a: 1 } }]);
  await nothingDue(store, room);
  await fenceUser(ann);
  await fenceUser(bob);
  expect([story(ann, room), story(bob, room)]).toEqual([['roomInvited'], ['roomInvited', 'roomKicked']]);
  expect(await store.belongs.read(ann.userName)).toEqual(new Map([[room, expect.any(String)]]));
  expect(await store.belongs.read(bob.userName)).toEqual(new Map());
});

test('an anonymous member whose node dies right behind the step that added it is looked for all the same', async () => {
  const { room } = await cast();
  const visitor = await loginRpc(scope, service.node(1).url, '', { credentials: { anonymous: true } });
  const { userName } = visitor.authData;
  const { store, add, die } = await doomed();
  await add(room);
  await invite(store, room, userName);
  const { endings } = store.keys.anonymousMembers;
  expect(await store.client.zrange(endings, '0', '-1')).toEqual([]);
  await die();
  await nothingDue(store, room);
  expect(await store.client.zrange(endings, '0', '-1')).toEqual([`${room}:${userName}`]);
});

test('what another node changes meanwhile is told behind what the first has left, and neither again by the sweeper', async () => {
  const { room, owner, ann } = await cast();
  const { store, add, die } = await doomed();
  await add(room);
  await invite(store, room, ann.userName);
  await owner.call('roomMembersRemove', room, [ann.userName]);
  await fenceUser(ann);
  expect(story(ann, room)).toEqual(['roomInvited', 'roomKicked']);
  await owner.call('roomMembersAdd', room, [ann.userName]);
  await die();
  await nothingDue(store, room);
  await fenceUser(ann);
  expect(story(ann, room)).toEqual(['roomInvited', 'roomKicked', 'roomInvited']);
});

test('a node that dies behind a deletion: members are told by the sweeper, also who was to be told of being one', async () => {
  const { room, owner, ann, bob } = await cast();
  await owner.call('roomMembersAdd', room, [ann.userName]);
  const { store, add, die } = await doomed();
  await add(room);
  await invite(store, room, bob.userName);
  const nodeId = await nodeIdOf(store, room, bob.userName);
  await store.rooms.delete(room, rightsOf(owner.userName), nodeId, removalFrame(room), owner.userName);
  await die();
  expect(await ann.next('roomKicked')).toEqual([{ roomName: room, by: owner.userName }]);
  await nothingDue(store, room);
  await eventually(async () => {
    const left = Object.keys(await store.ttls()).filter(
      (key) => key.startsWith(`{room:${room}}:`) && !key.includes(':tomb:'),
    );
    expect(left).toEqual([]);
  });
  await fenceUser(ann);
  await fenceUser(bob);
  expect(story(ann, room)).toEqual(['roomInvited', 'roomKicked']);
  // It may have heard of the deletion first: then it is never told that it had been a member.
  expect([[], ['roomInvited', 'roomKicked']]).toContainEqual(story(bob, room));
  expect(await store.belongs.read(bob.userName)).toEqual(new Map());
});

/** By whom a user is to be told. */
async function nodeIdOf({ client, keys }: Store, room: string, userName: string): Promise<string> {
  const note = await client.hget(keys.room(room).membersDue, userName);
  return note?.split(' ')[1] ?? '';
}

test('where the users’ slots do not answer the change stands, and is told when they do', async () => {
  const { room, owner, ann, bob } = await cast();
  const store = await openStore(scope, service.redis, { prefix: service.prefix });
  const node = await service.addNode(await ownRights());
  const near = await loginRpc(scope, node.url, owner.userName);
  await deny('user');
  // Whether a user is there is asked of its slot first.
  expect(await near.refusal('roomMembersAdd', room, [ann.userName])).toMatchObject({ code: 'unavailable' });
  await allow();
  await near.call('roomMembersAdd', room, [ann.userName, bob.userName]);
  for (const user of [ann, bob]) await user.next('roomInvited');
  await deny('user');
  expect(await near.call('roomMembersRemove', room, [ann.userName, bob.userName])).toMatchObject({ failed: [] });
  expect([story(ann, room), story(bob, room)]).toEqual([['roomInvited'], ['roomInvited']]);
  await allow();
  for (const user of [ann, bob]) await user.next('roomKicked');
  await nothingDue(store, room);
  for (const user of [ann, bob]) await fenceUser(user);
  expect([story(ann, room), story(bob, room)]).toEqual([
    ['roomInvited', 'roomKicked'],
    ['roomInvited', 'roomKicked'],
  ]);
});

test('two nodes that change the same users at once: what each is told last is what the roster says', async () => {
  const { room, owner, ann, bob } = await cast();
  const far = await loginRpc(scope, service.node(1).url, owner.userName);
  const store = await openStore(scope, service.redis, { prefix: service.prefix });
  const names = [ann.userName, bob.userName];
  const work: Promise<unknown>[] = [];
  for (let i = 0; i < 30; i++) {
    const method = i % 3 === 1 ? 'roomMembersRemove' : 'roomMembersAdd';
    work.push(persist(i % 2 === 0 ? owner : far, method, room, i % 5 === 0 ? names.toReversed() : names));
    work.push(persist(i % 2 === 1 ? owner : far, 'roomMembersRemove', room, [names[i % 2] ?? '']));
  }
  await Promise.all(work);
  await nothingDue(store, room);
  for (const user of [ann, bob]) {
    await fenceUser(user);
    const told = story(user, room);
    // One after the other, none twice and none left out.
    expect(told).toEqual(told.map((_, i) => (i % 2 === 0 ? 'roomInvited' : 'roomKicked')));
    const isMember = (await store.client.zscore(store.keys.room(room).roster, user.userName)) !== null;
    expect(told.at(-1)).toBe(isMember ? 'roomInvited' : 'roomKicked');
    expect((await store.belongs.read(user.userName)).has(room)).toBe(isMember);
    const invited = told.filter((name) => name === 'roomInvited');
    await eventually(() => expect(additionsOf(owner, user)).toBe(invited.length));
  }
});

test('a node that is killed in the middle of many changes: each user is told one after the other, and in the end what is so', async () => {
  const { room, owner, ann, bob } = await cast();
  const dying = await service.addNode({});
  const far = await loginRpc(scope, dying.url, owner.userName);
  const store = await openStore(scope, service.redis, { prefix: service.prefix });
  const names = [ann.userName, bob.userName];
  const work: Promise<unknown>[] = [];
  for (let i = 0; i < 60; i++) {
    const method = i % 2 === 1 ? 'roomMembersRemove' : 'roomMembersAdd';
    const asked = (i % 3 === 0 ? owner : far).call(method, room, i % 5 === 0 ? [names[i % 2] ?? ''] : names);
    // Nobody knows of those that the node was asked last.
    work.push(asked.catch(() => undefined));
    if (i === 30) await work[5];
  }
  await dying.kill();
  await Promise.all(work);
  await eventually(async () => expect(await store.client.exists(store.keys.room(room).membersDue)).toBe(0), {
    timeoutMs: 30_000,
  });
  for (const user of [ann, bob]) {
    await fenceUser(user);
    const told = story(user, room);
    expect(told).toEqual(told.map((_, i) => (i % 2 === 0 ? 'roomInvited' : 'roomKicked')));
    const isMember = (await store.client.zscore(store.keys.room(room).roster, user.userName)) !== null;
    expect(told.at(-1) === 'roomInvited').toBe(isMember);
    expect((await store.belongs.read(user.userName)).has(room)).toBe(isMember);
    const invited = told.filter((name) => name === 'roomInvited');
    await eventually(() => expect(invited).toHaveLength(additionsOf(owner, user)));
  }
});

/** Asks until it is done: where so much is asked at once Redis may be too late for one, whose change is made or is not. */
async function persist(user: User, ...call: Call): Promise<void> {
  await eventually(() => user.call(...call), { timeoutMs: 60_000 });
}

async function ownRights(): Promise<Record<string, string>> {
  await service.redis.client().call('ACL', 'SETUSER', 'bounded', 'on', '>secret', 'allkeys', 'allchannels', '+@all');
  return { PARLEY_REDIS_URL: service.redis.url.replace('redis://', 'redis://bounded:secret@') };
}

/** All that the node may use is not of users, but for the owner who asks. */
async function deny(kind: 'user'): Promise<void> {
  const kept = ['room', 'node', 'probe', 'calls', `${kind}:owner`].map((tag) => `~${service.prefix}:{${tag}*`);
  await service.redis.client().call('ACL', 'SETUSER', 'bounded', 'resetkeys', ...kept);
}

async function allow(): Promise<void> {
  await service.redis.client().call('ACL', 'SETUSER', 'bounded', 'allkeys');
}
