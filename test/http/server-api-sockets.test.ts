// The server API acting on sockets, on whatever node they are: asked of one node, done and acknowledged by the other.
import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { encodeValue } from '../../src/protocol/wire/msgpack.ts';
import type { Value } from '../../src/protocol/params/values.ts';
import { Keyspace } from '../../src/redis/keys.ts';
import { about, fenceRoom, fenceUser, idsHeard } from '../chat/world.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { serverApi } from '../support/server-api.ts';
import { startService, type Service } from '../support/service.ts';
import { worldEnv } from './api-world.ts';

const scope = useScope();
let redis: RedisServer;
let service: Service<RedisServer>;
beforeAll(async () => {
  redis = await startRedis(scope);
  service = await startService(scope, { redis, nodes: 2, env: worldEnv });
});

let count = 0;
const fresh = (what: string): string => `${what}-${++count}`;
const login = (node: 0 | 1, userName = fresh('user')): Promise<User> =>
  loginRpc(scope, service.node(node).url, userName);
const api = serverApiOf(0);

/** Asks one node; it may be started later. */
function serverApiOf(node: 0 | 1): ReturnType<typeof serverApi> {
  const asked = (): ReturnType<typeof serverApi> => serverApi(service.node(node));
  return {
    ask: (...args) => asked().ask(...args),
    call: (...args) => asked().call(...args),
    refusal: (...args) => asked().refusal(...args),
  };
}

const asOf = (user: User, more: { bypassPermissions?: boolean } = {}): { userName: string; socketId: string } => ({
  userName: user.userName,
  socketId: user.authData.id,
  ...more,
});

