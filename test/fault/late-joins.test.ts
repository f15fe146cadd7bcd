// Joins, leaves and losses of one room that overtake each other, because one node hears late what the bus brings, or what its
// own commands were answered: each test holds back exactly that, and no time is drawn. What storms have found (room-storm.ts); a comment says what went wrong before it was mended.
import { expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { groupsOf } from '../chat/device.ts';
import { about, fenceRoom, fenceUser, field, idsHeard, until } from '../chat/world.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import type { Call, Outcome, Rpc } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type Service } from '../support/service.ts';
import { startSplitLink, type SplitLink } from '../support/weather.ts';
import { ask } from './evictions.ts';
import { openSocket, type StormSocket } from './storm-socket.ts';

const scope = useScope();

/** Longer than any test waits: what is held is let go by hand. */
const HELD_MS = 60_000;

interface Stage {
  /** Of the late node. */
  readonly link: SplitLink;
  /** Owner of the room, on the prompt node. */
  readonly owner: StormSocket;
  /** Members on the late node, who are in the room and in `side` throughout. */
  readonly witness: StormSocket;
  login(where: 'prompt' | 'late', userName: string, synced?: boolean): Promise<StormSocket>;
  /** Returns once Redis has, or has not, a socket in the room. */
  member(socket: StormSocket, isIn: boolean): Promise<void>;
  /** Returns once the late node has so many sockets. */
  open(count: number): Promise<void>;
}

const ROOM = 'lobby';
const SIDE = 'side';

async function startStage(largeSize = 1000): Promise<Stage> {
  return (await startStageWith(largeSize)).stage;
}

async function startStageWith(largeSize = 1000): Promise<{ stage: Stage; service: Service<RedisServer>; redis: RedisServer }> {
  const redis = await startRedis(scope);
  const link = await startSplitLink(scope, redis.port);
  const env = { PARLEY_ROOM_LARGE_SIZE: String(largeSize) };
  const service = await startService(scope, { redis, nodes: 1, env });
  const late = await service.addNode({ PARLEY_REDIS_URL: link.url });
  const client: Redis = redis.client();
  scope.add(() => client.disconnect());
  const login: Stage['login'] = (where, userName, synced = false) => {
    const node = where === 'late' ? 1 : 0;
    return openSocket(scope, node === 1 ? late.url : service.node(0).url, { userName, node, synced });
  };
  const [owner, witness] = [await login('prompt', 'owner'), await login('late', 'witness')];
  for (const room of [ROOM, SIDE]) {
    await owner.call('roomCreate', room);
    for (const socket of [owner, witness]) await socket.call('roomJoin', room);
  }
  const stage: Stage = {
    link,
    owner,
    witness,
    login,
    member: ({ userName, authData }, isIn) =>
      eventually(async () => {
        const noted = (await client.hget(`${service.prefix}:{room:${ROOM}}:members`, userName)) ?? '';
        expect(noted.includes(`${authData.id}@`)).toBe(isIn);
      }),
    open: (count) => eventually(async () => expect((await late.metrics()).sum('parley_sockets')).toBe(count)),
  };
  return { stage, service, redis };
}

async function say(poster: Rpc, count: number): Promise<number[]> {
  const ids: number[] = [];
  for (let i = 0; i < count; i++) ids.push(Number(await poster.call('roomMessage', ROOM, { i })));
  return ids;
}

/** Sends a request whose script runs at once, while the answers of the late node are held back. */
async function begin({ link, owner }: Stage, socket: Rpc, call: Call): Promise<{ answer: Promise<Outcome> }> {
  link.commands.delay(HELD_MS);
  // The post goes to Redis behind it, on the same connection.
  const [answer] = socket.callAll(call, ['roomMessage', SIDE, { behind: call[0] }]);
  await until(owner, 'roomMessage', ([, message]) => field(message, 'behind') === call[0]);
  if (answer === undefined) throw new Error('not asked');
  return { answer };
}

/** What a socket was told of the room: names of notices, ids of messages, methods of its own that were answered. */
function toldOf(socket: StormSocket): (string | number)[] {
  return socket.received.flatMap((entry): (string | number)[] => {
    if (!('name' in entry)) return /^room(Join|Leave)$/.test(entry.method) ? [entry.method] : [];
    const [first, second] = entry.params;
    if (entry.name.startsWith('$.chat.')) return [entry.name];
    if (first !== ROOM) return [];
    const id = field(second, 'id');
    if (entry.name === 'roomMessage') return typeof id === 'number' ? [id] : [];
    if (entry.name === 'roomLeftEcho') return second === socket.authData.id ? ['out'] : [];
    return /^room(AccessRemoved|Reset)$/.test(entry.name) ? [entry.name] : [];
  });
}

const isId = (told: string | number): told is number => typeof told === 'number';
const bar = (owner: Rpc, userName: string): Promise<unknown> =>
  owner.call('roomAddToList', ROOM, 'blacklist', [userName]);
const admit = (owner: Rpc, userName: string): Promise<unknown> =>
  owner.call('roomRemoveFromList', ROOM, 'blacklist', [userName]);

/** Returns once the late node has delivered what was said in the room, and what sockets were told before it. */
async function caughtUp({ owner, witness }: Stage, ...sockets: Rpc[]): Promise<void> {
  await fenceRoom(owner, ROOM, witness);
  for (const socket of sockets) await socket.call('ping');
}

// It heard all thirty: its leave has taken it out of the room, so that the eviction does not name it.
test('who is barred while its leave is not answered yet hears nothing of what is said then', async () => {
  const stage = await startStage();
  const { owner, link } = stage;
  const [leaving, other] = [await stage.login('late', 'bob'), await stage.login('prompt', 'bob')];
  for (const socket of [leaving, other]) await socket.call('roomJoin', ROOM);
  link.commands.delay(HELD_MS);
  const left = ask(leaving, 'roomLeave', ROOM);
  await stage.member(leaving, false);
  await bar(owner, 'bob');
  await other.next('roomAccessRemoved');
  const ids = await say(owner, 30);
  await caughtUp(stage, leaving);
  const heard = idsHeard(leaving, ROOM);
  link.commands.delay(0);
  await left;
  expect(heard.filter((id) => ids.includes(Number(id)))).toEqual([]);
});

// It heard 1 2 3 as a member and once more with the answer: the join was put before them in the log.
test('who joins once more while it is barred and let in again hears nothing twice', async () => {
  const stage = await startStage();
  const { owner, link } = stage;
  const bob = await stage.login('late', 'bob');
  await bob.call('roomJoin', ROOM);
  await bob.call('roomJoin', SIDE);
  const { answer } = await begin(stage, bob, ['roomJoin', ROOM]);
  await say(owner, 3);
  await bar(owner, 'bob');
  await admit(owner, 'bob');
  await caughtUp(stage, bob);
  link.commands.delay(0);
  expect(await answer).toMatchObject({ result: 1 });
  await caughtUp(stage, bob);
  const ids = toldOf(bob).filter(isId);
  expect(ids).toEqual([...new Set(ids)]);
});

// As above: 1 2 3, and 1 2 3 with the answer.
test('a device that joins once more while another one leaves and joins hears nothing twice', async () => {
  const stage = await startStage();
  const { owner, link } = stage;
  const [device, other] = [await stage.login('late', 'bob', true), await stage.login('prompt', 'bob', true)];
  for (const socket of [device, other]) await socket.call('roomJoin', ROOM);
  await device.call('roomJoin', SIDE);
  const { answer } = await begin(stage, device, ['roomJoin', ROOM]);
  await say(owner, 3);
  await other.call('roomLeave', ROOM);
  await other.call('roomJoin', ROOM);
  await caughtUp(stage, device);
  link.commands.delay(0);
  expect(await answer).toMatchObject({ result: 2 });
  await caughtUp(stage, device);
  const ids = toldOf(device).filter(isId);
  expect(ids).toEqual([...new Set(ids)]);
});

// It was told of the loss after the answer to its join, and went on hearing.
test('who joins before the bus has told it of an earlier loss is not told of it afterwards', async () => {
  const stage = await startStage();
  const { owner, link } = stage;
  const [far, near] = [await stage.login('late', 'bob'), await stage.login('prompt', 'bob')];
  await near.call('roomJoin', ROOM);
  link.bus.pause();
  await bar(owner, 'bob');
  await admit(owner, 'bob');
  await far.call('roomJoin', ROOM);
  link.bus.resume();
  await fenceUser(near, far);
  const ids = await say(owner, 3);
  await caughtUp(stage, far);
  const since = toldOf(far).slice(toldOf(far).lastIndexOf('roomJoin'));
  expect(since.filter(isId)).toEqual(ids);
  expect(since).not.toContain('roomAccessRemoved');
});

// The session lost the room, and the device was told so, though it was in the room and went on hearing it.
test('who is let in and joins before a loss has come to its session keeps the room in it', async () => {
  const stage = await startStage();
  const { owner, link } = stage;
  const ruler = await stage.login('late', 'owner');
  const [bob, other] = [await stage.login('prompt', 'bob', true), await stage.login('prompt', 'bob', true)];
  await bob.call('roomJoin', ROOM);
  link.commands.delay(HELD_MS);
  const barred = ask(ruler, 'roomAddToList', ROOM, 'blacklist', ['bob']);
  await stage.member(bob, false);
  await admit(owner, 'bob');
  await bob.call('roomJoin', ROOM);
  const at = toldOf(bob).length;
  link.commands.delay(0);
  await barred;
  await fenceUser(other, bob);
  const ids = await say(owner, 3);
  await fenceRoom(owner, ROOM, bob);
  expect(toldOf(bob).slice(at)).toEqual(ids);
  expect(Object.keys(groupsOf(await bob.call('sessionGet')))).toEqual([ROOM]);
  expect(field(await bob.call('listOwnSockets'), bob.authData.id)).toEqual([ROOM]);
});

// It was told that it had left after the answer to its join, and heard what was said from the join on; the rest was missing.
test('a device that is taken out and joins before the bus has told it hears all, or is told what it missed', async () => {
  const stage = await startStage();
  const { owner, link } = stage;
  const [device, other] = [await stage.login('late', 'bob', true), await stage.login('prompt', 'bob', true)];
  for (const socket of [device, other]) await socket.call('roomJoin', ROOM);
  const before = await say(owner, 2);
  await caughtUp(stage, device);
  link.bus.pause();
  await other.call('roomLeave', ROOM);
  await other.call('roomJoin', ROOM);
  const between = await say(owner, 2);
  await device.call('roomJoin', ROOM);
  const after = await say(owner, 2);
  link.bus.resume();
  await caughtUp(stage, device);
  await fenceUser(other, device);
  const told = toldOf(device);
  const answered = told.lastIndexOf('roomJoin');
  const outAt = Math.max(told.indexOf('out'), told.indexOf('$.chat.leave'));
  expect(told.filter(isId).filter((id) => !between.includes(id))).toEqual([...before, ...after]);
  expect(outAt).toBeLessThan(answered);
  const isWhole = between.every((id) => told.includes(id));
  expect([told, isWhole || outAt > 0 || told.includes('roomReset')]).toEqual([told, true]);
});

// It was told that there is no such room, then heard what was said in it. A device heard nothing, but was not told either that
// the room is gone: it was not attached any more when the late node heard of the end, and the user's log left that node out.
describeNoRoom(false);
describeNoRoom(true);

function describeNoRoom(isSynced: boolean): void {
  const who = isSynced ? 'a device' : 'a socket';
  test(`${who} whose leave finds no room hears nothing of it afterwards, nor that it has left`, async () => {
    const stage = await startStage();
    const { owner, witness, link } = stage;
    const [bob, other] = [await stage.login('late', 'bob', isSynced), await stage.login('prompt', 'bob')];
    await bob.call('roomJoin', ROOM);
    link.bus.pause();
    await say(owner, 3);
    await owner.call('roomDelete', ROOM);
    expect(await bob.refusal('roomLeave', ROOM)).toMatchObject({ code: 'noRoom' });
    const at = toldOf(bob).length;
    link.bus.resume();
    await witness.next('roomAccessRemoved');
    await bob.next('roomAccessRemoved');
    await fenceUser(other, bob);
    const since = toldOf(bob).slice(at);
    // The room is gone, and all the user's sockets are told so.
    expect(since.filter((one) => one !== '$.chat.leave')).toEqual(['roomAccessRemoved']);
    expect(about(bob, ROOM).filter(([name, , id]) => name === 'roomLeftEcho' && id === bob.authData.id)).toEqual([]);
  });
}

/** What a device is told of a loss, where what the late node asks of Redis is answered late. */
async function orderOfLoss(largeSize: number): Promise<(string | number)[]> {
  const stage = await startStage(largeSize);
  const { owner, link } = stage;
  const bob = await stage.login('late', 'bob', true);
  await bob.call('roomJoin', ROOM);
  await owner.call('roomAddToList', ROOM, 'whitelist', ['witness']);
  await caughtUp(stage, bob);
  const at = toldOf(bob).length;
  link.commands.delay(100);
  await owner.call('roomSetWhitelistMode', ROOM, true);
  await until(bob, 'roomAccessRemoved', () => true);
  await until(bob, '$.chat.leave', () => true);
  return toldOf(bob).slice(at);
}

test('a loss of a small room is told before what it means for the session', async () => {
  expect(await orderOfLoss(1000)).toEqual(['roomAccessRemoved', '$.chat.leave']);
});

// It was the other way round: the user's log brought it while the room's feed read on behind the restriction.
test('so it is in a large room', async () => {
  expect(await orderOfLoss(2)).toEqual(['roomAccessRemoved', '$.chat.leave']);
});

// The session's notice came twice: of the loss, and of the entry that the join had made behind it.
test('so it is for a device that joins once more meanwhile', async () => {
  const stage = await startStage();
  const { owner, link } = stage;
  const [bob, other] = [await stage.login('late', 'bob', true), await stage.login('prompt', 'bob')];
  await bob.call('roomJoin', ROOM);
  await bob.call('roomJoin', SIDE);
  const { answer } = await begin(stage, bob, ['roomJoin', ROOM]);
  const at = toldOf(bob).length;
  await bar(owner, 'bob');
  await caughtUp(stage, bob);
  await fenceUser(other, bob);
  link.commands.delay(0);
  await answer;
  await caughtUp(stage, bob);
  const told = toldOf(bob).slice(at);
  expect(told.filter((one) => one !== 'roomJoin')).toEqual(['roomAccessRemoved', '$.chat.leave']);
});

// It went on hearing the new room: where the log was another one than was followed, what took the socket out was not looked at.
test('a device that joined a room made anew, and was taken out before the node knew of either, is out', async () => {
  const stage = await startStage();
  const { owner, link } = stage;
  const [device, other] = [await stage.login('late', 'bob', true), await stage.login('prompt', 'bob', true)];
  link.bus.pause();
  await owner.call('roomDelete', ROOM);
  await owner.call('roomCreate', ROOM);
  for (const socket of [owner, other]) await socket.call('roomJoin', ROOM);
  link.commands.delay(HELD_MS);
  const joined = ask(device, 'roomJoin', ROOM);
  await stage.member(device, true);
  await other.call('roomLeave', ROOM);
  link.commands.delay(0);
  expect(await joined).toMatchObject({ result: 2 });
  link.bus.resume();
  await fenceUser(other, device);
  // Who was in the old room is closed, and comes back.
  const witness = await stage.login('late', 'witness');
  await witness.call('roomJoin', ROOM);
  const ids = await say(owner, 3);
  await caughtUp({ ...stage, witness }, device);
  const told = toldOf(device);
  expect([told, told.filter(isId).filter((id) => ids.includes(id))]).toEqual([told, []]);
});

// It heard all three, and was told of a reset in place of its loss, which came in the part of the log that nobody here has. Now it
// is compared with Redis, and closed to start afresh.
test('who joined a room made anew, and was barred before the node knew of either, hears nothing of what follows', async () => {
  const stage = await startStage();
  const { owner, link } = stage;
  const bob = await stage.login('late', 'bob');
  link.bus.pause();
  await owner.call('roomDelete', ROOM);
  await owner.call('roomCreate', ROOM);
  await owner.call('roomJoin', ROOM);
  link.commands.delay(HELD_MS);
  const joined = ask(bob, 'roomJoin', ROOM);
  await stage.member(bob, true);
  await bar(owner, 'bob');
  link.commands.delay(0);
  await joined;
  link.bus.resume();
  expect(await bob.raw.closed).toMatchObject({ code: 4002 });
  const witness = await stage.login('late', 'witness');
  await witness.call('roomJoin', ROOM);
  const ids = await say(owner, 3);
  await fenceRoom(owner, ROOM, witness);
  const told = toldOf(bob);
  expect([told, told.filter(isId).filter((id) => ids.includes(id))]).toEqual([told, []]);
});

// It was not told: the late node had nobody of the user attached, and the user's log left it out, for Redis still had the other.
test('who is beside a socket that has just vanished is told that the room is gone', async () => {
  const stage = await startStage();
  const { owner, witness, link } = stage;
  const [vanishing, beside] = [await stage.login('late', 'bob'), await stage.login('late', 'bob')];
  const other = await stage.login('prompt', 'bob');
  await vanishing.call('roomJoin', ROOM);
  await caughtUp(stage, vanishing);
  link.commands.pause();
  vanishing.raw.terminate();
  await stage.open(2);
  await owner.call('roomDelete', ROOM);
  await witness.next('roomAccessRemoved');
  await beside.next('roomAccessRemoved');
  await fenceUser(other, beside);
  link.commands.resume();
  expect(beside.heard('roomAccessRemoved')).toEqual([[ROOM]]);
});

// The answer named message 2, and 1 and 2 came behind it: it was told to be out, and heard the room all the same.
test('a device that joins while another one begins to leave hears nothing of before its answer after that', async () => {
  const { stage, service, redis } = await startStageWith();
  const { owner, witness, link } = stage;
  const slowLink = await startSplitLink(scope, redis.port);
  const slow = await service.addNode({ PARLEY_REDIS_URL: slowLink.url });
  const device = await stage.login('late', 'bob', true);
  const other = await openSocket(scope, slow.url, { userName: 'bob', node: 2, synced: true });
  for (const socket of [device, other]) await socket.call('roomJoin', ROOM);
  link.commands.pause();
  const joined = ask(device, 'roomsJoin', [{ roomName: ROOM }]);
  await device.call('ping');
  slowLink.commands.delay(HELD_MS);
  const left = ask(other, 'roomLeave', ROOM);
  // What comes after it has come to the late node when the witness has heard what was said after it.
  await eventually(async () => expect(await pendingLeaves(redis, service.prefix)).toBe(1));
  await owner.call('roomMessage', SIDE, { behind: 'leave' });
  await until(witness, 'roomMessage', ([, message]) => field(message, 'behind') === 'leave');
  link.bus.pause();
  const ids = await say(owner, 2);
  link.commands.resume();
  const answer = await joined;
  expect(answer).toMatchObject({ result: [{ lastMessageId: ids.at(-1) }] });
  link.bus.resume();
  slowLink.commands.delay(0);
  await left;
  await caughtUp(stage, device);
  expect(toldOf(device).filter((one) => one === '$.chat.leave' || isId(one))).toEqual(['$.chat.leave']);
});

/** Leaves of bob's session that are begun and not done. */
async function pendingLeaves(redis: RedisServer, prefix: string): Promise<number> {
  const client = redis.client();
  const count = await client.hlen(`${prefix}:{user:bob}:leaving`);
  client.disconnect();
  return count;
}
