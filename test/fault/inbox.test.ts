// The inbox where something fails: devices that lose their connections or their node all the time, a node that dies between two steps
// of a message, a Redis that has lost everything. A device that comes back sees each notice once and in order, or a reset.
import { expect, test } from '@jest/globals';
import { openStore } from '../store/store.ts';
import { createTestClient, type TestClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { createRng, seeded, type Rng } from '../support/rng.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type Service } from '../support/service.ts';
import { pace, startSplitLink } from '../support/weather.ts';

const scope = useScope();

/** A device by the core client, which keeps its position. */
async function device(
  service: Service<RedisServer>,
  userName: string,
  format: 'msgpack' | 'json' = 'msgpack',
): Promise<TestClient> {
  const urls = service.nodes.map(({ url }) => url);
  const client = createTestClient(scope, { urls, userName, format, credentials: { userName, enableSync: true } });
  await client.connect();
  return client;
}

const placesOf = (client: TestClient): number[] => client.seen('inboxPosition').map(([{ seq }]) => seq);
const textsOf = (client: TestClient | undefined): unknown[] =>
  (client?.seen('directMessage') ?? []).map(([{ text }]) => text);
const upTo = (last: number): number[] => Array.from({ length: last }, (_, i) => i + 1);

/** What was told at each place, as text; '' where that was nothing. */
function noticesOf({ transcript }: TestClient): string[] {
  return transcript.flatMap(({ name }, i) => {
    const before = transcript[i - 1];
    if (name !== 'inboxPosition') return [];
    return [before === undefined || !/^(direct|contact|\$)/.test(before.name) ? '' : JSON.stringify(before)];
  });
}

/** The place of a user's log where it ends, once it is quiet. */
async function endOf(service: Service<RedisServer>, userName: string, ...devices: TestClient[]): Promise<number> {
  let end = -1;
  await eventually(
    async () => {
      const probe = await loginRpc(scope, service.node(0).url, userName);
      probe.raw.terminate();
      const before = end;
      end = probe.authData.inbox.seq;
      expect([before, ...devices.map((one) => placesOf(one).at(-1))]).toEqual([end, ...devices.map(() => end)]);
    },
    { timeoutMs: 60_000 },
  );
  return end;
}

/** What another user and the user's own devices do, a step at a time. */
async function stir(rng: Rng, bob: User, own: User, i: number): Promise<void> {
  const what = rng.integer(0, 5);
  if (what <= 2) await bob.call('directMessage', own.userName, { text: `${i}` });
  else if (what === 3) await own.call('directMessage', bob.userName, { text: `${i}` });
  else if (what === 4) {
    await own.call('roomJoin', 'lobby');
    await own.call('roomLeave', 'lobby');
  } else {
    await bob.call('contactAdd', own.userName);
    await own.call('contactRemove', bob.userName);
  }
}

test(
  'a device that loses its connection at any time has each notice once and in order',
  seeded(async (rng) => {
    const service = await startService(scope, { nodes: 2 });
    const bob = await loginRpc(scope, service.node(0).url, 'bob');
    const own = await loginRpc(scope, service.node(1).url, 'ann', {
      credentials: { userName: 'ann', enableSync: true },
    });
    await bob.call('roomCreate', 'lobby');
    const devices = [await device(service, 'ann'), await device(service, 'ann', 'json')];
    let isOver = false;
    const losing = devices.map(async (one, i) => {
      const chances = createRng(rng.seed + i);
      while (!isOver) {
        await pace(chances, 0, 120);
        one.cut();
      }
    });
    for (let i = 0; i < 150; i++) await stir(rng, bob, own, i);
    isOver = true;
    await Promise.all(losing);
    const end = await endOf(service, 'ann', ...devices);
    for (const one of devices) {
      expect(one.seen('reconnect').length).toBeGreaterThan(1);
      expect(one.seen('inboxReset')).toEqual([]);
      expect(placesOf(one)).toEqual(upTo(end));
    }
    // Neither has done anything itself: both were told the same at each place, but for what tells that this one has had a message.
    const [first = [], second = []] = devices.map(noticesOf);
    for (const [i, one] of first.entries()) {
      const other = second[i] ?? '';
      if (one !== '' && other !== '') expect(one).toBe(other);
      else expect(one + other).toContain('directMessageStatus');
    }
    await eventually(() =>
      expect(textsOf(devices[0])).toEqual(own.heard('directMessage').map(([message]) => Object(message).text)),
    );
  }),
  120_000,
);

test('a device whose node is killed goes on at another one, with all that came meanwhile', async () => {
  const env = { PARLEY_NODE_LEASE_MS: '4000' };
  const service = await startService(scope, { nodes: 2, env });
  const [doomed, other] = [service.node(0), service.node(1)];
  const bob = await loginRpc(scope, other.url, 'bob');
  const ann = createTestClient(scope, { urls: [doomed.url, other.url], userName: 'ann' });
  await ann.connect();
  for (let i = 0; i < 5; i++) await bob.call('directMessage', 'ann', { text: `before ${i}` });
  const [killed] = await Promise.all([
    doomed.kill(),
    ...upTo(10).map((i) => bob.call('directMessage', 'ann', { text: `during ${i}` })),
  ]);
  expect(killed).toBeDefined();
  await eventually(() => expect(textsOf(ann)).toHaveLength(15));
  expect(new Set(textsOf(ann)).size).toBe(15);
  const places = placesOf(ann);
  expect(places).toEqual(upTo(places.length));
  expect(ann.seen('inboxReset')).toEqual([]);
});

test('a node that dies between the log of two users and the inbox of one leaves nothing out: the next message brings both, in order', async () => {
  const service = await startService(scope, { nodes: 2, redis: await startRedis(scope) });
  const store = await openStore(scope, service.redis, { prefix: service.prefix });
  const link = await startSplitLink(scope, service.redis.port);
  const doomed = await service.addNode({ PARLEY_REDIS_URL: link.url, PARLEY_REDIS_TIMEOUT_MS: '20000' });
  const ann = await loginRpc(scope, service.node(1).url, 'ann');
  const inbox = { ...ann.authData.inbox };
  ann.raw.close(1000);
  const { sockets } = store.keys.user('ann');
  await eventually(async () => expect(await store.client.exists(sockets)).toBe(0));
  const bob = await loginRpc(scope, doomed.url, 'bob');
  // What Redis has done is known to the node so much later.
  link.commands.delay(5000);
  bob.notify(['directMessage', 'ann', { text: 'one' }]);
  const { history } = store.keys.pair('ann', 'bob');
  await eventually(async () => expect(await store.client.exists(history)).toBe(1));
  await doomed.kill();
  const login = (more: object): Promise<User> =>
    loginRpc(scope, service.node(0).url, 'ann', {
      credentials: { userName: 'ann', inbox, ...more },
      answerPings: false,
    });
  const messagesOf = (user: User): unknown[] => user.heard('directMessage').map(([message]) => Object(message).text);
  const before = await login({ offlineMessages: 'push' });
  // It is in no inbox yet: who wants what was missed has it all the same.
  expect([messagesOf(before), before.authData.inbox.seq]).toEqual([[], 0]);
  expect(Object((await before.next('missedMessages'))[0])).toMatchObject({ bob: [{ text: 'one' }] });
  before.raw.terminate();
  const again = await loginRpc(scope, service.node(1).url, 'bob');
  await again.call('directMessage', 'ann', { text: 'two' });
  const after = await login({ offlineMessages: 'push' });
  expect(messagesOf(after)).toEqual(['one', 'two']);
  expect(after.heard('inboxPosition').map(([at]) => Object(at).seq)).toEqual([1, 2]);
  expect(after.heard('missedMessages')).toEqual([]);
});

test('where Redis has lost everything a device is told to begin anew, and goes on from there', async () => {
  const redis = await startRedis(scope);
  const service = await startService(scope, { nodes: 2, redis });
  const ann = await device(service, 'ann');
  const told: unknown[] = [];
  ann.direct('bob').on('message', ({ content }) => told.push(content['text']));
  ann.direct('bob').on('reset', () => told.push('reset'));
  const bob = createTestClient(scope, { urls: service.node(1).url, userName: 'bob' });
  await bob.connect();
  const tell = (text: string): Promise<unknown> => bob.request('directMessage', { userName: 'ann', message: { text } });
  for (const text of ['one', 'two']) await tell(text);
  await ann.next('inboxPosition', ({ seq }) => seq === 2);
  await redis.restart();
  const [{ epoch, seq }] = await ann.next('inboxReset', undefined, { timeoutMs: 60_000 });
  expect(seq).toBe(0);
  expect(epoch).not.toBe(ann.seen('inboxPosition')[0]?.[0].epoch);
  // What was shown may have changed; and then it is another log.
  await eventually(() => expect(told).toEqual(['one', 'two', 'reset', 'reset']));
  await eventually(() => tell('three'), { timeoutMs: 30_000 });
  expect(await ann.next('inboxPosition', (at) => at.epoch === epoch && at.seq === 1)).toBeDefined();
  await ann.next('directMessage', ({ text }) => text === 'three');
  // The conversation goes on as well, though its numbers begin anew.
  expect(told).toEqual(['one', 'two', 'reset', 'reset', 'three']);
});
