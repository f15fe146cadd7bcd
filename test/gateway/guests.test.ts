// Strangers at the door: what sockets that have not logged in may cost a node, one by one, by address, and all together.
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createCodec } from '../../src/protocol/wire/codec.ts';
import { Addresses, type DoorLimits } from '../../src/gateway/limits/addresses.ts';
import { eventually } from '../support/eventually.ts';
import { openRaw, type RawClient } from '../support/raw-client.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { connectRpc, joinFrame, loginRpc, type Call, type Outcome } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startNode, startService, type ServiceNode } from '../support/service.ts';

const scope = useScope();
let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis(scope);
});

const start = (env: Record<string, string>): Promise<ServiceNode> => startNode(scope, { redis, env });
const codec = createCodec('msgpack');
const codeOf = (outcome: Outcome): string => ('error' in outcome ? outcome.error.code : 'ok');

describe('the limits of addresses', () => {
  const limits: DoorLimits = {
    socketsPerAddress: { max: 3, publicOnly: true },
    guestsPerAddress: { max: 2, publicOnly: true },
    guestsMax: 5,
    rate: { perSecond: 10, burst: 25 },
  };

  test('count guests until they have logged in, and sockets until they are gone', () => {
    const door = new Addresses({ ...limits, rate: { perSecond: 1e6, burst: 1e6 } });
    expect([1, 2, 3].map(() => door.admit('8.8.8.8', 0))).toEqual([undefined, undefined, 'tooManyGuests']);
    door.loggedIn('8.8.8.8');
    expect(door.admit('8.8.8.8', 0)).toBeUndefined();
    door.loggedIn('8.8.8.8');
    expect(door.admit('8.8.8.8', 0)).toBe('tooManySockets');
    door.gone('8.8.8.8', false);
    expect(door.admit('8.8.8.8', 0)).toBeUndefined();
    door.gone('8.8.8.8', true);
    expect(door.guests).toBe(1);
  });

  test('hold for all guests of the node together, wherever they come from', () => {
    const door = new Addresses(limits);
    for (let i = 0; i < 5; i++) expect(door.admit(`8.8.8.${i}`, 0)).toBeUndefined();
    expect(door.admit('127.0.0.1', 0)).toBe('crowded');
    door.gone('8.8.8.0', true);
    expect(door.admit('127.0.0.1', 0)).toBeUndefined();
  });

  test('bound how often an address comes, also where it goes at once', () => {
    const door = new Addresses(limits);
    const comes = (now: number): string | undefined => {
      const refusal = door.admit('8.8.8.8', now);
      if (refusal === undefined) door.gone('8.8.8.8', true);
      return refusal;
    };
    expect(Array.from({ length: 6 }, () => comes(0))).toEqual([...Array<undefined>(5).fill(undefined), 'tooFast']);
    expect(comes(500)).toBeUndefined();
  });

  test.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.1.1',
    '100.64.0.1',
    '::1',
    'fd00::1',
    'fe80::1',
  ])('do not count %s, behind which there may be everybody, unless they were set', (address) => {
    const many = { ...limits, guestsMax: 100 };
    const door = new Addresses(many);
    for (let i = 0; i < 20; i++) expect(door.admit(address, 0)).toBeUndefined();
    const strict = new Addresses({ ...many, guestsPerAddress: { max: 2, publicOnly: false } });
    expect([1, 2, 3].map(() => strict.admit(address, 0))).toEqual([undefined, undefined, 'tooManyGuests']);
  });

  test('take a network of 64 bits for one IPv6 address, in whatever form it is written', () => {
    const door = new Addresses({
      ...limits,
      guestsPerAddress: { max: 3, publicOnly: true },
      rate: { perSecond: 1e6, burst: 1e6 },
    });
    expect(door.admit('2001:db8::1', 0)).toBeUndefined();
    expect(door.admit('2001:0db8:0000:0000:ffff:0000:0000:0002', 0)).toBeUndefined();
    expect(door.admit('2001:DB8:0:0:1::', 0)).toBeUndefined();
    expect(door.admit('2001:db8:0:0:abcd::9', 0)).toBe('tooManySockets');
    expect(door.admit('2001:db8:0:1::1', 0)).toBeUndefined();
  });
});

test('guests beyond the limit of the node get HTTP 503 until others have logged in', async () => {
  const { url } = await start({ PARLEY_GUESTS_MAX: '2' });
  const [first] = [await connectRpc(scope, url), await connectRpc(scope, url)];
  expect((await openRaw(scope, url)).upgradeError).toBe(503);
  await first?.call('login', { userName: 'ann' });
  const third = await connectRpc(scope, url);
  expect(await third.refusal('ping')).toMatchObject({ code: 'noLogin' });
});

