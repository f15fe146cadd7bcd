// Direct messages of one author that go together through the steps of a send: in order, each once, whatever happens in the middle.
import { expect, test } from '@jest/globals';
import { field } from '../chat/world.ts';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { loginRpc, type Call, type Outcome, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type Service } from '../support/service.ts';
import { startSplitLink } from '../support/weather.ts';

const scope = useScope();
/** As many as a socket may have under way. */
const COUNT = 32;
const env = {
  PARLEY_DIRECT_MESSAGES: 'stored',
  PARLEY_RATE_REQUESTS_PER_SECOND: '10000',
  PARLEY_RATE_BURST: '10000',
};

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const messages = (from = 0): Call[] =>
  upTo(COUNT).map((i) => ['directMessage', 'bob', { n: from + i }, { clientMessageId: `m-${from + i}` }]);
const idOf = (outcome: Outcome): unknown => ('result' in outcome ? field(outcome.result, 'id') : outcome.error.code);
const numberOf = (message: Value | undefined): unknown => field(message, 'n');
const heard = (user: User): unknown[] => user.heard('directMessage').map(([message]) => numberOf(message));

const start = async (more: Record<string, string> = {}): Promise<Service<RedisServer>> =>
  startService(scope, { nodes: 2, redis: await startRedis(scope), env: { ...env, ...more } });
const login = (service: Service<RedisServer>, node: number, userName: string): Promise<User> =>
  loginRpc(scope, service.node(node).url, userName);

/** What the conversation holds, oldest first. */
async function held(user: User, peer: string): Promise<unknown[]> {
  const history = await user.call('directHistoryGet', peer, { direction: 'forward', limit: 100 });
  return (history as ValueMap[]).map(numberOf);
}

/** Calls of scripts that a server has answered. */
async function scriptsRun({ redis }: Service<RedisServer>): Promise<number> {
  const found = (await redis.client().info('commandstats')).matchAll(/cmdstat_(?:evalsha|fcall):calls=(\d+)/g);
  return [...found].reduce((sum, [, calls]) => sum + Number(calls), 0);
}

test('keep their order, are each answered with an id, and share scripts where they may', async () => {
  const run: number[] = [];
  for (const size of [1, 64]) {
    const service = await start({ PARLEY_POSTS_PER_CALL: String(size) });
    const [ann, bob, annToo] = [
      await login(service, 0, 'ann'),
      await login(service, 1, 'bob'),
      await login(service, 1, 'ann'),
    ];
    const before = await scriptsRun(service);
    for (let round = 0; round < 3; round++) {
      const outcomes = await Promise.all(ann.callAll(...messages(round * COUNT)));
      expect(outcomes.map(idOf)).toEqual(upTo(COUNT).map((i) => round * COUNT + i + 1));
    }
    run.push((await scriptsRun(service)) - before);
    await eventually(() => expect(heard(bob)).toEqual(upTo(3 * COUNT)));
    await eventually(() => {
      const echoed = annToo.heard('directMessageEcho').map(([, message]) => numberOf(message));
      expect(echoed).toEqual(upTo(3 * COUNT));
    });
    expect(await held(bob, 'ann')).toEqual(upTo(3 * COUNT));
  }
  const [alone = 0, together = Infinity] = run;
  expect(alone).toBeGreaterThanOrEqual(4 * 3 * COUNT);
  expect(together).toBeLessThan(alone / 4);
});

test('what passes comes behind what its author has stored before it, and before what is stored after it', async () => {
  const service = await start();
  const [ann, bob] = [await login(service, 0, 'ann'), await login(service, 1, 'bob')];
  for (let round = 0; round < 5; round++) {
    const calls = upTo(30).map((i): Call => {
      const passing = i % 3 === 2;
      // Each another event, so that none waits for a later one.
      return [
        'directMessage',
        'bob',
        { n: round * 30 + i, event: `e-${round}-${i}` },
        passing ? { transient: true } : {},
      ];
    });
    await Promise.all(ann.callAll(...calls));
  }
  await eventually(() => expect(heard(bob)).toEqual(upTo(150)));
});

