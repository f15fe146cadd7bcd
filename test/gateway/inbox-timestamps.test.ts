// Positions in the inbox with the times of their notices: told to who asks for them and to nobody else, and what they are for. Redis
// loses what it was told last while nobody of the user is there: who comes back from there is told so, though the numbers are others' now.
import { beforeAll, expect, test } from '@jest/globals';
import type { InboxPosition } from '../../src/protocol/inbox.ts';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import { Keyspace } from '../../src/redis/keys.ts';
import { createTestClient, type TestClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type Service } from '../support/service.ts';

const USER = 'eve';
const scope = useScope();
let service: Service<RedisServer>;
let bob: User;

beforeAll(async () => {
  service = await startService(scope, { nodes: 2, redis: await startRedis(scope) });
  bob = await login('bob');
});

const login = (userName: string, credentials: ValueMap = {}, node = 1): Promise<User> =>
  loginRpc(scope, service.node(node).url, userName, { credentials: { userName, ...credentials } });

const timed = (inbox?: InboxPosition): ValueMap => ({ inboxTimestamps: true, ...(inbox && { inbox: { ...inbox } }) });
const told = (user: User, name: 'inboxPosition' | 'inboxReset'): unknown[] => user.heard(name).map(([at]) => at);

async function leave(user: User): Promise<void> {
  user.raw.terminate();
  await user.raw.closed;
}

/** Says something a while after all before, and gives where it is in the inbox. */
async function say(userName: string, text: string): Promise<InboxPosition> {
  const answer = Object(await bob.call('directMessage', userName, { text }));
  await eventually(() => expect(Date.now()).toBeGreaterThan(answer.timestamp + 1));
  const probe = await login(userName, timed());
  await leave(probe);
  return probe.authData.inbox;
}

test('are for who asks for them, live, at the login and behind it', async () => {
  const [plain, asking] = [await login('ann'), await login('ann', timed())];
  const { epoch } = plain.authData.inbox;
  expect([plain, asking].map(({ authData }) => authData.inbox)).toEqual([
    { epoch, seq: 0 },
    { epoch, seq: 0 },
  ]);
  const before = Date.now();
  const at = await say('ann', 'one');
  expect(at).toEqual({ epoch, seq: expect.any(Number), timestamp: expect.any(Number) });
  expect(Math.abs((at.timestamp ?? 0) - before)).toBeLessThan(60_000);
  const [start, end] = [
    { epoch, seq: 0 },
    { epoch, seq: at.seq },
  ];
  const without = (positions: unknown[]): unknown[] => positions.map((one) => ({ epoch, seq: Object(one).seq }));
  await eventually(() => expect(told(asking, 'inboxPosition').at(-1)).toEqual(at));
  await eventually(() => expect(told(plain, 'inboxPosition')).toEqual(without(told(asking, 'inboxPosition'))));
  expect(told(await login('ann', timed(start)), 'inboxPosition')).toEqual(told(asking, 'inboxPosition'));
  expect(told(await login('ann', { inbox: { ...start } }), 'inboxPosition')).toEqual(told(plain, 'inboxPosition'));
  // Another life of the log.
  const other = { epoch: 'another', seq: 0 };
  expect(told(await login('ann', timed(other)), 'inboxReset')).toEqual([at]);
  expect(told(await login('ann', { inbox: other }), 'inboxReset')).toEqual([end]);
});

/** Where a device is, once it has come as far as its user's inbox. */
async function comeTo(device: TestClient): Promise<InboxPosition> {
  let at: InboxPosition | undefined;
  await eventually(async () => {
    const probe = await login(USER, timed());
    await leave(probe);
    at = device.seen('inboxPosition').at(-1)?.[0];
    expect(at).toEqual(probe.authData.inbox);
  });
  if (at === undefined) throw new Error('it was told nothing');
  return at;
}

test('show what Redis has lost, though its number is another notice’s by now', async () => {
  const redis = service.redis.client();
  const userName = USER;
  const keys = new Keyspace(service.prefix).user(userName);
  const device = createTestClient(scope, { urls: service.node(0).url, userName });
  await device.connect();
  await say(userName, 'one');
  const one = await comeTo(device);
  // The log, as a replica has it that does not hear of what comes.
  const kept = await Promise.all(
    [keys.meta, keys.history, keys.events].map(async (key) => ({ key, as: await redis.dumpBuffer(key) })),
  );
  await say(userName, 'lost');
  const lost = await comeTo(device);
  device.pause();
  // No node follows the log any more, which would see it.
  await eventually(async () =>
    expect(await redis.call('PUBSUB', 'SHARDNUMSUB', keys.channel)).toEqual([keys.channel, 0]),
  );
  for (const { key, as } of kept) {
    await redis.del(key);
    if (as !== null) await redis.restore(key, 0, as);
  }
  for (const text of ['instead', 'more', 'most']) await say(userName, text);
  const newest = await say(userName, 'last');
  expect([newest.epoch, lost.seq < newest.seq]).toEqual([one.epoch, true]);
  device.resume();
  expect(await device.next('inboxReset')).toEqual([newest]);
  // Whose last notice is there still is led on.
  const texts = (user: User): unknown[] => user.heard('directMessage').map(([message]) => Object(message).text);
  expect(texts(await login(userName, timed(one)))).toEqual(['instead', 'more', 'most', 'last']);
  expect(texts(await login(userName, timed(newest)))).toEqual([]);
  const ahead = await login(userName, timed(lost));
  expect([texts(ahead), told(ahead, 'inboxReset')]).toEqual([[], [ahead.authData.inbox]]);
});