describe.each<[string, 0 | 1]>([
  ['of the node that is asked', 0],
  ['of another node', 1],
])('a socket %s', (_, home) => {
  test('joins and leaves as if it had asked itself, and hears the echoes of it', async () => {
    const [user, poster] = [await login(home), await login(0)];
    const sibling = await login(home === 0 ? 1 : 0, user.userName);
    const roomName = fresh('room');
    await poster.call('roomCreate', roomName);
    await poster.call('roomJoin', roomName);
    expect(await api.call('roomJoin', [roomName], asOf(user))).toBe(1);
    // Acknowledged: from here on it hears everything.
    expect(await poster.call('roomMessage', roomName, { n: 1 })).toBe(1);
    expect((await user.next('roomMessage'))[1]).toMatchObject({ n: 1 });
    expect(await user.next('roomUserJoined')).toEqual([roomName, user.userName]);
    for (const told of [user, sibling])
      expect(await told.next('roomJoinedEcho')).toEqual([roomName, user.authData.id, 1]);
    // Again, it changes nothing, and nothing is said.
    expect(await api.call('roomJoin', [roomName], asOf(user))).toBe(1);
    expect(await api.call('roomJoin', [roomName], asOf(sibling))).toBe(2);
    expect(await user.next('roomJoinedEcho')).toEqual([roomName, sibling.authData.id, 2]);

    expect(await api.call('roomLeave', [roomName], asOf(user))).toBe(1);
    for (let n = 2; n <= 4; n++) await poster.call('roomMessage', roomName, { n });
    await fenceRoom(poster, roomName, poster, sibling);
    for (const told of [user, sibling])
      expect(await told.next('roomLeftEcho')).toEqual([roomName, user.authData.id, 1]);
    await fenceUser(sibling, user);
    expect([idsHeard(user, roomName), idsHeard(sibling, roomName)]).toEqual([[1], [2, 3, 4]]);
    expect(await api.call('roomLeave', [roomName], asOf(user))).toBe(1);
    expect(await api.call('roomLeave', [roomName], asOf(sibling))).toBe(0);
    expect(await poster.next('roomUserLeft')).toEqual([roomName, user.userName]);
    expect(about(user, roomName).filter(([name]) => name === 'roomJoinedEcho')).toHaveLength(2);
    // What the API did is nothing else than what the socket does.
    expect(await user.call('roomJoin', roomName)).toBe(1);
    await fenceRoom(poster, roomName, user);
  });

  test('joins several rooms from where it was, and is refused room by room', async () => {
    const [user, poster] = [await login(home), await login(1)];
    const [first, second] = [fresh('room'), fresh('room')];
    for (const roomName of [first, second]) {
      await poster.call('roomCreate', roomName, roomName === second);
      await poster.call('roomJoin', roomName);
      await poster.call('roomMessage', roomName, { in: roomName });
    }
    const { epoch } = Object(await api.call('roomHistoryInfo', [first]));
    const positions = [
      { roomName: first, epoch, lastMessageId: 0 },
      { roomName: second },
      { roomName: fresh('nowhere') },
    ];
    const joined = await api.call('roomsJoin', [positions], asOf(user));
    expect(joined).toEqual([
      {
        roomName: first,
        njoined: 1,
        epoch,
        lastMessageId: 1,
        recovered: true,
        messages: [expect.objectContaining({ in: first, id: 1 })],
        lastChange: 0,
      },
      { roomName: second, error: expect.objectContaining({ code: 'notAllowed' }) },
      { roomName: expect.any(String), error: expect.objectContaining({ code: 'noRoom' }) },
    ]);
    await poster.call('roomMessage', first, {});
    expect((await user.next('roomMessage'))[1]).toMatchObject({ id: 2 });
  });

  test('is refused what it may not; access to a room is never bypassed, its own limits neither', async () => {
    const user = await login(home);
    const roomName = fresh('room');
    await api.call('addRoom', [roomName, { blacklist: [user.userName] }]);
    for (const bypassPermissions of [false, true]) {
      const as = asOf(user, { bypassPermissions });
      expect(await api.refusal('roomJoin', [roomName], as)).toMatchObject({ code: 'notAllowed' });
      expect(await api.refusal('roomJoin', [fresh('nowhere')], as)).toMatchObject({ code: 'noRoom' });
      expect(await api.refusal('roomLeave', [fresh('nowhere')], as)).toMatchObject({ code: 'noRoom' });
      expect(await api.refusal('roomJoin', ['a:b'], as)).toMatchObject({ code: 'noRoom' });
    }
    for (let n = 0; n < 3; n++) {
      const filler = fresh('room');
      await api.call('addRoom', [filler]);
      expect(await api.call('roomJoin', [filler], asOf(user))).toBe(1);
    }
    const last = fresh('room');
    await api.call('addRoom', [last]);
    expect(await api.refusal('roomJoin', [last], asOf(user))).toMatchObject({ code: 'tooManyRooms' });
    expect(await api.call('roomGet', [last])).toMatchObject({ sizes: { userlist: 0 } });
  });

  test('is one that the user has: neither anybody else’s nor one that is gone', async () => {
    const [user, other] = [await login(home), await login(home)];
    const roomName = fresh('room');
    await api.call('addRoom', [roomName]);
    for (const socketId of ['nonsense', '', other.authData.id]) {
      for (const method of ['roomJoin', 'roomLeave']) {
        const refused = await api.refusal(method, [roomName], { userName: user.userName, socketId });
        expect(refused).toMatchObject({ code: 'invalidSocket', args: [socketId] });
      }
    }
    user.raw.terminate();
    await eventually(async () =>
      expect(await api.refusal('roomJoin', [roomName], asOf(user))).toMatchObject({ code: 'invalidSocket' }),
    );
    expect(await api.refusal('roomJoin', [roomName], { ...asOf(other), userName: fresh('nobody') })).toMatchObject({
      code: 'noUser',
    });
  });

  test('does what it is made to do in order with what it asks itself', async () => {
    const [user, poster] = [await login(home), await login(0)];
    const roomName = fresh('room');
    await poster.call('roomCreate', roomName);
    await poster.call('roomJoin', roomName);
    for (let round = 0; round < 25; round++) {
      const join = (): Promise<Value> => user.call('roomJoin', roomName);
      const leave = (): Promise<Value> => api.call('roomLeave', [roomName], asOf(user));
      await Promise.all(round % 2 === 0 ? [join(), leave(), join()] : [leave(), join(), leave(), join()]);
      // However they fell out, both sides agree on it.
      const listed = Object(await user.call('listOwnSockets'))[user.authData.id].includes(roomName);
      const member = await api.call('roomHasInList', [roomName, 'userlist', user.userName]);
      expect([listed, member]).toEqual([member, member]);
      await poster.call('roomMessage', roomName, { round });
      await fenceRoom(poster, roomName, poster);
      if (member === true) await fenceRoom(poster, roomName, user);
      else await user.call('ping');
      const heard = about(user, roomName).some(
        ([name, , message]) => name === 'roomMessage' && Object(message).round === round,
      );
      expect([round, heard]).toEqual([round, member]);
    }
  });
});

