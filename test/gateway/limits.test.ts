// Every limit of a connection: what is let through up to it, and what is said beyond it. Sockets per address are in
// upgrade.test.ts.
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createCodec } from '../../src/protocol/wire/codec.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { connectRpc, loginRpc, type Call, type Outcome } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startNode, startService, type ServiceNode } from '../support/service.ts';

const scope = useScope();
let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis(scope);
});

const start = (env: Record<string, string>): Promise<ServiceNode> => startNode(scope, { redis, env });

const codeOf = (outcome: Outcome): string => ('error' in outcome ? outcome.error.code : 'ok');
const repeat = (count: number, ...call: Call): Call[] => Array.from({ length: count }, () => call);

test('a socket that does not log in is closed, however much it says; one that does stays', async () => {
  const { url } = await start({ PARLEY_LOGIN_TIMEOUT_MS: '4000' });
  const alice = await loginRpc(scope, url, 'alice');
  const silent = await connectRpc(scope, url);
  const talking = await connectRpc(scope, url);
  expect(await talking.refusal('ping')).toMatchObject({ code: 'noLogin' });
  const late = { code: 4004, reason: 'loginTimeout' };
  expect(await Promise.all([silent.raw.closed, talking.raw.closed])).toEqual([late, late]);
  expect(await alice.call('ping')).toEqual(expect.any(Number));
});

test('a user has so many sockets on all nodes together, until one closes', async () => {
  const service = await startService(scope, { redis, nodes: 2, env: { PARLEY_SOCKETS_PER_USER: '2' } });
  const [first, second] = service.nodes.map(({ url }) => url);
  if (first === undefined || second === undefined) throw new Error('two nodes were asked for');
  const one = await loginRpc(scope, first, 'alice');
  const two = await loginRpc(scope, second, 'alice');
  for (const url of [first, second]) {
    const refused = await connectRpc(scope, url);
    expect(await refused.refusal('login', { userName: 'alice' })).toMatchObject({
      code: 'tooManySockets',
      temporary: true,
      retryAfterMs: expect.any(Number),
    });
    expect(await refused.raw.closed).toMatchObject({ code: 4005 });
    expect(refused.heard('loginRejected')).toEqual([]);
  }
  await loginRpc(scope, second, 'bob');
  one.raw.terminate();
  expect(await two.next('socketDisconnectEcho')).toEqual([one.authData.id, 1]);
  await loginRpc(scope, second, 'alice');
  expect(await two.next('socketConnectEcho')).toEqual([expect.any(String), 2]);
});

describe('rooms of a socket', () => {
  test('are so many; what else is wrong is said first, and leaving makes place', async () => {
    const { url } = await start({ PARLEY_ROOMS_PER_SOCKET: '2' });
    const alice = await loginRpc(scope, url, 'alice');
    const owner = await loginRpc(scope, url, 'owner');
    for (const name of ['a', 'b', 'c']) await owner.call('roomCreate', name);
    await owner.call('roomCreate', 'closed', true);
    expect(await Promise.all(alice.callAll(['roomJoin', 'a'], ['roomJoin', 'b'], ['roomJoin', 'c']))).toMatchObject([
      { result: 1 },
      { result: 1 },
      { error: { code: 'tooManyRooms', temporary: false } },
    ]);
    expect(await alice.refusal('roomJoin', 'none')).toMatchObject({ code: 'noRoom' });
    expect(await alice.refusal('roomJoin', 'closed')).toMatchObject({ code: 'notAllowed' });
    expect(await alice.call('roomJoin', 'a')).toBe(1);
    expect(await alice.call('roomsJoin', [{ roomName: 'b' }, { roomName: 'c' }])).toMatchObject([
      { roomName: 'b', njoined: 1 },
      { roomName: 'c', error: { code: 'tooManyRooms' } },
    ]);
    // What was refused has left nothing behind: nobody else is told of an occupant.
    expect(await owner.call('roomJoin', 'c')).toBe(1);
    expect(await owner.call('roomGetAccessList', 'c', 'userlist')).toEqual(['owner']);
    expect(await alice.call('roomLeave', 'a')).toBe(0);
    expect(await alice.call('roomJoin', 'c')).toBe(1);
    // Another socket of the same user counts for itself.
    expect(await (await loginRpc(scope, url, 'alice')).call('roomJoin', 'a')).toBe(1);
  });

  test('cannot be named more at once', async () => {
    const { url } = await start({ PARLEY_ROOMS_PER_SOCKET: '2' });
    const alice = await loginRpc(scope, url, 'alice');
    const rooms = ['a', 'b', 'c'].map((roomName) => ({ roomName }));
    expect(await alice.refusal('roomsJoin', rooms)).toMatchObject({ code: 'badArgument', args: [0, rooms] });
    expect(await alice.call('roomsJoin', rooms.slice(1))).toMatchObject([
      { error: { code: 'noRoom' } },
      { error: { code: 'noRoom' } },
    ]);
  });
});

