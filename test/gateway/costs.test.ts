// What users are charged for beyond the number of their requests: names, replies, listeners. Their sockets on a node share
// one account, and coming back renews nothing.
import { beforeAll, describe, expect, test } from '@jest/globals';
import { isRequestName, requestDeclaration, requests } from '../../src/protocol/catalogue.ts';
import { copyUnits, costOf, isPage, runningCost, spreadOf, spreadUnits } from '../../src/protocol/params/cost.ts';
import { defaultLimits } from '../../src/protocol/params/limits.ts';
import type { Value } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { connectRpc, loginRpc, type Call, type Outcome } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { apiEnv, serverApi } from '../support/server-api.ts';
import { startNode, type ServiceNode } from '../support/service.ts';

const scope = useScope();
let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis(scope);
});

/** A store of so many units that hardly fills while a test runs. */
const start = (burst: number, env: Record<string, string> = {}): Promise<ServiceNode> =>
  startNode(scope, { redis, env: { PARLEY_RATE_USER_PER_SECOND: '1', PARLEY_RATE_USER_BURST: String(burst), ...env } });

const isOk = (outcome: Outcome): boolean => 'result' in outcome;
const repeat = (count: number, ...call: Call): Call[] => Array.from({ length: count }, () => call);

describe('a declared cost', () => {
  test('is at least one unit, whatever is asked for', () => {
    expect(costOf('nothing', [], 0, 0)).toBe(1);
    expect(costOf('ping', [], 0, 0)).toBe(1);
  });

  test.each(Object.keys(requests).filter(isRequestName))('of %s counts what its declaration says', (name) => {
    const { cost, params } = requestDeclaration(name);
    const at = Object.keys(params).indexOf(cost?.each?.param ?? '');
    const given = Object.keys(params).map((_, i) => (i === at ? ['a', 'b', 'c'] : null));
    expect(costOf(name, given, 0, 0)).toBeCloseTo(1 + (cost?.units ?? 0) + 3 * (cost?.each?.units ?? 0));
    expect(isPage(name)).toBe(cost?.page ?? false);
    // Nobody has checked the params yet.
    expect(costOf(name, [], 0, 0)).toBeCloseTo(1 + (cost?.units ?? 0));
  });

  test('grows with the bytes and the values of a message', () => {
    expect(costOf('ping', [], 65_536, 0)).toBeGreaterThan(costOf('ping', [], 100, 0) + 10);
    expect(costOf('ping', [], 0, 4096)).toBeGreaterThan(costOf('ping', [], 0, 100) + 10);
  });
});

test('while it runs a page counts as a large one, whatever it turns out to be, and all else as what it costs', () => {
  expect(runningCost('roomHistoryGet', 4)).toBe(runningCost('roomRecentHistory', 4));
  expect(runningCost('roomHistoryGet', 4)).toBeGreaterThan(60);
  expect(runningCost('roomsJoin', 600)).toBe(600);
  expect(runningCost('roomMessage', 4)).toBe(4);
});

test('what many are told costs by their number and its size; while it runs only its size counts, which is theirs alone', () => {
  const told = (method: string, params: Value[]): unknown => spreadOf(method, params, defaultLimits);
  // However the name is spelt.
  for (const name of ['Zo\u00e9', 'Zoe\u0301', Buffer.from('Zo\u00e9')]) {
    expect(told('roomMessage', [name, {}])).toEqual({ kind: 'room', name: 'Zo\u00e9' });
    expect(told('directMessage', [name, {}])).toEqual({ kind: 'user', name: 'Zo\u00e9' });
  }
  // Nobody has checked the params yet.
  for (const params of [[], [7], [['lobby']]]) expect(told('roomMessage', params)).toBeUndefined();
  expect(told('ping', ['lobby'])).toBeUndefined();
  expect(spreadUnits(1000, 100)).toBeGreaterThan(20);
  expect(copyUnits(1000, 100)).toBeLessThan(1);
  expect(copyUnits(50, 16_384)).toBeCloseTo(8);
});

test('who is refused a large frame pays for its being read; one that it could not even pay for is refused unread', async () => {
  const { url } = await start(30);
  const ann = await loginRpc(scope, url, 'ann');
  const names = Array.from({ length: 500 }, (_, i) => `${i}`.padEnd(40, 'n'));
  const large: Call = ['roomAddToList', 'room', 'whitelist', names];
  expect((await Promise.all(ann.callAll(...repeat(18, 'ping')))).every(isOk)).toBe(true);
  // Some twelve units are left, of which reading these twenty kilobytes takes seven: once.
  for (let i = 0; i < 4; i++) {
    const [refused] = await Promise.all(ann.callAll(large));
    expect(refused).toMatchObject({ error: { code: 'tooManyRequests', retryAfterMs: expect.any(Number) } });
  }
  const outcomes = await Promise.all(ann.callAll(...repeat(30, 'ping')));
  const answered = outcomes.filter(isOk).length;
  expect(answered).toBeGreaterThan(0);
  expect(answered).toBeLessThan(11);
});