test('of a user’s session, all sockets that take part are told, and a leave takes them all out', async () => {
  const userName = fresh('synced');
  const sync = (node: 0 | 1): Promise<User> =>
    loginRpc(scope, service.node(node).url, userName, { credentials: { userName, enableSync: true } });
  const [near, far] = [await sync(0), await sync(1)];
  const roomName = fresh('room');
  await api.call('addRoom', [roomName]);
  expect(await api.call('roomJoin', [roomName, { group: 'work' }], asOf(far))).toBe(1);
  const chat = { name: roomName, group: 'work', private: false, meta: {} };
  for (const told of [near, far]) expect(await told.next('$.chat.join')).toEqual([{ chat }]);
  expect(await api.call('sessionGet', [], { userName })).toEqual({ custom: {}, work: { [roomName]: chat } });
  expect(await api.call('roomJoin', [roomName], asOf(near))).toBe(2);
  expect(await api.call('roomLeave', [roomName], asOf(far))).toBe(0);
  for (const told of [near, far]) expect(await told.next('$.chat.leave')).toEqual([{ chat }]);
  expect(await api.call('sessionGet', [], { userName })).toEqual({ custom: {} });
  expect(await api.call('userGet', [userName])).toMatchObject({ sockets: [{ rooms: [] }, { rooms: [] }] });
});

test('many at once on the other node are all acknowledged', async () => {
  const users = await Promise.all(Array.from({ length: 20 }, () => login(1)));
  const roomName = fresh('room');
  await api.call('addRoom', [roomName]);
  await Promise.all(users.map((user) => api.call('roomJoin', [roomName], asOf(user))));
  expect(await api.call('roomGet', [roomName])).toMatchObject({
    sizes: { userlist: 20 },
    nodes: [{ nodeId: service.node(1).nodeId, sockets: 20 }],
  });
  await api.call('roomMessage', [roomName, { to: 'all' }]);
  for (const user of users) expect((await user.next('roomMessage'))[1]).toMatchObject({ to: 'all' });
});

test('a node that does not answer in time is a timeout, and whoever it thaws for is as it says', async () => {
  const frozen = await service.addNode();
  const user = await loginRpc(scope, frozen.url, fresh('user'));
  const roomName = fresh('room');
  await api.call('addRoom', [roomName]);
  frozen.freeze();
  const refused = await api.ask('roomJoin', { params: [roomName], as: asOf(user) });
  expect([refused.status, refused.body]).toMatchObject([504, { error: { code: 'timeout', temporary: true } }]);
  frozen.thaw();
  // It was done late, or not at all: asking again finds out.
  await eventually(async () => expect(await api.call('roomJoin', [roomName], asOf(user))).toBe(1));
  await api.call('roomMessage', [roomName, { after: 'the thaw' }]);
  expect((await user.next('roomMessage'))[1]).toMatchObject({ after: 'the thaw' });
});

test('what anybody publishes on the channel of calls does no harm', async () => {
  const channel = new Keyspace(service.prefix).calls(service.node(1).nodeId);
  const client = redis.client();
  const question = { method: 'roomDelete', params: ['x'], socketId: 's', userName: 'u' };
  const junk: (Uint8Array | string)[] = [
    '',
    'text',
    Uint8Array.of(0xc1),
    Uint8Array.of(0x93, 0),
    randomBytes(200),
    ...[null, [], {}, [0], [0, 'x', 'y', 'z'], [1, 1, null], [2, 9], [3, 1], [0, 1, 'nobody', null]].map((value) =>
      encodeValue(value),
    ),
    encodeValue([0, 1, service.node(0).nodeId, question]),
    encodeValue([0, 1, service.node(0).nodeId, { ...question, method: 'roomJoin', params: 'x' }]),
  ];
  for (const bytes of junk) await client.spublish(channel, Buffer.from(bytes));
  const user = await login(1);
  const roomName = fresh('room');
  await api.call('addRoom', [roomName]);
  expect(await api.call('roomJoin', [roomName], asOf(user))).toBe(1);
  expect(
    service
      .node(1)
      .logs()
      .filter(({ level }) => Number(level) >= 50),
  ).toEqual([]);
});

