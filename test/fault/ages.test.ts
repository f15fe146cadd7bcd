// Messages that become too old while nodes run, by Redis's clock: nobody is given them any more, nothing of them is left in Redis,
// and whoever talks on misses nothing.
import { expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { loginRpc } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { apiEnv, serverApi } from '../support/server-api.ts';
import { settableClock } from '../support/set-clock.ts';
import { startService } from '../support/service.ts';
import { expectWhole, startTalk } from '../support/talk.ts';

const scope = useScope();
const HOUR = 3_600_000;

async function startSettable(): Promise<RedisServer & { pass(ms: number): Promise<void> }> {
  const clock = await settableClock(scope);
  const redis = await startRedis(scope, { env: clock.env });
  let ahead = 0;
  return Object.assign(redis, { pass: (ms: number) => clock.set((ahead += ms / 1000)) });
}

test('what is older than the setting is given to nobody, on any node, and goes from Redis by itself', async () => {
  const redis = await startSettable();
  const env = { ...apiEnv, PARLEY_HISTORY_MAX_AGE_MS: String(HOUR) };
  const service = await startService(scope, { nodes: 2, redis, env });
  const api = serverApi(service.node(1));
  const [ann, bob] = [
    await loginRpc(scope, service.node(0).url, 'ann'),
    await loginRpc(scope, service.node(1).url, 'bob'),
  ];
  await api.call('addUser', ['carol']);
  for (const roomName of ['lobby', 'archive']) {
    await api.call('addRoom', [roomName, roomName === 'archive' ? { historyMaxAgeMs: 0 } : {}]);
    await ann.call('roomJoin', roomName);
    for (let n = 1; n <= 3; n++) await ann.call('roomMessage', roomName, { n });
  }
  for (const to of ['bob', 'carol']) await ann.call('directMessage', to, { text: 'a secret' });
  await bob.next('directMessage');
  const { epoch } = Object(await ann.call('roomHistoryInfo', 'lobby'));
  const back = (lastMessageId: number): Promise<unknown> =>
    bob.call('roomsJoin', [{ roomName: 'lobby', epoch, lastMessageId }]);
  expect(await back(1)).toMatchObject([{ recovered: true, messages: [{ n: 2 }, { n: 3 }] }]);

  await redis.pass(2 * HOUR);
  for (const [method, ...more] of [['roomRecentHistory'], ['roomHistoryGet', 0, 10]] as const) {
    expect(await ann.call(method, 'lobby', ...more)).toEqual([]);
    expect(await api.call(method, ['lobby', ...more])).toEqual([]);
    expect(await ann.call(method, 'archive', ...more)).toMatchObject([{ n: 3 }, { n: 2 }, { n: 1 }]);
  }
  const empty = { historySize: 0, lastMessageId: 3, oldestMessageId: 4 };
  expect(await ann.call('roomHistoryInfo', 'lobby')).toMatchObject(empty);
  expect(await back(1)).toMatchObject([{ recovered: false, messages: [], lastMessageId: 3 }]);
  expect(await back(3)).toMatchObject([{ recovered: true, messages: [], lastMessageId: 3 }]);
  expect(await ann.call('directHistoryGet', 'bob', {})).toEqual([]);
  const carol = await loginRpc(scope, service.node(1).url, 'carol', {
    credentials: { userName: 'carol', offlineMessages: 'push' },
  });
  expect(await carol.call('missedMessagesGet')).toEqual({});
  expect(carol.heard('missedMessages')).toEqual([]);
  const client = redis.client();
  await eventually(async () => {
    const streams = (await client.keys(`${service.prefix}:*:history`)).map((key) =>
      key.slice(service.prefix.length + 1),
    );
    expect(streams).toEqual(['{room:archive}:history']);
  });

  expect(await ann.call('roomMessage', 'lobby', { n: 4 })).toBe(4);
  expect(await ann.call('directMessage', 'bob', { text: 'news' })).toMatchObject({ id: 2 });
  expect(await bob.call('roomRecentHistory', 'lobby')).toMatchObject([{ n: 4, id: 4 }]);
  expect(await bob.call('directHistoryGet', 'ann', {})).toMatchObject([{ text: 'news', id: 2 }]);
  await redis.pass(HOUR / 2);
  expect(await ann.call('roomMessage', 'lobby', { n: 5 })).toBe(5);
  await redis.pass(HOUR * 0.75);
  expect(await ann.call('roomHistoryInfo', 'lobby')).toMatchObject({ historySize: 1, oldestMessageId: 5 });
  expect(await ann.call('roomMessage', 'lobby', { n: 6 })).toBe(6);
  expect(await client.xlen(`${service.prefix}:{room:lobby}:history`)).toBe(2);
  for (const user of [ann, bob]) expect(user.heard('roomReset')).toEqual([]);
});

test('who talks all the while misses nothing, and what has become too old is not lost', async () => {
  const redis = await startSettable();
  const env = {
    PARLEY_HISTORY_MAX_AGE_MS: '2000',
    PARLEY_RATE_REQUESTS_PER_SECOND: '10000',
    PARLEY_RATE_BURST: '10000',
  };
  const service = await startService(scope, { nodes: 2, redis, env });
  const urls = service.nodes.map(({ url }) => url);
  const talk = await startTalk(scope, { clients: [...urls, ...urls], rooms: ['lobby', 'attic'], everyMs: 8 });
  for (let i = 0; i < 4; i++) {
    await talk.more(100);
    await redis.pass(1000);
  }
  expectWhole(await talk.verdict());
});
