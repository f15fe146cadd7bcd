// What concerns a room and its owner's quota is two or three scripts. Here the quota holds for clients, whatever nodes they
// use; and a node dies between each two steps: the test does the first ones itself, as a node whose lease then ends.
import { beforeAll, expect, test } from '@jest/globals';
import { framePrefix, notificationFrame } from '../../src/protocol/wire/frame.ts';
import { roomTopic } from '../../src/redis/keys.ts';
import { Lease } from '../../src/store/node/lease.ts';
import { ROOM_BYTES } from '../../src/store/quota/quota-store.ts';
import { rightsOf } from '../../src/store/rights.ts';
import { roomOptions, openStore, type Store } from '../store/store.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { startRedisCluster, type RedisCluster } from '../support/redis-cluster.ts';
import { loginRpc, type Call, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { apiEnv, serverApi, type ServerApiClient } from '../support/server-api.ts';
import { startService, type Service } from '../support/service.ts';

const scope = useScope();
const BYTES = 400_000;
const env = {
  ...apiEnv,
  PARLEY_NODE_LEASE_MS: '4000',
  PARLEY_QUOTA_ROOMS: '3',
  PARLEY_QUOTA_LIST_NAMES: '5',
  PARLEY_QUOTA_BYTES: String(BYTES),
};
let service: Service<RedisServer>;
let store: Store;
let api: ServerApiClient;
let count = 0;

beforeAll(async () => {
  service = await startService(scope, { nodes: 2, redis: await startRedis(scope), env });
  store = await openStore(scope, service.redis, { prefix: service.prefix });
  api = serverApi(service.node(1));
});

const login = (node: 0 | 1, userName: string, at: Pick<typeof service, 'node'> = service): Promise<User> =>
  loginRpc(scope, at.node(node).url, userName);

/** The same user on both nodes, and names of rooms. */
async function setUp(): Promise<{ near: User; far: User; owner: string; rooms: string[] }> {
  const owner = `owner-${++count}`;
  const rooms = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}-${count}`);
  return { near: await login(0, owner), far: await login(1, owner), owner, rooms };
}

const exceeded = (quota: string): object => ({ code: 'quotaExceeded', args: [quota], temporary: false });

async function notesOf(owner: string): Promise<Record<string, number[]>> {
  const notes = Object.entries(await store.client.hgetall(store.keys.user(owner).owned));
  return Object.fromEntries(
    notes.flatMap(([room, note]) =>
      room === ':' ? [] : [[room.split(':')[0], note.split(' ').slice(0, 2).map(Number)] as const],
    ),
  );
}

/** As if the steps had been done a while ago: the young are left alone. */
async function age(owner: string): Promise<void> {
  const { owned } = store.keys.user(owner);
  for (const [room, note] of Object.entries(await store.client.hgetall(owned))) {
    if (room !== ':') await store.client.hset(owned, room, note.replace(/\d+$/, '1'));
  }
}

async function quotaOfRooms(near: User, far: User, rooms: readonly string[]): Promise<void> {
  const [a = '', b = '', c = '', d = '', e = ''] = rooms;
  await near.call('roomCreate', a);
  await far.call('roomCreate', b);
  await near.call('roomCreate', c);
  for (const user of [near, far]) expect(await user.refusal('roomCreate', d)).toMatchObject(exceeded('rooms'));
  // What there is comes before what there may be.
  expect(await near.refusal('roomCreate', a)).toMatchObject({ code: 'roomExists' });
  expect(await near.refusal('roomCreate', 'a:b')).toMatchObject({ code: 'invalidName' });
  await far.call('roomDelete', b);
  await near.call('roomCreate', d);
  expect(await far.refusal('roomCreate', e)).toMatchObject(exceeded('rooms'));
}

test('rooms: so many may be owned, on whatever nodes; the service may go beyond, and what it makes counts', async () => {
  const { near, far, owner, rooms } = await setUp();
  await quotaOfRooms(near, far, rooms);
  const [a = '', , , , e = ''] = rooms;
  await api.call('addRoom', { roomName: e, options: { owner } });
  await api.call('roomCreate', { roomName: `more-${e}` }, { userName: owner, bypassPermissions: true });
  expect(await api.refusal('roomCreate', { roomName: 'x' }, { userName: owner })).toMatchObject(exceeded('rooms'));
  expect(Object.keys(await notesOf(owner))).toHaveLength(5);
  await api.call('deleteRoom', { roomName: e });
  await api.call('changeRoomOwner', { roomName: a, owner: 'somebody else' });
  expect(Object.keys(await notesOf(owner))).toHaveLength(3);
  expect(await notesOf('somebody else')).toEqual({ [a]: [0, expect.any(Number)] });
});

test('rooms: one that is made by a join counts, once whoever else was first, and so does one that people belong to', async () => {
  const { near, far, owner, rooms } = await setUp();
  const [a = '', b = '', c = '', d = ''] = rooms;
  const other = await login(1, `other-${owner}`);
  await Promise.all([near, far, other].map((user) => user.call('roomJoin', a, { create: true })));
  await other.call('roomJoin', b, { create: true });
  await near.call('roomJoin', b, { create: true });
  const made = await near.call('roomGetOwner', a);
  const owned = async (): Promise<string[]> => Object.keys(await notesOf(owner)).toSorted();
  const first = made === owner ? [a] : [];
  await eventually(async () => expect(await owned()).toEqual(first));
  await near.call('conversationCreate', { roomName: c, members: [other.userName] });
  const [names, bytes] = (await notesOf(owner))[c] ?? [];
  expect([Number(names) >= 2, bytes]).toEqual([true, ROOM_BYTES]);
  await far.call('conversationCreate', { kind: 'transient', roomName: d });
  const more = ['w', 'x', 'y'].map((name): Call => ['roomJoin', `${name}-${a}`, { create: true }]);
  const refused = (await Promise.all(near.callAll(...more))).filter((outcome) => 'error' in outcome);
  expect(refused).toHaveLength(2 + first.length);
  for (const outcome of refused) expect(outcome).toMatchObject({ error: exceeded('rooms') });
});

test('rooms: a deleted one is given back at once, however many are still to be told of another', async () => {
  const { near, far, rooms } = await setUp();
  const [a = '', b = '', c = '', d = ''] = rooms;
  for (const room of [a, b, c]) await near.call('roomCreate', room);
  const join = (i: number): Promise<unknown> =>
    store.memberships.join({ roomName: a, userName: `u${i}`, socketId: `s${i}`, nodeId: 'n' }, Buffer.from('joined'));
  await Promise.all(Array.from({ length: 3000 }, (_, i) => join(i)));
  await near.call('roomDelete', a);
  await near.call('roomDelete', b);
  for (const room of [a, d]) await far.call('roomCreate', room);
});

test('rooms: the same where a room and its owner are on different servers of a cluster', async () => {
  const cluster: Service<RedisCluster> = await startService(scope, {
    nodes: 2,
    redis: await startRedisCluster(scope),
    env,
  });
  const [near, far] = [await login(0, 'owner', cluster), await login(1, 'owner', cluster)];
  await quotaOfRooms(near, far, ['a', 'b', 'c', 'd', 'e']);
  await near.call('roomAddToList', 'a', 'whitelist', ['1', '2', '3']);
  expect(await far.refusal('roomAddToList', 'c', 'whitelist', ['4', '5', '6'])).toMatchObject(exceeded('listNames'));
});

test('names: so many in all rooms of an owner, whoever adds them; the service may go beyond', async () => {
  const { near, far, owner, rooms } = await setUp();
  const [a = '', b = ''] = rooms;
  for (const room of [a, b]) await near.call('roomCreate', room);
  const admin = await login(1, `admin-${count}`);
  await near.call('roomAddToList', a, 'adminlist', [admin.userName]);
  await admin.call('roomAddToList', a, 'blacklist', ['1', '2', '3']);
  await near.call('roomJoin', a);
  expect(await admin.refusal('roomAddToList', a, 'whitelist', ['4', '5'])).toMatchObject(exceeded('listNames'));
  expect(near.heard('roomAccessListAdded')).toEqual([]);
  expect(await far.refusal('roomAddToList', b, 'whitelist', ['4', '5'])).toMatchObject(exceeded('listNames'));
  await age(owner);
  // Somebody has looked a moment ago: that is not done for every refusal.
  expect(await far.refusal('roomAddToList', b, 'whitelist', ['4', '5'])).toMatchObject(exceeded('listNames'));
  await api.call('roomAddToList', { roomName: b, listName: 'whitelist', userNames: ['4', '5', '6', '7'] });
  await admin.call('roomRemoveFromList', a, 'blacklist', ['1', '2', '3']);
  await admin.call('roomAddToList', a, 'whitelist', ['1', '2', '3']);
  expect(await near.call('roomGetAccessList', a, 'whitelist')).toHaveLength(3);
});

test('bytes: posting goes on, the oldest messages give way, and no room can be created', async () => {
  const { near, far, owner, rooms } = await setUp();
  const [a = '', b = ''] = rooms;
  await near.call('roomCreate', a);
  for (const user of [near, far]) await user.call('roomJoin', a);
  const text = 'x'.repeat(10_000);
  const [position] = Object(await near.call('roomsJoin', [{ roomName: a }]));
  let last = 0;
  for (let i = 0; i < 100; i++) last = Number(await near.call('roomMessage', a, { text }));
  expect(last).toBe(100);
  const info = Object(await far.call('roomHistoryInfo', a));
  expect(info).toMatchObject({ lastMessageId: 100, historySize: expect.any(Number) });
  expect(info.historySize * 10_000).toBeLessThanOrEqual(BYTES);
  expect(info.historySize * 10_000).toBeGreaterThan(BYTES / 2);
  expect(info.oldestMessageId).toBe(101 - info.historySize);
  const page = await far.call('roomHistoryGet', a, 0, 1);
  expect(page).toMatchObject([{ id: info.oldestMessageId }]);
  const [, joined] = Object(
    await far.call('roomsJoin', [{ roomName: 'none' }, { roomName: a, epoch: position.epoch, lastMessageId: 1 }]),
  );
  expect(joined).toMatchObject({ recovered: false, messages: [], lastMessageId: 100 });
  expect(await near.refusal('roomCreate', b)).toMatchObject(exceeded('bytes'));
  expect((await notesOf(owner))[a]).toEqual([1, BYTES]);
  await near.call('roomDelete', a);
  await near.call('roomCreate', b);
  expect(await notesOf(owner)).toEqual({ [b]: [1, ROOM_BYTES] });
});

test('a node that dies between reserving and creating keeps nobody from creating', async () => {
  const { near, owner, rooms } = await setUp();
  const [a = '', b = '', c = '', d = ''] = rooms;
  for (const roomName of [a, b]) {
    await store.quotas.grant({ owner, roomName, life: 'never made......' }, { creating: true, bytes: ROOM_BYTES });
  }
  await near.call('roomCreate', c);
  await age(owner);
  await near.call('roomCreate', d);
  expect(Object.keys(await notesOf(owner)).toSorted()).toEqual([c, d]);
});

test('a node that dies between deleting and giving back: its sweeper gives back', async () => {
  const { near, owner, rooms } = await setUp();
  const [a = ''] = rooms;
  await near.call('roomCreate', a);
  const unheard = (): void => undefined;
  const events = { suspended: unheard, resumed: unheard, lost: unheard, onError: unheard };
  const lease = new Lease(store.keys, 60_000);
  lease.start({ own: store.commands, commands: store.commands }, events);
  await lease.register();
  await lease.add([roomTopic(a)]);
  const frame = notificationFrame('roomAccessRemoved', [a]);
  expect(await store.rooms.delete(a, rightsOf(owner), lease.nodeId, frame)).toMatchObject({ owner });
  expect(Object.keys(await notesOf(owner))).toEqual([a]);
  await lease.release(0);
  await eventually(async () => expect(await notesOf(owner)).toEqual({}), { timeoutMs: 20_000 });
  expect(await store.client.exists(store.keys.user(owner).owned)).toBe(0);
});

test('a node that dies between granting and telling the room: who comes next is granted it', async () => {
  const { near, owner, rooms } = await setUp();
  const [a = '', b = ''] = rooms;
  await near.call('roomCreate', a);
  const { epoch: life } = Object(await near.call('roomHistoryInfo', a));
  expect(await store.quotas.grant({ owner, roomName: a, life }, { names: 5 })).toMatchObject({ short: undefined });
  await near.call('roomAddToList', a, 'whitelist', ['1', '2', '3', '4', '5']);
  expect((await notesOf(owner))[a]).toEqual([5, ROOM_BYTES]);
  await near.call('roomCreate', b);
  expect(await near.refusal('roomAddToList', b, 'whitelist', ['1'])).toMatchObject(exceeded('listNames'));
});

test('a node that dies between taking back and noting it: the next look notes it', async () => {
  const { near, owner, rooms } = await setUp();
  const [a = '', b = ''] = rooms;
  for (const room of [a, b]) await near.call('roomCreate', room);
  // The fifth is kept for the other one.
  await near.call('roomAddToList', a, 'whitelist', ['1', '2', '3', '4']);
  await near.call('roomRemoveFromList', a, 'whitelist', ['3', '4']);
  const { epoch: life } = Object(await near.call('roomHistoryInfo', a));
  // Looks, and does not come to note it.
  expect(await store.quotas.isThere({ owner, roomName: a, life })).toBe(true);
  expect((await notesOf(owner))[a]).toEqual([4, ROOM_BYTES]);
  await age(owner);
  await near.call('roomAddToList', b, 'whitelist', ['3', '4', '5']);
  expect(await notesOf(owner)).toMatchObject({ [a]: [2, ROOM_BYTES], [b]: [3, ROOM_BYTES] });
});

test('a node that dies between changing the owner and the notes: neither is locked out', async () => {
  const { near, owner, rooms } = await setUp();
  const [a = '', b = '', c = '', d = ''] = rooms;
  const heir = await login(1, `heir-${count}`);
  for (const room of [a, b, c]) await near.call('roomCreate', room);
  await near.call('roomAddToList', a, 'whitelist', ['1', '2']);
  expect(
    await store.access.changeOwner(a, heir.userName, {
      addedPrefix: Buffer.alloc(0),
      leftPrefix: framePrefix('roomUserLeft', [a]),
    }),
  ).toHaveProperty('takes');
  await heir.call('roomAddToList', a, 'whitelist', ['3']);
  expect(await notesOf(heir.userName)).toMatchObject({ [a]: [5, 0] });
  await age(owner);
  await near.call('roomCreate', d);
  expect(Object.keys(await notesOf(owner)).toSorted()).toEqual([b, c, d]);
});

test('a creation that is not answered gives back what it had reserved, once it is known that nothing came of it', async () => {
  // Redis refuses the node the keys of rooms, as where the server of the room's slot is away.
  const admin = service.redis.client();
  await admin.call('ACL', 'SETUSER', 'partial', 'on', '>secret', 'allkeys', 'allchannels', '+@all');
  const node = await service.addNode({
    PARLEY_REDIS_URL: service.redis.url.replace('redis://', 'redis://partial:secret@'),
  });
  const owner = `owner-${++count}`;
  const user = await loginRpc(scope, node.url, owner);
  const kept = ['user', 'node', 'probe', 'calls'].map((tag) => `~${service.prefix}:{${tag}*`);
  await admin.call('ACL', 'SETUSER', 'partial', 'resetkeys', ...kept);
  expect(await user.refusal('roomCreate', `a-${count}`)).toMatchObject({ code: 'unavailable' });
  expect(Object.keys(await notesOf(owner))).toEqual([`a-${count}`]);
  await admin.call('ACL', 'SETUSER', 'partial', 'allkeys');
  await eventually(async () => expect(await notesOf(owner)).toEqual({}), { timeoutMs: 20_000 });
  await user.call('roomCreate', `a-${count}`);
  // Of the store's own making, for what it stands for is told apart by its life.
  expect(await store.rooms.create(`a-${count}`, roomOptions(owner))).toBe('roomExists');
});
