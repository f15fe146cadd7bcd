// What was said elsewhere is imported by the server API: rooms and conversations have it as if it had been said here, and go on behind it.
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Format } from '../../src/protocol/wire/codec.ts';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import type { Scope } from '../support/disposal.ts';
import { startRedis, type RedisAddress } from '../support/redis.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { apiEnv, serverApi, type ServerApiClient } from '../support/server-api.ts';
import { startService, type Service } from '../support/service.ts';
import { badNames } from './api-world.ts';

const scope = useScope();
const BEGINNING = 1_500_000_000_000;

/** Messages a second apart. */
const said = (authors: readonly (string | undefined)[], from = BEGINNING): ValueMap[] =>
  authors.map((author, i) => ({
    ...(author === undefined ? {} : { author }),
    timestamp: from + i * 1000,
    message: { textMessage: `message ${i}`, bytes: Buffer.from([i]), id: 1000, mentions: ['nobody'] },
  }));

/** As they are read. */
const told = (authors: readonly (string | undefined)[], from = BEGINNING): ValueMap[] =>
  authors.map((author, i) => ({
    ...(author === undefined ? {} : { author }),
    textMessage: `message ${i}`,
    bytes: Buffer.from([i]),
    timestamp: from + i * 1000,
    id: i + 1,
  }));