test('two who write to each other at once have one order, which both hear', async () => {
  const service = await start();
  const [ann, bob] = [await login(service, 0, 'ann'), await login(service, 1, 'bob')];
  const toAnn = messages().map(([method, , ...rest]): Call => [method, 'ann', ...rest]);
  const outcomes = await Promise.all([...ann.callAll(...messages()), ...bob.callAll(...toAnn)]);
  const ids = outcomes.map(idOf).map(Number);
  expect(ids.toSorted((a, b) => a - b)).toEqual(upTo(2 * COUNT).map((i) => i + 1));
  for (const own of [ids.slice(0, COUNT), ids.slice(COUNT)]) expect(own).toEqual(own.toSorted((a, b) => a - b));
  for (const user of [ann, bob]) await eventually(() => expect(heard(user)).toEqual(upTo(COUNT)));
});

test('a node that is killed in the middle leaves each there once, and a repeat hands on what was not', async () => {
  const service = await start();
  const [ann, bob] = [await login(service, 0, 'ann'), await login(service, 1, 'bob')];
  service.redis.pause();
  ann.notify(...messages());
  await ann.call('ping');
  await service.node(0).kill();
  service.redis.resume();
  const again = await login(service, 1, 'ann');
  const ids: unknown[] = [];
  for (const call of messages()) {
    await eventually(async () => {
      const [outcome] = await Promise.all(again.callAll(call));
      expect(typeof (outcome && idOf(outcome))).toBe('number');
      ids.push(outcome && idOf(outcome));
    });
  }
  expect(ids).toEqual(upTo(COUNT).map((i) => i + 1));
  expect(await held(bob, 'ann')).toEqual(upTo(COUNT));
  await eventually(() => expect(heard(bob)).toEqual(upTo(COUNT)));
});

test('more than the log keeps, written over two nodes of which one is slow, is told whole and in order', async () => {
  const redis = await startRedis(scope);
  const link = await startSplitLink(scope, redis.port);
  const service = await startService(scope, {
    nodes: 1,
    redis,
    env: { ...env, PARLEY_DIRECT_HISTORY_MAX_SIZE: '12', PARLEY_INBOX_SIZE: '1000' },
  });
  const slow = await service.addNode({ PARLEY_REDIS_URL: link.url });
  const [ann, bob] = [await loginRpc(scope, slow.url, 'ann'), await login(service, 0, 'bob')];
  const annToo = await login(service, 0, 'ann');
  link.commands.delay(300);
  const first = Promise.all(ann.callAll(...messages().slice(0, 10)));
  const history = `${service.prefix}:{pair:ann:bob}:history`;
  await eventually(async () => expect(await redis.client().xlen(history)).toBe(10));
  const second = await Promise.all(annToo.callAll(...messages(10).slice(0, 30)));
  link.commands.delay(0);
  expect([...(await first), ...second].map(idOf)).toEqual(upTo(40).map((i) => i + 1));
  await eventually(() => expect(heard(bob)).toEqual(upTo(40)));
});

test('who is blocked between two of them hears no more of them, and what was taken before that is there', async () => {
  const service = await start({ PARLEY_POSTS_PER_CALL: '4' });
  const [ann, bob] = [await login(service, 0, 'ann'), await login(service, 1, 'bob')];
  const outcomes = Promise.all(ann.callAll(...messages()));
  await bob.call('directAddToList', 'blacklist', ['ann']);
  const ids = (await outcomes).map(idOf);
  const taken = ids.filter((id) => typeof id === 'number');
  expect(ids).toEqual([...upTo(taken.length).map((i) => i + 1), ...ids.slice(taken.length)]);
  expect(new Set(ids.slice(taken.length))).toEqual(new Set(taken.length < COUNT ? ['notAllowed'] : []));
  expect(await held(bob, 'ann')).toEqual(upTo(taken.length));
  await bob.call('ping');
  expect(heard(bob)).toEqual(upTo(heard(bob).length));
});

test('scripts that are forgotten in the middle cost nothing', async () => {
  const service = await start();
  const [ann, bob] = [await login(service, 0, 'ann'), await login(service, 1, 'bob')];
  const control = service.redis.client();
  for (let round = 0; round < 5; round++) {
    const [outcomes] = await Promise.all([
      Promise.all(ann.callAll(...messages(round * COUNT))),
      control.script('FLUSH'),
    ]);
    expect(outcomes.map(idOf)).toEqual(upTo(COUNT).map((i) => round * COUNT + i + 1));
  }
  await eventually(() => expect(heard(bob)).toEqual(upTo(5 * COUNT)));
});