test('calls survive the loss of the connections for subscriptions', async () => {
  const user = await login(1);
  const roomName = fresh('room');
  await api.call('addRoom', [roomName]);
  expect(await redis.killSubscribers()).toBeGreaterThan(0);
  await eventually(async () => expect(await api.call('roomJoin', [roomName], asOf(user))).toBe(1), {
    timeoutMs: 30_000,
  });
});

test('calls reach a node that had to begin again as another instance', async () => {
  const own = await startService(scope, { nodes: 2, env: { ...worldEnv, PARLEY_NODE_LEASE_MS: '4000' } });
  const [asked, reborn] = [own.node(0), own.node(1)];
  const before = reborn.nodeId;
  reborn.freeze();
  // Its peer has claimed its lease, and cleaned up after it.
  await eventually(async () => {
    const { nodes } = Object(await serverApi(asked).call('nodesList'));
    expect(nodes.map(({ nodeId }: { nodeId: string }) => nodeId)).toEqual([asked.nodeId]);
  });
  reborn.thaw();
  await eventually(async () => {
    const { body } = await reborn.operator('/readyz');
    expect(Object(body)).toMatchObject({ status: 'ok', node: expect.not.stringMatching(before) });
  });
  const user = await loginRpc(scope, reborn.url, 'ada');
  await serverApi(asked).call('addRoom', ['lobby']);
  await eventually(async () => expect(await serverApi(asked).call('roomJoin', ['lobby'], asOf(user))).toBe(1));
});

describe('disconnectUserSockets', () => {
  test('closes the sockets of a user on all nodes with its reason, nobody else’s, and they may come back', async () => {
    const one = await login(0);
    const sockets = [one, await login(1, one.userName), await login(1, one.userName)];
    const bystander = await login(1);
    const roomName = fresh('room');
    await api.call('addRoom', [roomName]);
    await bystander.call('roomJoin', roomName);
    await one.call('roomJoin', roomName);
    expect(await api.call('disconnectUserSockets', [one.userName, 'trop bavard, désolé'])).toBe(3);
    for (const socket of sockets) {
      expect(await socket.raw.closed).toEqual({ code: 4502, reason: 'trop bavard, désolé' });
    }
    expect(await bystander.next('roomUserLeft')).toEqual([roomName, one.userName]);
    expect(await api.call('disconnectUserSockets', [bystander.userName, 'x'.repeat(100)])).toBe(1);
    expect(await bystander.raw.closed).toMatchObject({ code: 4502, reason: 'x'.repeat(100) });
    const again = await login(0, one.userName);
    expect(await again.call('ping')).toBeGreaterThan(0);
    expect(await api.call('disconnectUserSockets', [one.userName])).toBe(1);
    expect(await again.raw.closed).toMatchObject({ code: 4502, reason: 'disconnectForced' });
    await eventually(async () => expect(await api.call('disconnectUserSockets', [one.userName])).toBe(0));
  });

  test('takes a reason of one short line', async () => {
    const user = await login(0);
    for (const reason of ['x'.repeat(101), 'é'.repeat(51), 'two\nlines', '', 'bell\u0007', 7]) {
      const refused = await api.refusal('disconnectUserSockets', [user.userName, reason]);
      expect(refused).toMatchObject({ code: 'badArgument', args: [1, reason] });
    }
    expect(await user.call('ping')).toBeGreaterThan(0);
  });

  test('what was counted is closed, also a socket that is only just logging in', async () => {
    const userName = fresh('racer');
    await api.call('addUser', [userName]);
    for (let round = 0; round < 20; round++) {
      const coming = ([0, 1] as const).map((node) => login(node, userName));
      const counted = Number(await serverApiOf(1).call('disconnectUserSockets', [userName]));
      const sockets = await Promise.all(coming.map((each) => each.catch(() => undefined)));
      const closed = sockets.filter((socket) => socket === undefined).length;
      // Those that got in after the count stay until they are counted.
      const rest = Number(await api.call('disconnectUserSockets', [userName]));
      for (const socket of sockets)
        if (socket !== undefined) expect(await socket.raw.closed).toMatchObject({ code: 4502 });
      expect(counted + rest).toBeGreaterThanOrEqual(2 - closed);
      await eventually(async () => expect(await api.call('userGet', [userName])).toMatchObject({ sockets: [] }));
    }
  });
});
