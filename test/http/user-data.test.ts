// All that there is of one user: read out page by page, and erased, on a single Redis and on a cluster.
import { beforeAll, describe, expect, test } from '@jest/globals';
import { isMap, type Value, type ValueMap } from '../../src/protocol/params/values.ts';
import { keysWith, MARKER } from '../store/erase-actions.ts';
import { openStore, type Store } from '../store/store.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisAddress } from '../support/redis.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import type { Scope } from '../support/disposal.ts';
import { apiEnv, serverApi, type ServerApiClient } from '../support/server-api.ts';
import { startService, type Service } from '../support/service.ts';

const scope = useScope();

describe.each<[string, (scope: Scope) => Promise<RedisAddress>]>([
  ['a single Redis', startRedis],
  ['a cluster', startRedisCluster],
])('on %s', (_, redis) => {
  let service: Service<RedisAddress>;
  let store: Store;
  beforeAll(async () => {
    const env = { ...apiEnv, PARLEY_DIRECT_MESSAGES: 'stored', PARLEY_REDIS_TIMEOUT_MS: '1000' };
    service = await startService(scope, { redis: await redis(scope), nodes: 2, env });
    store = await openStore(scope, service.redis, { prefix: service.prefix });
  });
  const api = (): ServerApiClient => serverApi(service.node(0));
  const login = (node: 0 | 1, userName: string, enableSync = false): Promise<User> =>
    loginRpc(scope, service.node(node).url, userName, { credentials: { userName, enableSync } });

  /** All pages. */
  async function exported(userName: string, limit: number): Promise<ValueMap[]> {
    const entries: ValueMap[] = [];
    for (let cursor: Value = null, pages = 0; cursor !== null || pages === 0; pages++) {
      const options: ValueMap = cursor === null ? { limit } : { limit, cursor };
      const page: Value = await api().call('exportUser', [userName, options]);
      if (!isMap(page) || !Array.isArray(page['entries'])) throw new Error('no page');
      entries.push(...page['entries'].filter(isMap));
      cursor = page['cursor'] ?? null;
      expect(pages).toBeLessThan(1000);
    }
    return entries;
  }

  test('exportUser gives everything of a user and nothing of others, in pages of any size', async () => {
    const [ann, bob] = [await login(0, 'ann', true), await login(1, 'bob')];
    await ann.call('profileSet', { fullName: 'Ann A.' });
    await ann.call('userStateSet', { mood: 'tea' });
    await ann.call('directAddToList', 'blacklist', ['mallory']);
    await ann.call('directSetWhitelistMode', true);
    await ann.call('directAddToList', 'whitelist', ['bob']);
    await ann.call('contactAdd', 'bob');
    await ann.call('roomCreate', 'attic');
    await bob.call('roomCreate', 'lobby');
    await bob.call('roomAddToList', 'lobby', 'adminlist', ['ann']);
    await bob.call('roomMembersAdd', 'lobby', ['ann']);
    for (const user of [ann, bob]) await user.call('roomJoin', 'lobby');
    for (const text of ['one', 'two', 'three']) {
      await ann.call('roomMessage', 'lobby', { text, bytes: Buffer.from(text) });
      await bob.call('roomMessage', 'lobby', { text, author: 'ann' });
    }
    await ann.call('directMessage', 'bob', { text: 'hello' });
    await bob.call('directMessage', 'ann', { text: 'hello yourself' });
    for (const key of ['+', 'tada']) await ann.call('roomMessageReact', 'lobby', 2, key);
    await bob.call('roomMessageReact', 'lobby', 1, '+');
    await ann.call('directMessageReact', 'bob', 2, '+');
    const whole = await exported('ann', 500);
    expect(whole.slice(0, 5)).toEqual([
      {
        kind: 'user',
        userName: 'ann',
        lastOnline: null,
        whitelistOnly: true,
        profile: { fullName: 'Ann A.' },
        state: { mood: 'tea' },
      },
      { kind: 'list', listName: 'whitelist', names: ['bob'] },
      { kind: 'list', listName: 'blacklist', names: ['mallory'] },
      { kind: 'contacts', names: ['bob'] },
      { kind: 'session', roomName: 'lobby', group: 'custom' },
    ]);
    const rooms = whole.filter(({ kind }) => kind === 'room');
    expect(rooms).toEqual(
      expect.arrayContaining([
        { kind: 'room', roomName: 'attic', owner: true, joined: false, lists: [] },
        { kind: 'room', roomName: 'lobby', owner: false, joined: true, lists: ['adminlist'], role: 'admin' },
      ]),
    );
    expect(rooms).toHaveLength(2);
    const messages = whole.filter(({ kind }) => kind === 'message');
    expect(messages.map(({ roomName, userName, message }) => [roomName ?? userName, Object(message)['text']])).toEqual([
      ['lobby', 'one'],
      ['lobby', 'two'],
      ['lobby', 'three'],
      ['bob', 'hello'],
    ]);
    expect(whole.filter(({ kind }) => kind === 'reaction')).toEqual([
      { kind: 'reaction', roomName: 'lobby', id: 2, key: '+' },
      { kind: 'reaction', roomName: 'lobby', id: 2, key: 'tada' },
      { kind: 'reaction', userName: 'bob', id: 2, key: '+' },
    ]);
    expect(messages[0]).toMatchObject({ message: { id: 1, author: 'ann', bytes: Buffer.from('one') } });
    // Whoever wants small pages gets the same.
    expect(new Set((await exported('ann', 1)).map((entry) => JSON.stringify(entry)))).toEqual(
      new Set(whole.map((entry) => JSON.stringify(entry))),
    );
  });

  test('exportUser refuses who is not there, and a cursor that is none', async () => {
    for (const name of ['nobody', 'a:b', '']) {
      expect(await api().refusal('exportUser', [name])).toMatchObject({ code: 'noUser', args: [name] });
    }
    await api().call('addUser', ['carl']);
    const forged = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const reactions = ['AA==', 'f/gAAAAAAAAB', 7, null].map((last) => forged(['rooms', '', ['hall'], 0, last]));
    for (const cursor of [
      '?',
      forged({}),
      forged(['nothing', '', [], 0]),
      forged(['rooms', '', ['a:b'], 0]),
      ...reactions,
    ]) {
      expect(await api().refusal('exportUser', ['carl', { cursor }])).toMatchObject({ code: 'badArgument' });
    }
    expect(await api().refusal('exportUser', ['carl', { cursor: forged(['rooms', 'x', [], 0]) }])).toMatchObject({
      code: 'badArgument',
    });
    expect(await exported('carl', 10)).toMatchObject([{ kind: 'user', userName: 'carl' }]);
  });

  /** Talks until its socket is closed. */
  async function chatter(user: User, text: string): Promise<void> {
    let isClosed = false;
    void user.raw.closed.then(() => (isClosed = true));
    for (let i = 0; !isClosed; i++) {
      const message = { text: `${text} ${i}` };
      const calls = [
        user.call('roomMessage', 'hall', message, { clientMessageId: `${text}-${i}` }),
        user.call('directMessage', 'gus', message, { clientMessageId: `${text}-${i}` }),
      ];
      await Promise.allSettled(calls);
    }
  }

  test('eraseUser leaves tombstones of all that a user wrote, also of what it writes meanwhile, and nothing else of it', async () => {
    const [fay, fayToo, gus] = [await login(0, 'fay'), await login(1, 'fay'), await login(1, 'gus')];
    await fay.call('profileSet', { about: MARKER });
    await fay.call('contactAdd', 'gus');
    await fay.call('userStateSet', { mood: MARKER });
    expect(await gus.next('userStateChanged')).toEqual(['fay', { mood: MARKER }]);
    await gus.call('roomCreate', 'hall');
    for (const user of [fay, fayToo, gus]) await user.call('roomJoin', 'hall');
    await gus.call('roomMembersAdd', 'hall', ['fay']);
    for (let i = 0; i < 5; i++) {
      await fay.call('roomMessage', 'hall', { text: MARKER });
      await gus.call('roomMessage', 'hall', { text: 'mine' });
      await fay.call('directMessage', 'gus', { text: MARKER });
      await gus.call('directMessage', 'fay', { text: 'mine' });
    }
    const talking = [chatter(fay, MARKER), chatter(fayToo, `${MARKER}-too`)];
    expect(await api().call('eraseUser', ['fay'])).toEqual({ done: false });
    for (const user of [fay, fayToo]) expect(await user.raw.closed).toMatchObject({ code: 4502 });
    await Promise.all(talking);
    // Meanwhile nobody has that name.
    await expect(login(0, 'fay')).rejects.toThrow();
    await eventually(async () =>
      expect(await api().refusal('addUser', ['fay'])).toMatchObject({ code: 'unavailable' }),
    );
    await eventually(async () => expect(await api().call('eraseUser', ['fay'])).toEqual({ done: true }), {
      timeoutMs: 60_000,
    });
    expect(await api().call('hasUser', ['fay'])).toBe(false);
    const client = store.client;
    expect(await keysWith(client, service.prefix, MARKER)).toEqual([]);

    const read = async (after: number): Promise<ValueMap[]> => {
      const page = await gus.call('roomHistoryGet', 'hall', after, 100);
      return Array.isArray(page) ? page.filter(isMap).toReversed() : [];
    };
    const info = Object(await gus.call('roomHistoryInfo', 'hall'));
    expect(info).toMatchObject({ oldestMessageId: 1, historySize: info['lastMessageId'] });
    const messages: ValueMap[] = [];
    while (messages.length < info['lastMessageId']) messages.push(...(await read(messages.length)));
    expect(messages.map(({ id }) => id)).toEqual(messages.map((_, i) => i + 1));
    for (const message of messages) {
      const { id, timestamp } = message;
      if (message['author'] === 'gus') expect(message['text']).toBe('mine');
      else expect(message).toEqual({ id, timestamp, author: 'fay', recalled: true });
    }
    const direct = await gus.call('directHistoryGet', 'fay', { fromId: 0, direction: 'forward', limit: 4 });
    expect(direct).toMatchObject([
      { id: 1, author: 'fay', recalled: true },
      { id: 2, author: 'gus', text: 'mine' },
      { id: 3, author: 'fay', recalled: true },
      { id: 4, author: 'gus', text: 'mine' },
    ]);
    const [joined] = (await gus.call('roomsJoin', [
      { roomName: 'hall', epoch: info['epoch'], lastMessageId: info['lastMessageId'] - 10 },
    ])) as ValueMap[];
    expect(joined).toMatchObject({ recovered: true });
    expect(Array.isArray(joined?.['messages']) && joined['messages'].length).toBe(10);

    await eventually(() => expect(gus.heard('roomMembersRemoved')).toEqual([['hall', ['fay'], null]]));
    expect(await gus.call('roomMembersGet', 'hall')).toMatchObject({ members: [{ userName: 'gus' }], count: 1 });

    // Who has the name next is somebody else.
    const again = await login(1, 'fay');
    await again.call('roomJoin', 'hall');
    await again.call('roomMessage', 'hall', { text: 'new' });
    expect((await read(info['lastMessageId'])).at(-1)).toMatchObject({ author: 'fay', text: 'new' });
    expect(await api().call('eraseUser', ['fay'])).toEqual({ done: false });
    await eventually(async () => expect(await api().call('eraseUser', ['fay'])).toEqual({ done: true }), {
      timeoutMs: 60_000,
    });
    expect((await read(info['lastMessageId'])).at(-1)).toMatchObject({ author: 'fay', recalled: true });
  });

  test('a device that comes back is led past what was erased from its inbox, in either format', async () => {
    const [kim, lea] = [await login(0, 'kim'), await login(1, 'lea')];
    const { inbox } = lea.authData;
    await kim.call('profileSet', { about: MARKER });
    await kim.call('contactAdd', 'lea');
    await lea.next('contactAdded');
    await kim.call('directMessage', 'lea', { text: MARKER });
    lea.raw.close();
    await api().call('eraseUser', ['kim']);
    await eventually(async () => expect(await api().call('eraseUser', ['kim'])).toEqual({ done: true }), {
      timeoutMs: 60_000,
    });
    for (const format of ['msgpack', 'json'] as const) {
      const credentials = { userName: 'lea', inbox: { ...inbox } };
      const again = await loginRpc(scope, service.node(0).url, 'lea', { format, credentials });
      await again.call('ping');
      expect(again.heard('contactAdded')).toEqual([]);
      expect(again.heard('directMessage')).toMatchObject([[{ id: 1, author: 'kim', recalled: true }]]);
      expect(again.heard('inboxReset')).toEqual([]);
      expect(again.heard('inboxPosition').at(-1)).toEqual([again.authData.inbox]);
    }
  });

  test('eraseUser erases what a user left behind who is gone', async () => {
    const [hal, ida] = [await login(0, 'hal'), await login(1, 'ida')];
    await ida.call('roomCreate', 'den');
    for (const user of [hal, ida]) await user.call('roomJoin', 'den');
    await hal.call('roomMessage', 'den', { text: MARKER });
    hal.raw.close();
    await eventually(async () => expect(await api().call('deleteUser', ['hal'])).toBeNull());
    expect(await ida.call('roomRecentHistory', 'den')).toMatchObject([{ text: MARKER }]);
    // Messages go by the name of their author: a later one may change them, until they are erased.
    const later = await login(1, 'hal');
    await later.call('roomJoin', 'den');
    expect(await later.call('roomMessageUpdate', 'den', 1, { text: `${MARKER}!` })).toMatchObject({ version: 2 });
    expect(await api().call('eraseUser', ['hal'])).toEqual({ done: false });
    await eventually(async () => expect(await api().call('eraseUser', ['hal'])).toEqual({ done: true }), {
      timeoutMs: 60_000,
    });
    expect(await ida.call('roomRecentHistory', 'den')).toMatchObject([{ id: 1, author: 'hal', recalled: true }]);
    const last = await login(1, 'hal');
    await last.call('roomJoin', 'den');
    expect(await last.refusal('roomMessageUpdate', 'den', 1, {})).toMatchObject({ code: 'noMessage' });
    expect(await api().refusal('eraseUser', ['a:b'])).toMatchObject({ code: 'noUser' });
  });
});