test('all sockets of a user share what it may ask for; other users have their own', async () => {
  const { url } = await start(60);
  const sockets = [
    await loginRpc(scope, url, 'ann'),
    await loginRpc(scope, url, 'ann'),
    await loginRpc(scope, url, 'ann'),
  ];
  const bob = await loginRpc(scope, url, 'bob');
  const outcomes = await Promise.all(sockets.flatMap((socket) => socket.callAll(...repeat(40, 'ping'))));
  const refused = outcomes.filter((outcome) => !isOk(outcome));
  expect(outcomes.length - refused.length).toBeGreaterThan(30);
  expect(outcomes.length - refused.length).toBeLessThanOrEqual(60);
  expect(refused[0]).toMatchObject({
    error: { code: 'tooManyRequests', temporary: true, retryAfterMs: expect.any(Number) },
  });
  expect((await Promise.all(bob.callAll(...repeat(40, 'ping')))).every(isOk)).toBe(true);
});

test('once a request of a frame is refused, all behind it are, so that none runs without the one before', async () => {
  const { url } = await start(20);
  const ann = await loginRpc(scope, url, 'ann');
  const calls: Call[] = Array.from({ length: 40 }, (_, i): Call => ['roomCreate', `r${i}`]);
  const outcomes = await Promise.all(ann.callAll(...calls));
  const firstRefused = outcomes.findIndex((outcome) => !isOk(outcome));
  expect(firstRefused).toBeGreaterThan(0);
  expect(outcomes.slice(firstRefused).some(isOk)).toBe(false);
});

/** How many posts are let through before the first refusal. */
async function postsLetThrough(hearers: number): Promise<number> {
  const { url } = await start(150);
  const author = await loginRpc(scope, url, 'author');
  await author.call('roomCreate', 'r');
  await author.call('roomJoin', 'r');
  for (let i = 1; i < hearers; i++) await (await loginRpc(scope, url, `u${i}`)).call('roomJoin', 'r');
  const text = 'x'.repeat(2000);
  for (let posts = 0; ; posts++) {
    const [outcome] = await Promise.all(author.callAll(['roomMessage', 'r', { text }]));
    if (outcome === undefined || !isOk(outcome)) return posts;
  }
}

test('a message costs more the more sockets hear it', async () => {
  const [few, many] = [await postsLetThrough(1), await postsLetThrough(60)];
  expect(few).toBeGreaterThan(many * 1.5);
  expect(many).toBeGreaterThan(0);
});

test('a large reply costs what it weighs', async () => {
  const { url } = await start(300);
  const pagesOf = async (userName: string, messages: number): Promise<number> => {
    const user = await loginRpc(scope, url, userName);
    await user.call('roomCreate', userName);
    await user.call('roomJoin', userName);
    for (let i = 0; i < messages; i++) await user.call('roomMessage', userName, { text: 'x'.repeat(8000) });
    for (let pages = 0; ; pages++) {
      const [outcome] = await Promise.all(user.callAll(['roomRecentHistory', userName]));
      if (outcome === undefined || !isOk(outcome)) return pages;
    }
  };
  expect(await pagesOf('ann', 1)).toBeGreaterThan(2 * (await pagesOf('bob', 20)));
});

test('coming back renews nothing: who owes much waits before it is let in, as it is told', async () => {
  const { url } = await startNode(scope, {
    redis,
    env: { PARLEY_RATE_USER_PER_SECOND: '60', PARLEY_RATE_USER_BURST: '60' },
  });
  const ann = await loginRpc(scope, url, 'ann');
  await ann.call('roomCreate', 'r');
  await ann.call('roomJoin', 'r');
  // A store is overdrawn by what exceeds it, once it is full.
  const many = Array.from({ length: 100 }, (_, i) => ({ roomName: `none-${i}` }));
  await eventually(async () => expect(await ann.call('roomsJoin', many)).toHaveLength(100));
  ann.raw.terminate();
  const again = await connectRpc(scope, url);
  const refused = await again.refusal('login', { userName: 'ann' });
  expect(refused).toMatchObject({ code: 'tooManyRequests', temporary: true });
  expect(await again.raw.closed).toMatchObject({ code: 4005 });
  expect(again.heard('loginRejected')).toEqual([]);
  await loginRpc(scope, url, 'bob');
  const since = performance.now();
  await eventually(() => expect(performance.now() - since).toBeGreaterThan(refused.retryAfterMs ?? Infinity));
  expect((await loginRpc(scope, url, 'ann')).authData.userName).toBe('ann');
});

test('what the service asks for in the name of a user costs the user nothing', async () => {
  const node = await start(10, apiEnv);
  const ann = await loginRpc(scope, node.url, 'ann');
  const api = serverApi(node);
  await api.call('roomCreate', ['r'], { userName: 'ann' });
  for (let i = 0; i < 30; i++) await api.call('roomGetOwner', ['r'], { userName: 'ann' });
  expect(await ann.call('ping')).toEqual(expect.any(Number));
});