describe('the rate of requests', () => {
  test('is limited after a burst, tells when to come back, and costs nothing but the wait', async () => {
    const { url } = await start({ PARLEY_RATE_REQUESTS_PER_SECOND: '2', PARLEY_RATE_BURST: '5' });
    let tries = 0;
    const { alice, refused } = await eventually(async () => {
      const user = await loginRpc(scope, url, `alice-${++tries}`);
      const calls: Call[] = [['roomCreate', `r-${tries}`], ...repeat(3, 'ping'), ['roomCreate', `s-${tries}`]];
      const outcomes = await Promise.all(user.callAll(...calls));
      // The login took one of the five, which has come back where it was too long ago.
      expect(outcomes.map(codeOf)).toEqual(['ok', 'ok', 'ok', 'ok', 'tooManyRequests']);
      return { alice: user, refused: outcomes.at(-1) };
    });
    expect(refused).toMatchObject({ error: { temporary: true, retryAfterMs: expect.any(Number) } });
    // A client that waits as told is served; the clock of the test is at least as slow.
    const sentAt = performance.now();
    const waitMs = refused !== undefined && 'error' in refused ? (refused.error.retryAfterMs ?? 0) : 0;
    await eventually(() => expect(performance.now() - sentAt).toBeGreaterThan(waitMs));
    expect(await alice.call('roomCreate', `s-${tries}`)).toBeNull();
    const other = await loginRpc(scope, url, alice.userName);
    expect((await Promise.all(other.callAll(...repeat(4, 'ping')))).map(codeOf)).toEqual(Array(4).fill('ok'));
  });

  test('ends a socket that goes on far beyond it, also with requests nobody answers', async () => {
    const { url } = await start({ PARLEY_RATE_REQUESTS_PER_SECOND: '1', PARLEY_RATE_BURST: '10' });
    const [alice, bob] = await Promise.all(['alice', 'bob'].map((name) => loginRpc(scope, url, name)));
    void alice?.callAll(...repeat(40, 'ping'));
    bob?.notify(...repeat(40, 'ping'));
    for (const user of [alice, bob]) {
      expect(await user?.raw.closed).toEqual({ code: 4006, reason: 'tooManyRequests' });
    }
    const refusals = alice?.received.filter(
      (entry) => 'outcome' in entry && codeOf(entry.outcome) === 'tooManyRequests',
    );
    expect(refusals).toHaveLength(11);
    expect(bob?.received.map((entry) => ('name' in entry ? entry.name : entry.method))).toEqual([
      'loginConfirmed',
      'login',
    ]);
    // Guests are not better off.
    const guest = await connectRpc(scope, url);
    void guest.callAll(...repeat(40, 'ping'));
    expect(await guest.raw.closed).toMatchObject({ code: 4006 });
  });
});

test('what was accepted is answered before a close for abuse', async () => {
  const { url } = await start({ PARLEY_RATE_REQUESTS_PER_SECOND: '1', PARLEY_RATE_BURST: '10' });
  const alice = await loginRpc(scope, url, 'alice');
  const names = Array.from({ length: 9 }, (_, i) => `room-${i}`);
  const answers = alice.callAll(...names.map((name): Call => ['roomCreate', name]), ...repeat(40, 'ping'));
  const accepted = await Promise.all(answers.slice(0, 9));
  expect(accepted.map(codeOf)).toEqual(Array(9).fill('ok'));
  const rest = await Promise.allSettled(answers.slice(9));
  expect(await alice.raw.closed).toMatchObject({ code: 4006 });
  // Eleven refusals, then nothing is read any more. What the login took may have come back, for one of them.
  const codes = rest.flatMap((one) => (one.status === 'fulfilled' ? [codeOf(one.value)] : []));
  expect(codes.filter((code) => code !== 'ok')).toEqual(Array(11).fill('tooManyRequests'));
});