describe.each<[Format, string, (scope: Scope) => Promise<RedisAddress>]>([
  ['json', 'a single Redis', startRedis],
  ['msgpack', 'a cluster', startRedisCluster],
])('in %s, on %s', (format, _, redis) => {
  let service: Service<RedisAddress>;
  beforeAll(async () => {
    const env = { ...apiEnv, PARLEY_DIRECT_MESSAGES: 'stored', PARLEY_MESSAGE_BYTES: '300' };
    service = await startService(scope, { redis: await redis(scope), nodes: 2, env });
  });
  const api = (): ServerApiClient => serverApi(service.node(0), format);
  const login = (node: 0 | 1, userName: string): Promise<User> => loginRpc(scope, service.node(node).url, userName);

  test('a room has the messages with author, time and all their fields, and what is said comes behind them', async () => {
    const [ann, bob] = [await login(0, 'ann'), await login(1, 'bob')];
    await ann.call('roomCreate', 'tea');
    for (const user of [ann, bob]) await user.call('roomJoin', 'tea');
    const authors = ['ann', 'zoe', undefined];
    const batch = { at: 0, messages: said(authors) };
    expect(await api().call('roomImport', ['tea', { ...batch, at: 0, messages: [] }])).toMatchObject({
      imported: 0,
      open: true,
    });
    const progress = { imported: 3, open: true, tooOld: 0, oldestMessageId: 1, messageBytes: 300 };
    expect(await api().call('roomImport', ['tea', batch])).toEqual(progress);
    expect(await api().call('roomImport', ['tea', batch])).toEqual(progress);
    const [[roomName, epoch, lastMessageId]] = [await bob.next('roomReset')];
    expect([roomName, lastMessageId]).toEqual(['tea', 3]);
    expect(await bob.call('roomHistoryInfo', 'tea')).toMatchObject({ epoch, lastMessageId: 3, historySize: 3 });
    expect(ann.heard('roomMessage')).toEqual([]);
    expect(await ann.call('roomMessage', 'tea', { textMessage: 'now' })).toBe(4);
    expect(await bob.next('roomMessage')).toMatchObject(['tea', { id: 4 }]);
    expect(await bob.call('roomHistoryGet', 'tea', 0, 3)).toEqual(told(authors).toReversed());
    expect(await bob.call('roomRecentHistory', 'tea')).toHaveLength(4);
    const found = await bob.call('roomHistorySearch', 'tea', { author: 'zoe', to: { timestamp: BEGINNING + 2000 } });
    expect(found).toMatchObject({ messages: [{ id: 2, author: 'zoe' }] });
    const over = await api().refusal('roomImport', ['tea', { at: 3, messages: said(['ann'], BEGINNING + 9000) }]);
    expect(over).toMatchObject({ code: 'notAllowed', message: expect.stringContaining('something was said') });
  });

  test('whoever comes back with a position gets what was imported, and members have nothing unread unless it is said', async () => {
    const [cleo, dan] = [await login(0, 'cleo'), await login(1, 'dan')];
    const { roomName } = Object(await cleo.call('conversationCreate', { members: ['dan'] }));
    const { epoch } = Object(await cleo.call('roomHistoryInfo', roomName));
    const messages = said(['cleo', 'cleo', 'dan', 'cleo']).map((each, i) =>
      i === 3 ? { ...each, mentions: ['dan', ''] } : each,
    );
    const batch = { at: 0, messages, done: true, read: [{ userName: 'dan', id: 2 }] };
    expect(await api().call('roomImport', [roomName, batch])).toMatchObject({ imported: 4, open: false });
    const unread = async (user: User): Promise<unknown> => {
      const { rooms } = Object(await user.call('roomList', {}));
      return rooms.map((one: ValueMap) => [one['unread'], one['mentioned'], one['lastActivity']]);
    };
    expect(await unread(cleo)).toEqual([[0, false, BEGINNING + 3000]]);
    expect(await unread(dan)).toEqual([[2, true, BEGINNING + 3000]]);
    const [joined]: Value[] = [await dan.call('roomsJoin', [{ roomName, epoch, lastMessageId: 2 }])].flat();
    const missed = Object(joined);
    expect(missed).toMatchObject({ recovered: true, lastMessageId: 4 });
    expect(missed.messages.map(({ id, mentions }: ValueMap) => [id, mentions])).toEqual([
      [3, undefined],
      [4, ['dan']],
    ]);
  });

  test('a conversation has the messages as read, and both users go on in it', async () => {
    const [eve, fay] = [await login(0, 'eve'), await login(1, 'fay')];
    const batch = { at: 0, messages: said(['eve', 'fay', 'eve']), done: true };
    expect(await api().call('directImport', ['eve', 'fay', batch])).toEqual({
      imported: 3,
      open: false,
      tooOld: 0,
      oldestMessageId: 1,
      messageBytes: 300,
    });
    expect(await api().call('directImport', ['fay', 'eve', batch])).toMatchObject({ imported: 3 });
    const read = told(['eve', 'fay', 'eve']).map((one) => ({ ...one, status: 'read' }));
    expect(await eve.call('directHistoryGet', 'fay')).toEqual(read);
    expect(await fay.call('directHistoryGet', 'eve')).toEqual(read);
    expect(await fay.call('missedMessagesGet')).toEqual({});
    expect(await fay.call('unreadGet')).toEqual([]);
    const echoes = await login(1, 'eve');
    expect(await eve.call('directMessage', 'fay', { textMessage: 'now' })).toMatchObject({ id: 4 });
    expect(await fay.next('directMessage')).toMatchObject([{ id: 4, textMessage: 'now' }]);
    expect(await echoes.next('directMessageEcho')).toMatchObject(['fay', { id: 4 }]);
    expect(fay.heard('directMessage')).toHaveLength(1);
    expect(
      await api().refusal('directImport', ['eve', 'fay', { at: 3, messages: said(['eve'], BEGINNING + 9000) }]),
    ).toMatchObject({
      code: 'notAllowed',
    });
  });

  test('what was recalled has its place, author and time, and nothing of what it said', async () => {
    const users = [await login(0, 'jo'), await login(1, 'kay')] as const;
    const [jo, kay] = users;
    await jo.call('roomCreate', 'past');
    await kay.call('roomJoin', 'past');
    const messages = [...said(['jo', 'kay']), { author: 'jo', timestamp: BEGINNING + 5000, recalled: true }];
    const recalled = messages.map((each, i) => (i === 1 ? { ...each, recalled: true } : each));
    for (const [request, ...names] of [
      ['roomImport', 'past'],
      ['directImport', 'jo', 'kay'],
    ] as const) {
      expect(await api().call(request, [...names, { at: 0, messages: recalled }])).toMatchObject({ imported: 3 });
    }
    const tombstones = [
      { author: 'kay', timestamp: BEGINNING + 1000, id: 2, recalled: true },
      { author: 'jo', timestamp: BEGINNING + 5000, id: 3, recalled: true },
    ];
    expect(await kay.call('roomHistoryGet', 'past', 1, 10)).toEqual(tombstones.toReversed());
    const direct = await kay.call('directHistoryGet', 'jo', { fromId: 1, direction: 'forward' });
    expect(direct).toEqual(tombstones.map((each) => ({ ...each, status: 'read' })));
  });

  test('messages that were imported are changed like others, and a batch of them still is known again', async () => {
    const [leo, mia] = [await login(0, 'leo'), await login(1, 'mia')];
    await leo.call('roomCreate', 'hall');
    for (const user of [leo, mia]) await user.call('roomJoin', 'hall');
    const batch = { at: 0, messages: said(['leo', 'mia', 'leo']) };
    expect(await api().call('roomImport', ['hall', batch])).toMatchObject({ imported: 3 });
    expect(await mia.call('roomMessageReact', 'hall', 1, 'heart')).toEqual({ counts: { heart: 1 } });
    expect(await leo.call('roomMessageUpdate', 'hall', 1, { textMessage: 'better' })).toMatchObject({ version: 2 });
    expect(await mia.call('roomMessageRecall', 'hall', 2)).toMatchObject({ version: 2 });
    expect(await api().call('roomImport', ['hall', batch])).toMatchObject({ imported: 3, open: true });
    const more = { at: 3, messages: said(['mia'], BEGINNING + 9000) };
    expect(await api().call('roomImport', ['hall', more])).toMatchObject({ imported: 4 });
    expect(await leo.call('roomHistoryGet', 'hall', 0, 10)).toMatchObject([
      { id: 4, author: 'mia', timestamp: BEGINNING + 9000 },
      { id: 3, textMessage: 'message 2' },
      { id: 2, author: 'mia', recalled: true, timestamp: BEGINNING + 1000 },
      { id: 1, textMessage: 'better', version: 2, timestamp: BEGINNING, reactions: { heart: 1 } },
    ]);
  });

  test('what cannot be imported is refused with what is wrong, and where to go on', async () => {
    await api().call('addRoom', ['attic']);
    for (const userName of ['gus', 'hal']) await api().call('addUser', [userName]);
    const refusal = (batch: ValueMap, roomName = 'attic'): Promise<unknown> =>
      api().refusal('roomImport', [roomName, batch]);
    for (const name of ['nowhere', ...badNames]) {
      expect(await refusal({ at: 0, messages: [] }, name)).toMatchObject({ code: 'noRoom', args: [name] });
    }
    expect(await refusal({ at: 0, messages: said(['a:b']) })).toMatchObject({ code: 'invalidName', args: ['a:b'] });
    const [first = {}, second = {}] = said(['gus', 'gus']);
    expect(await refusal({ at: 0, messages: [second, first] })).toMatchObject({
      code: 'badArgument',
      args: [1, null],
      message: expect.stringContaining('message 1 is older'),
    });
    const large = { ...second, message: { textMessage: 'x'.repeat(300) } };
    expect(await refusal({ at: 0, messages: [first, large] })).toMatchObject({
      code: 'messageTooLarge',
      message: expect.stringContaining('message 1 takes'),
    });
    const many = Array.from({ length: 501 }, () => first);
    expect(await refusal({ at: 0, messages: many })).toMatchObject({ code: 'badArgument' });
    expect(await refusal({ at: 1, messages: [first] })).toMatchObject({ code: 'otherImport', args: [0] });
    expect(await api().call('roomImport', ['attic', { at: 0, messages: [first, second] }])).toMatchObject({
      imported: 2,
    });
    expect(await refusal({ at: 2, messages: [first] })).toMatchObject({ code: 'badArgument' });
    expect(await refusal({ at: 2, messages: said(['gus'], Date.now() + 3_600_000) })).toMatchObject({
      code: 'badArgument',
      message: expect.stringContaining('later than now'),
    });
    const pair = (batch: ValueMap, [userName, peer] = ['gus', 'hal']): Promise<unknown> =>
      api().refusal('directImport', [userName ?? '', peer ?? '', batch]);
    expect(await pair({ at: 0, messages: [] }, ['gus', 'nobody'])).toMatchObject({ code: 'noUser', args: ['nobody'] });
    expect(await pair({ at: 0, messages: [] }, ['a:b', 'gus'])).toMatchObject({ code: 'noUser', args: ['a:b'] });
    expect(await pair({ at: 0, messages: [] }, ['gus', 'gus'])).toMatchObject({ code: 'notAllowed' });
    for (const author of ['ivy', undefined]) {
      expect(await pair({ at: 0, messages: said([author]) })).toMatchObject({ code: 'badArgument', args: [2, null] });
    }
    expect(await pair({ at: 0, messages: [first, large] })).toMatchObject({ code: 'messageTooLarge' });
    expect(await pair({ at: 5, messages: [first] })).toMatchObject({ code: 'otherImport', args: [0] });
  });
});

test('where messages from user to user are not stored none are imported', async () => {
  const env = { ...apiEnv, PARLEY_DIRECT_MESSAGES: 'live' };
  const service = await startService(scope, { redis: await startRedis(scope), nodes: 1, env });
  const api = serverApi(service.node(0));
  for (const userName of ['ann', 'bob']) await api.call('addUser', [userName]);
  const refused = await api.refusal('directImport', ['ann', 'bob', { at: 0, messages: [] }]);
  expect(refused).toMatchObject({ code: 'notAllowed', message: expect.stringContaining('not stored') });
});
