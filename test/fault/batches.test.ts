// Posts that go together, and what happens in the middle of one call: each author is told the truth, nothing is doubled, and
// what was taken is in the order in which it was sent.
import { expect, test } from '@jest/globals';
import { bar } from './late-stage.ts';
import { field } from '../chat/world.ts';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { loginRpc, type Call, type Outcome, type User } from '../support/rpc.ts';
import { useScope, type Scope } from '../support/scope.ts';
import { startService, type Service, type ServiceOptions } from '../support/service.ts';
import type { RedisAddress, RedisServer } from '../support/redis.ts';

const scope = useScope();
const ROOM = 'lobby';
/** As many as a socket may have under way. */
const COUNT = 32;
const env = { PARLEY_RATE_REQUESTS_PER_SECOND: '10000', PARLEY_RATE_BURST: '10000' };

const posts = (from = 0): Call[] =>
  Array.from({ length: COUNT }, (_, i) => ['roomMessage', ROOM, { n: from + i }, { clientMessageId: `m-${from + i}` }]);

const idOf = (outcome: Outcome): unknown => ('result' in outcome ? outcome.result : outcome.error.code);

/** Users by their names, each on its node; the first makes the room. */
async function enter<K extends string>(
  service: Service<RedisAddress>,
  nodes: Readonly<Record<K, number>>,
): Promise<Readonly<Record<K, User>>> {
  const entered: Partial<Record<K, User>> = {};
  for (const userName in nodes) {
    const user = await loginRpc(scope, service.node(nodes[userName]).url, userName);
    if (Object.keys(entered).length === 0) await user.call('roomCreate', ROOM);
    await user.call('roomJoin', ROOM);
    entered[userName] = user;
  }
  // All of them, by now.
  return entered as Record<K, User>;
}

const start = (scopeOf: Scope, options: ServiceOptions = {}): Promise<Service<RedisServer>> =>
  startService(scopeOf, { nodes: 2, ...options, env: { ...env, ...options.env } });

/** What the room holds, oldest first: of each message its number. */
async function held(user: User): Promise<unknown[]> {
  const history = await user.call('roomHistoryGet', ROOM, 0, 100);
  return (history as ValueMap[]).map((message) => message['n']).reverse();
}