test('behind a frame that is too large, what was accepted before it is answered', async () => {
  const { url } = await start({ PARLEY_FRAME_BYTES: '4096', PARLEY_MESSAGE_BYTES: '1024' });
  const alice = await loginRpc(scope, url, 'alice');
  const [created] = alice.callAll(['roomCreate', 'r']);
  alice.raw.send(Buffer.alloc(5000));
  expect(await created).toEqual({ result: null });
  expect(await alice.raw.closed).toMatchObject({
    code: 1009,
    reason: expect.stringMatching(/^frameTooLarge: \d+ bytes where \d+ are allowed$/),
  });
});

test('what waits for its turn on a socket that is gone never begins', async () => {
  const service = await startService(scope, { nodes: 1, env: { PARLEY_REDIS_TIMEOUT_MS: '60000' } });
  const { url } = service.node(0);
  const owner = await loginRpc(scope, url, 'owner');
  const alice = await loginRpc(scope, url, 'alice');
  await owner.call('roomCreate', 'r');
  for (const user of [owner, alice]) await user.call('roomJoin', 'r');
  service.redis.pause();
  const posts = Array.from({ length: 20 }, (_, i): Call => ['roomMessage', 'r', { i }]);
  // Posts do not wait for one another, but for all else about their room.
  const asked = alice.callAll(['roomMessage', 'r', {}], ['roomLeave', 'r'], ['roomJoin', 'r'], ...posts);
  const ignored = Promise.allSettled(asked);
  // The ping comes behind them, and its answer says that they have been read.
  expect(await alice.call('ping')).toEqual(expect.any(Number));
  alice.raw.terminate();
  await eventually(async () => {
    expect((await service.node(0).operator('/readyz')).body).toMatchObject({ sockets: 1 });
  });
  service.redis.resume();
  await ignored;
  await owner.next('roomUserLeft');
  // The one that was under way has happened, and no other.
  expect(await owner.call('roomHistoryInfo', 'r')).toMatchObject({ lastMessageId: 1 });
});

test('requests in flight are so many, the next ones wait, and beyond that they are refused', async () => {
  const { url } = await start({ PARLEY_REQUESTS_IN_FLIGHT: '2' });
  const alice = await loginRpc(scope, url, 'alice');
  expect(alice.authData.limits.requestsInFlight).toBe(2);
  const names = Array.from({ length: 20 }, (_, i) => `room-${i}`);
  // One frame is read in one turn: two are begun, eight wait, ten are too much.
  const outcomes = await Promise.all(alice.callAll(...names.map((name): Call => ['roomCreate', name])));
  expect(outcomes.map(codeOf)).toEqual([...Array<string>(10).fill('ok'), ...Array<string>(10).fill('tooManyRequests')]);
  expect(outcomes[10]).toMatchObject({ error: { temporary: true, retryAfterMs: expect.any(Number) } });
  // None of the refused had an effect, and the place is free again.
  expect(
    (await Promise.all(alice.callAll(...names.slice(10).map((name): Call => ['roomCreate', name])))).map(codeOf),
  ).toEqual(Array(10).fill('ok'));
});

describe.each(['msgpack', 'json'] as const)('a frame over %s', (format) => {
  test('may be as large as the limit; beyond it the socket is closed, far beyond it cut', async () => {
    const { url } = await start({ PARLEY_FRAME_BYTES: '4096', PARLEY_MESSAGE_BYTES: '1024' });
    const alice = await loginRpc(scope, url, 'alice', { format });
    expect(alice.authData.limits.frameBytes).toBe(4096);
    const sample = createCodec(format).encodeRequest(2, 'ping', ['x'.repeat(1000)]);
    const overhead = Buffer.byteLength(sample) - 1000;
    /** What becomes of a ping whose superfluous param fills the frame up to a size. */
    const outcome = async (bytes: number): Promise<Outcome | number | undefined> => {
      const user = await loginRpc(scope, url, 'alice', { format });
      const [answer] = user.callAll(['ping', 'x'.repeat(bytes - overhead)]);
      return answer?.catch(async () => (await user.raw.closed).code);
    };
    expect(await outcome(4096)).toEqual({ result: expect.any(Number) });
    expect(await outcome(4097)).toBe(1009);
    expect(await outcome(8192)).toBe(1009);
    expect(await outcome(8193)).toBe(1006);
    expect(await alice.call('ping')).toEqual(expect.any(Number));
  });
});