test('guests beyond the limit of their address get HTTP 429', async () => {
  const { url } = await start({ PARLEY_GUESTS_PER_ADDRESS: '1' });
  const first = await connectRpc(scope, url);
  expect((await openRaw(scope, url)).upgradeError).toBe(429);
  await first.call('login', { userName: 'ann' });
  await connectRpc(scope, url);
});

/** A frame of requests, then as many more as are given. */
const frameOf = (calls: readonly Call[]): Uint8Array =>
  joinFrame(
    'msgpack',
    calls.map(([method, ...params], id) => codec.encodeRequest(id, method, params)),
  ) as Uint8Array; // msgpack frames are bytes

describe('what comes behind a login that is not answered yet', () => {
  test('waits as it is, in order, and is answered after it', async () => {
    const service = await startService(scope, { nodes: 1, env: { PARLEY_REDIS_TIMEOUT_MS: '60000' } });
    const { url } = service.node(0);
    await loginRpc(scope, url, 'warm-up');
    service.redis.pause();
    const guest = await connectRpc(scope, url);
    const answers = guest.callAll(
      ['login', { userName: 'ann' }],
      ['roomCreate', 'a'],
      ['roomCreate', 'a'],
      ['login', { userName: 'ann' }],
    );
    const later = guest.callAll(['roomJoin', 'a'], ['nothing']);
    service.redis.resume();
    const outcomes = await Promise.all([...answers, ...later]);
    expect(outcomes.map(codeOf)).toEqual(['ok', 'ok', 'roomExists', 'notAllowed', 'ok', 'noCommand']);
  });

  test('is refused beyond one frame, and costs what it weighs, however many values are in it', async () => {
    const service = await startService(scope, { nodes: 1, env: { PARLEY_REDIS_TIMEOUT_MS: '60000' } });
    const node = service.node(0);
    await loginRpc(scope, node.url, 'warm-up');
    // 4,096 values in 4 KB, the most that one message may hold; sixteen of them in a frame.
    const heavy: Call = ['roomMessage', 'r', { a: Array<number>(4000).fill(0) }];
    const frame = frameOf(Array<Call>(16).fill(heavy));
    expect(frame.length).toBeLessThan(65_536);
    service.redis.pause();
    const before = node.rssBytes();
    const guests: RawClient[] = [];
    const rounds = 4;
    for (let i = 0; i < 150; i++) {
      const guest = await openRaw(scope, node.url);
      guest.send(codec.encodeRequest(1, 'login', [{ userName: `guest-${i}` }]) as Uint8Array);
      for (let round = 0; round < rounds; round++) guest.send(frame);
      guests.push(guest);
    }
    // Whoever is beyond the bound hears of it at once, though Redis does not answer the login.
    const refusedOf = (guest: RawClient): number =>
      guest.frames
        .flatMap((one) => createCodec('msgpack', { accept: 'replies' }).decodeFrame(one as Uint8Array).messages)
        .filter((message) => message.type === 1 && message.error !== null).length;
    await eventually(() => {
      for (const guest of guests) expect(refusedOf(guest)).toBeGreaterThanOrEqual(16 * (rounds - 1));
    });
    const sentBytes = guests.length * rounds * frame.length;
    // Far more values than bytes would show: decoded, they took sixty times as much.
    expect(node.rssBytes() - before).toBeLessThan(sentBytes * 2);
    service.redis.resume();
    expect(await (await loginRpc(scope, node.url, 'late')).call('ping')).toEqual(expect.any(Number));
  });
});

test('all guests together may ask for so much that comes to nothing; users do not notice', async () => {
  const { url } = await start({ PARLEY_RATE_USER_PER_SECOND: '10', PARLEY_RATE_USER_BURST: '20' });
  const ann = await loginRpc(scope, url, 'ann');
  const guests = [await connectRpc(scope, url), await connectRpc(scope, url)];
  const outcomes = await Promise.all(guests.flatMap((guest) => guest.callAll(...Array<Call>(15).fill(['ping']))));
  // Whatever others ask for, each is told what is the matter.
  expect(new Set(outcomes.map(codeOf))).toEqual(new Set(['noLogin']));
  expect(await ann.call('ping')).toEqual(expect.any(Number));
  // A login is no such thing.
  expect(await guests[0]?.call('login', { userName: 'bob' })).toMatchObject({ userName: 'bob' });
});