/** Sends again whatever was not taken, until all is, as a client does. */
async function sendAll(user: User, calls: readonly Call[]): Promise<unknown[]> {
  return Promise.all(
    calls.map(async (call) => {
      let id: unknown;
      await eventually(async () => {
        const [outcome] = await Promise.all(user.callAll(call));
        id = outcome && idOf(outcome);
        expect(typeof id).toBe('number');
      });
      return id;
    }),
  );
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

test.each([1, 64])(
  'one socket’s posts keep their order at %d a call, and each is answered with its id',
  async (size) => {
    const service = await start(scope, { env: { PARLEY_POSTS_PER_CALL: String(size) } });
    const { poster, watcher } = await enter(service, { poster: 0, watcher: 1 });
    for (let round = 0; round < 3; round++) {
      const outcomes = await Promise.all(poster.callAll(...posts(round * COUNT)));
      expect(outcomes.map(idOf)).toEqual(upTo(COUNT).map((i) => round * COUNT + i + 1));
    }
    await eventually(() => expect(watcher.heard('roomMessage')).toHaveLength(3 * COUNT));
    const heard = watcher.heard('roomMessage').map(([, message]) => [field(message, 'n'), field(message, 'id')]);
    expect(heard).toEqual(upTo(3 * COUNT).map((i) => [i, i + 1]));
    expect(await held(watcher)).toEqual(upTo(3 * COUNT));
  },
);

test('scripts that are forgotten in the middle cost nothing', async () => {
  const service = await start(scope);
  const { poster } = await enter(service, { poster: 0 });
  const control = service.redis.client();
  for (let round = 0; round < 5; round++) {
    const [outcomes] = await Promise.all([
      Promise.all(poster.callAll(...posts(round * COUNT))),
      control.script('FLUSH'),
    ]);
    expect(outcomes.map(idOf)).toEqual(upTo(COUNT).map((i) => round * COUNT + i + 1));
  }
});

test('a slot that moves in the middle doubles and loses nothing', async () => {
  const redis = await startRedisCluster(scope);
  const service = await startService(scope, { redis, nodes: 1, env });
  const { poster } = await enter(service, { poster: 0 });
  const slot = redis.slotOf(`${service.prefix}:{room:${ROOM}}:meta`);
  for (let round = 0; round < 3; round++) {
    const next = ((await redis.ownerOf(slot)) + 1) % 3;
    const [ids] = await Promise.all([sendAll(poster, posts(round * COUNT)), redis.migrateSlot(slot, next)]);
    expect([...ids].map(Number).toSorted((a, b) => a - b)).toEqual(upTo(COUNT).map((i) => round * COUNT + i + 1));
  }
  expect(new Set(await held(poster))).toEqual(new Set(upTo(3 * COUNT).slice(-100)));
});

test('who posts while Redis is frozen is told so, and what was taken nevertheless is known when it comes again', async () => {
  const service = await start(scope, { env: { PARLEY_REDIS_TIMEOUT_MS: '1000', PARLEY_NODE_LEASE_MS: '30000' } });
  const { poster } = await enter(service, { poster: 0 });
  service.redis.pause();
  const first = poster.callAll(...posts());
  // The others come while the first call is under way.
  await poster.call('ping');
  const outcomes = await Promise.all(first);
  expect(new Set(outcomes.map(idOf))).toEqual(new Set(['unavailable']));
  service.redis.resume();
  const ids = await sendAll(poster, posts());
  expect(new Set(ids).size).toBe(COUNT);
  const stored = await held(poster);
  expect([stored.length, new Set(stored)]).toEqual([COUNT, new Set(upTo(COUNT))]);
  // Each is known by the same id.
  expect(await sendAll(poster, posts())).toEqual(ids);
});

test('a node that is killed in the middle leaves each message there once', async () => {
  const service = await start(scope);
  const { poster, watcher } = await enter(service, { poster: 0, watcher: 1 });
  service.redis.pause();
  poster.notify(...posts());
  await poster.call('ping');
  await service.node(0).kill();
  service.redis.resume();
  const again = await loginRpc(scope, service.node(1).url, 'poster');
  await again.call('roomJoin', ROOM);
  const ids = await sendAll(again, posts());
  expect(new Set(ids)).toEqual(new Set(upTo(COUNT).map((i) => i + 1)));
  expect(await held(watcher)).toEqual(upTo(COUNT));
  // A call is done whole or not at all, and in its order.
  expect(ids).toEqual(upTo(COUNT).map((i) => i + 1));
});

test('an author who is barred between two posts has posted all before that, and nothing after it', async () => {
  const service = await start(scope);
  const { owner, poster } = await enter(service, { owner: 1, poster: 0 });
  const outcomes = Promise.all(poster.callAll(...posts()));
  await bar(owner, 'poster');
  const ids = (await outcomes).map(idOf);
  const taken = ids.filter((id) => typeof id === 'number');
  expect(ids).toEqual([...upTo(taken.length).map((i) => i + 1), ...ids.slice(taken.length)]);
  expect(new Set(ids.slice(taken.length))).toEqual(new Set(taken.length < COUNT ? ['notJoined'] : []));
  expect(await held(owner)).toEqual(upTo(taken.length));
});

test('the last words of a socket that closes behind them are there, however busy the room is', async () => {
  const service = await start(scope);
  const { owner } = await enter(service, { owner: 0 });
  for (let round = 0; round < 10; round++) {
    const leaving = await loginRpc(scope, service.node(0).url, `leaver-${round}`);
    await leaving.call('roomJoin', ROOM);
    const busy = Promise.all(owner.callAll(...posts(round * COUNT)));
    leaving.notify(['roomMessage', ROOM, { n: 'first' }], ['roomMessage', ROOM, { n: `last-${round}` }]);
    leaving.raw.close();
    await busy;
    const heard = (): unknown[] => owner.heard('roomMessage').map(([, message]) => field(message, 'n'));
    await eventually(() => expect(heard()).toContain(`last-${round}`));
  }
});
