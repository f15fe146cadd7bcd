// Nothing is left behind: not by rooms and users that lived and were deleted, and not by a node that died between two
// scripts of one request. Where it died is decided by Redis, which refuses that node the keys of the second script.
import { expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { apiEnv, serverApi } from '../support/server-api.ts';
import { startService, type ServiceNode } from '../support/service.ts';

const scope = useScope();
const env = {
  ...apiEnv,
  PARLEY_NODE_LEASE_MS: '4000',
  PARLEY_DIRECT_MESSAGES: 'live',
  PARLEY_HISTORY_MAX_AGE_MS: '3600000',
};
/**
 * What may stay until it expires: a dead node's tombstones, what repeated messages are known by, what ends resume tokens, what
 * signatures were used, who was erased, and of which rooms a deleted user was a member, so that nobody is told of it late.
 */
const expiring = /:(tomb|dedup):|:voided$|:nonces$|:belonged$|^\{erasures\}:done$|^\{resume\}:keys$/;

interface Scene {
  readonly roomName: string;
  /** On the node that is to die, with a sibling on the one that lives. Both take part in its session. */
  readonly owner: User;
  readonly sibling: User;
  /** On the node that lives. */
  readonly occupant: User;
  /** A second socket of that user, in no room. */
  readonly bystander: User;
  /** Refuses the node that is to die all keys of topics of that kind. */
  readonly deny: (kind: 'room' | 'user') => Promise<unknown>;
  /** Refuses it all keys of users but one. */
  readonly denyAllBut: (userName: string) => Promise<unknown>;
  /** Refuses it a command. */
  readonly denyCommand: (name: string) => Promise<unknown>;
}

interface Point {
  /** Ends with the first script done, and the second one refused. */
  interrupt(scene: Scene): Promise<unknown>;
  /** What the survivors see once the node is swept. */
  readonly repaired?: (scene: Scene) => unknown;
}

const occupants = (user: User, roomName: string): Promise<unknown> =>
  user.call('roomGetAccessList', roomName, 'userlist');

const contacts = async (user: User): Promise<unknown[]> => {
  const list = await user.call('contactList');
  return Array.isArray(list) ? list.map((profile): unknown => Object(profile)['userName']) : [];
};

const points: Record<string, Point> = {
  'joining: the room knows, the user does not': {
    interrupt: async ({ owner, roomName, deny }) => {
      await owner.call('roomLeave', roomName);
      await deny('user');
      expect(await owner.refusal('roomJoin', roomName)).toMatchObject({ code: 'unavailable' });
    },
    repaired: async ({ occupant, roomName }) =>
      expect(await occupants(occupant, roomName)).toEqual([occupant.userName]),
  },
  'disconnecting: the room knows, the user does not': {
    interrupt: async ({ owner, roomName, occupant, deny }) => {
      await deny('user');
      owner.raw.close();
      await eventually(async () => expect(await occupants(occupant, roomName)).toEqual([occupant.userName]));
    },
    repaired: async ({ sibling }) => expect(Object.keys(Object(await sibling.call('listOwnSockets')))).toHaveLength(1),
  },
  'leaving by the session: the user knows, the room does not': {
    interrupt: async ({ owner, sibling, roomName, deny }) => {
      await sibling.call('roomJoin', roomName);
      await deny('room');
      expect(await owner.refusal('roomLeave', roomName)).toMatchObject({ code: 'unavailable' });
      expect(await sibling.next('$.chat.leave')).toMatchObject([{ chat: { name: roomName } }]);
    },
    repaired: async ({ occupant, roomName }) =>
      expect(await occupants(occupant, roomName)).toEqual([occupant.userName]),
  },
  'evicting: the room knows, the users do not': {
    interrupt: async ({ owner, occupant, roomName, deny }) => {
      await deny('user');
      expect(await owner.call('roomAddToList', roomName, 'blacklist', [occupant.userName])).toBe(null);
      expect(await occupant.next('roomAccessRemoved')).toEqual([roomName]);
    },
    repaired: async ({ occupant, roomName }) =>
      expect(await occupant.refusal('roomMessage', roomName, {})).toMatchObject({ code: 'notJoined' }),
  },
  'removing a member: the room knows, the user does not': {
    interrupt: async ({ owner, occupant, roomName, deny }) => {
      await owner.call('roomMembersAdd', roomName, [occupant.userName]);
      await deny('user');
      expect(await owner.call('roomMembersRemove', roomName, [occupant.userName])).toMatchObject({ failed: [] });
    },
    repaired: async ({ occupant, bystander }) => {
      for (const socket of [occupant, bystander]) expect(await socket.next('roomKicked')).toHaveLength(1);
    },
  },
  'deleting: the room is gone, those elsewhere have not been told': {
    interrupt: async ({ owner, sibling, bystander, roomName, deny }) => {
      await owner.call('roomMembersAdd', roomName, [bystander.userName]);
      await deny('user');
      expect(await owner.call('roomDelete', roomName)).toBe(null);
      expect([...sibling.heard('$.chat.leave'), ...bystander.heard('$.chat.leave')]).toEqual([]);
    },
    repaired: async ({ owner, sibling, bystander, roomName }) => {
      expect(await sibling.next('$.chat.leave')).toMatchObject([{ chat: { name: roomName } }]);
      expect(await sibling.next('roomAccessRemoved')).toEqual([roomName]);
      expect(await bystander.next('roomAccessRemoved')).toEqual([roomName]);
      expect(bystander.heard('roomAccessRemoved')).toHaveLength(1);
      expect(await bystander.next('roomKicked')).toMatchObject([{ roomName }]);
      expect(owner.userName).toBe(sibling.userName);
    },
  },
  'adding a contact: the side that decides knows, the other one does not': {
    interrupt: async ({ owner, sibling, occupant, denyCommand }) => {
      // The first thing that is written on the other side.
      await denyCommand('zadd');
      await owner.refusal('contactAdd', occupant.userName);
      expect([sibling.heard('contactAddedEcho'), occupant.heard('contactAdded')]).toEqual([[], []]);
    },
    repaired: async ({ sibling, occupant }) => {
      // Its side decides.
      expect(await contacts(occupant)).toEqual([sibling.userName]);
      expect(await contacts(sibling)).toEqual([occupant.userName]);
      expect(await sibling.next('contactAddedEcho')).toMatchObject([{ userName: occupant.userName }]);
    },
  },
  'removing a contact: the side that decides knows, the other one does not': {
    interrupt: async ({ owner, occupant, denyAllBut }) => {
      await owner.call('contactAdd', occupant.userName);
      await denyAllBut(occupant.userName);
      expect(await owner.refusal('contactRemove', occupant.userName)).toMatchObject({ code: 'unavailable' });
    },
    repaired: async ({ sibling, occupant }) => {
      expect([await contacts(sibling), await contacts(occupant)]).toEqual([[], []]);
      await sibling.call('contactAdd', occupant.userName);
    },
  },
  'logging in: the node dies before it says so': {
    interrupt: async ({ owner, roomName, deny }) => {
      await deny('room');
      expect(await owner.refusal('roomGetOwner', roomName)).toMatchObject({ code: 'unavailable' });
    },
  },
};

test('a node that dies between two scripts leaves nothing that a sweep does not put right', async () => {
  const redis = await startRedis(scope);
  const service = await startService(scope, { nodes: 1, redis, env });
  const api = serverApi(service.node(0));
  const scenes: [Point, Scene][] = [];
  const dead: ServiceNode[] = [];
  for (const [number, point] of Object.values(points).entries()) {
    const doomed = await service.addNode(await doomedSettings(redis, number));
    const scene = await openScene(redis, service.prefix, { living: service.node(0), doomed, number });
    await point.interrupt(scene);
    await doomed.kill();
    dead.push(doomed);
    scenes.push([point, scene]);
  }
  await eventually(
    async () => {
      const keys = await redis.client().keys(`${service.prefix}:{node:*`);
      const left = keys.filter((key) => dead.some(({ nodeId }) => key.includes(nodeId)));
      expect(left.filter((key) => !key.endsWith(':swept'))).toEqual([]);
    },
    { timeoutMs: 40_000 },
  );
  for (const [point, scene] of scenes) await eventually(() => point.repaired?.(scene));
  for (const [, { roomName, sibling, occupant, bystander }] of scenes) {
    if (await api.call('hasRoom', { roomName })) await api.call('deleteRoom', { roomName });
    for (const user of [sibling, occupant, bystander]) user.raw.close();
    for (const { userName } of [sibling, occupant]) {
      await eventually(async () => expect(await api.call('deleteUser', { userName })).toBe(null));
    }
  }
  await expectNothingLeft(redis, service.prefix);
});

test('rooms and users that lived and were deleted leave nothing', async () => {
  const redis = await startRedis(scope);
  const service = await startService(scope, { nodes: 2, redis, env });
  const api = serverApi(service.node(1));
  const login = (node: 0 | 1, userName: string): Promise<User> =>
    loginRpc(scope, service.node(node).url, userName, { credentials: { userName, enableSync: true } });
  const [ann, annToo, bob] = [await login(0, 'ann'), await login(1, 'ann'), await login(1, 'bob')];
  const carl = await login(0, 'carl');
  await ann.call('roomCreate', 'lobby', true);
  await ann.call('roomAddToList', 'lobby', 'whitelist', ['bob', 'carol']);
  await ann.call('roomAddToList', 'lobby', 'adminlist', ['dave']);
  for (const user of [ann, annToo, bob]) await user.call('roomJoin', 'lobby', { group: 'work' });
  await ann.call('roomMembersAdd', 'lobby', ['bob', 'carl']);
  await ann.call('roomRoleSet', 'lobby', 'carl', 'admin');
  await bob.call('roomMessage', 'lobby', { text: 'hello' }, { clientMessageId: 'm-1' });
  await ann.call('roomAddToList', 'lobby', 'blacklist', ['bob']);
  await bob.call('directMessage', 'ann', { text: 'why' }, { clientMessageId: 'm-2' });
  await ann.call('directAddToList', 'blacklist', ['bob']);
  await annToo.call('profileSet', { fullName: 'Ann A.' });
  await annToo.call('contactAdd', 'carl');
  await carl.call('contactAdd', 'bob');
  await ann.call('directSetWhitelistMode', true);
  await api.call('addRoom', { roomName: 'attic', options: { owner: 'bob', adminlist: ['ann'] } });
  await bob.call('roomJoin', 'attic');
  await bob.call('roomMembersAdd', 'attic', ['ann', 'carl']);
  await annToo.call('roomMemberQuit', 'attic');
  await annToo.call('roomLeave', 'lobby');
  await api.call('addUser', { userName: 'carol', options: { whitelist: ['ann'] } });
  await api.call('deleteRoom', { roomName: 'attic' });
  await ann.call('roomDelete', 'lobby');
  for (const user of [ann, annToo, bob]) user.raw.close();
  for (const userName of ['ann', 'bob', 'carol']) {
    await eventually(async () => expect(await api.call('deleteUser', { userName })).toBe(null));
  }
  expect(await contacts(carl)).toEqual([]);
  await eventually(() => expect(carl.heard('contactRemoved')).toEqual([['ann'], ['bob']]));
  carl.raw.close();
  await eventually(async () => expect(await api.call('deleteUser', { userName: 'carl' })).toBe(null));
  await expectNothingLeft(redis, service.prefix);
});

/** The doomed node has a user of Redis of its own, whose rights can be taken away. */
async function doomedSettings(redis: RedisServer, number: number): Promise<Record<string, string>> {
  await redis.client().call('ACL', 'SETUSER', `doomed${number}`, 'on', '>secret', 'allkeys', 'allchannels', '+@all');
  return { PARLEY_REDIS_URL: redis.url.replace('redis://', `redis://doomed${number}:secret@`) };
}

async function openScene(
  redis: RedisServer,
  prefix: string,
  { living, doomed, number }: { living: ServiceNode; doomed: ServiceNode; number: number },
): Promise<Scene> {
  const login = (node: ServiceNode, userName: string): Promise<User> =>
    loginRpc(scope, node.url, userName, { credentials: { userName, enableSync: true } });
  const roomName = `room${number}`;
  const scene = {
    roomName,
    owner: await login(doomed, `owner${number}`),
    sibling: await login(living, `owner${number}`),
    occupant: await login(living, `occupant${number}`),
    bystander: await login(living, `occupant${number}`),
  };
  await scene.owner.call('roomCreate', roomName);
  for (const user of [scene.owner, scene.occupant]) await user.call('roomJoin', roomName);
  const others = { room: 'user', user: 'room' };
  const only = (...tags: string[]): Promise<unknown> =>
    redis.client().call('ACL', 'SETUSER', `doomed${number}`, 'resetkeys', ...tags.map((tag) => `~${prefix}:{${tag}`));
  return {
    ...scene,
    denyCommand: (name) => redis.client().call('ACL', 'SETUSER', `doomed${number}`, `-${name}`),
    denyAllBut: (userName) => only('room*', 'node*', 'probe*', 'calls*', `user:${userName}}*`),
    deny: (kind) => {
      const kept = [others[kind], 'node', 'probe', 'calls'].map((tag) => `~${prefix}:{${tag}*`);
      return redis.client().call('ACL', 'SETUSER', `doomed${number}`, 'resetkeys', ...kept);
    },
  };
}

/** Apart from the living nodes' own keys, and what expires by itself, there is nothing. */
async function expectNothingLeft(redis: RedisServer, prefix: string): Promise<void> {
  await eventually(async () => {
    const client = redis.client();
    const keys = (await client.keys(`${prefix}:*`)).map((key) => key.slice(prefix.length + 1));
    const left = keys.filter((key) => !/^\{(node:.*|nodes)\}/.test(key)).toSorted();
    expect(left.filter((key) => !expiring.test(key))).toEqual([]);
    for (const key of left) expect(await client.pttl(`${prefix}:${key}`)).toBeGreaterThan(0);
  });
}

test('conversations leave nothing once both users are deleted, also where one was deleted long before', async () => {
  const redis = await startRedis(scope);
  const stored = { ...env, PARLEY_DIRECT_MESSAGES: 'stored' };
  const service = await startService(scope, { nodes: 2, redis, env: stored });
  const api = serverApi(service.node(1));
  const login = (node: 0 | 1, userName: string): Promise<User> => loginRpc(scope, service.node(node).url, userName);
  const [ann, bob, carol] = [await login(0, 'ann'), await login(1, 'bob'), await login(1, 'carol')];
  await api.call('addUser', { userName: 'dave' });
  for (const to of ['bob', 'carol', 'dave']) {
    await ann.call('directMessage', to, { text: 'hello' }, { clientMessageId: 'm-1' });
  }
  await bob.call('directMessage', 'ann', { text: 'hello' });
  await bob.call('directMessageRead', 'ann', 1);
  await carol.call('directMessage', 'bob', { event: 'typing' }, { clientMessageId: 'm-1', transient: true });
  for (const user of [ann, bob, carol]) user.raw.close();
  for (const userName of ['dave', 'ann', 'carol', 'bob']) {
    await eventually(async () => expect(await api.call('deleteUser', { userName })).toBe(null));
  }
  await expectNothingLeft(redis, service.prefix);
});

test('a user who was erased leaves tombstones, and they go with the rooms and conversations that they are in', async () => {
  const redis = await startRedis(scope);
  const stored = { ...env, PARLEY_DIRECT_MESSAGES: 'stored', PARLEY_REDIS_TIMEOUT_MS: '1000' };
  const service = await startService(scope, { nodes: 2, redis, env: stored });
  const api = serverApi(service.node(1));
  const [ann, bob] = [
    await loginRpc(scope, service.node(0).url, 'ann'),
    await loginRpc(scope, service.node(1).url, 'bob'),
  ];
  await bob.call('roomCreate', 'lobby');
  for (const user of [ann, bob]) {
    await user.call('roomJoin', 'lobby');
    await user.call('roomMessage', 'lobby', { text: 'hello' }, { clientMessageId: 'm-1' });
  }
  await ann.call('profileSet', { fullName: 'Ann A.' });
  await ann.call('contactAdd', 'bob');
  await ann.call('directMessage', 'bob', { text: 'hello' }, { clientMessageId: 'm-1' });
  await bob.call('directMessage', 'ann', { text: 'hello' });
  expect(await api.call('eraseUser', { userName: 'ann' })).toEqual({ done: false });
  await eventually(async () => expect(await api.call('eraseUser', { userName: 'ann' })).toEqual({ done: true }), {
    timeoutMs: 60_000,
  });
  expect(await contacts(bob)).toEqual([]);
  const left = (await redis.client().keys(`${service.prefix}:{user:ann}:*`)).filter((key) => !expiring.test(key));
  expect(left).toEqual([]);
  await bob.call('roomDelete', 'lobby');
  bob.raw.close();
  await eventually(async () => expect(await api.call('deleteUser', { userName: 'bob' })).toBe(null));
  await expectNothingLeft(redis, service.prefix);
});

test('anonymous users who have lived and gone leave nothing once their resume tokens are over', async () => {
  const redis = await startRedis(scope);
  const short = { PARLEY_ALLOW_ANONYMOUS: 'on', PARLEY_RESUME_TOKEN_MS: '1000', PARLEY_DEDUP_MS: '1000' };
  const service = await startService(scope, { nodes: 1, redis, env: { ...env, ...short } });
  const { url } = service.node(0);
  const host = await loginRpc(scope, url, 'host');
  await host.call('roomCreate', 'lobby');
  await host.call('roomJoin', 'lobby');
  const live = async (i: number): Promise<void> => {
    const credentials = { anonymous: true, enableSync: i % 2 === 0 };
    const user = await loginRpc(scope, url, '', { credentials });
    const { userName } = user.authData;
    await user.call('roomJoin', 'lobby');
    await user.call('roomMessage', 'lobby', { text: 'hello' }, { clientMessageId: `m-${i}` });
    await host.call('directMessage', userName, { text: 'welcome' }, { clientMessageId: `d-${i}` });
    await user.call('directAddToList', 'blacklist', ['host']);
    await user.call('directSetWhitelistMode', true);
    if (i % 4 < 2) await user.call('roomLeave', 'lobby');
    user.raw.close();
  };
  for (let batch = 0; batch < 5; batch++) await Promise.all(Array.from({ length: 20 }, (_, i) => live(batch * 20 + i)));
  const client = redis.client();
  const lobby = `${service.prefix}:{room:lobby}`;
  await eventually(async () => expect(await client.keys(`${service.prefix}:{user:anonymous-*`)).toEqual([]), {
    timeoutMs: 30_000,
  });
  // The room remembers when they were there, a bounded number of them, and not since when.
  expect(await client.hlen(`${lobby}:members`)).toBe(1);
  expect(await client.hkeys(`${lobby}:seen`)).toEqual(['host']);
  expect(await client.zcard(`${lobby}:left`)).toBe(100);
  // Those who left by their session are not told when it is deleted; the others may have it in theirs.
  expect(await client.hlen(`${lobby}:entries`)).toBeLessThanOrEqual(25);
});

test('a user who comes back in time is the same, and one who has left something behind is not forgotten', async () => {
  const redis = await startRedis(scope);
  const service = await startService(scope, { nodes: 1, redis, env });
  const { url } = service.node(0);
  const client = redis.client();
  const ttl = (userName: string): Promise<number> => client.pttl(`${service.prefix}:{user:${userName}}:meta`);
  const visit = async (userName: string, during: (user: User) => Promise<unknown>): Promise<number> => {
    const user = await loginRpc(scope, url, userName);
    expect(await ttl(userName)).toBe(-1);
    await during(user);
    user.raw.close();
    await eventually(async () => expect(await client.exists(`${service.prefix}:{user:${userName}}:sockets`)).toBe(0));
    return ttl(userName);
  };
  expect(await visit('guest', () => Promise.resolve())).toBeGreaterThan(1_000_000);
  expect(await visit('guest', (user) => user.call('directAddToList', 'whitelist', ['host']))).toBe(-1);
  expect(await visit('owner', (user) => user.call('roomCreate', 'attic'))).toBe(-1);
});

test('a deletion is answered before thousands of sessions are told, and they are told all the same', async () => {
  const redis = await startRedis(scope);
  const service = await startService(scope, { nodes: 1, redis, env });
  const credentials = { userName: 'host', enableSync: true };
  const host = await loginRpc(scope, service.node(0).url, 'host', { credentials });
  const [client, users] = [redis.client(), Array.from({ length: 3000 }, (_, i) => `user${i}`)];
  let tries = 0;
  const deleted = await eventually(async () => {
    const [roomName, tag] = [`lobby${++tries}`, `${service.prefix}:{room:lobby${tries}}`];
    for (const method of ['roomCreate', 'roomJoin']) await host.call(method, roomName);
    await client.hset(`${tag}:entries`, Object.fromEntries(users.map((name) => [name, '1'])));
    expect(await host.call('roomDelete', roomName)).toBe(null);
    // Who asks hears of it before the answer, and not everybody by then, unless this process stood still.
    const names = host.received.map((entry) => ('name' in entry ? entry.name : entry.method));
    expect(names.lastIndexOf('$.chat.leave')).toBeGreaterThan(names.lastIndexOf('roomJoin'));
    expect(names.lastIndexOf('$.chat.leave')).toBeLessThan(names.lastIndexOf('roomDelete'));
    expect(await client.keys(`${tag}:entries:*`)).toHaveLength(1);
    return tag;
  });
  await eventually(async () => expect(await client.keys(`${deleted}:entries:*`)).toEqual([]));
  await eventually(async () => expect(await client.exists(`${deleted}:gone`)).toBe(0));
});
