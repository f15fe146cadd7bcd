// All that there is of one user: read out page by page through one node, on a single Redis and on a cluster.
import { beforeAll, describe, expect, test } from '@jest/globals';
import { isMap, type Value, type ValueMap } from '../../src/protocol/values.ts';
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
  beforeAll(async () => {
    const env = { ...apiEnv, PARLEY_DIRECT_MESSAGES: 'stored' };
    service = await startService(scope, { redis: await redis(scope), nodes: 2, env });
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
    await ann.call('directAddToList', 'blacklist', ['mallory']);
    await ann.call('directSetWhitelistMode', true);
    await ann.call('directAddToList', 'whitelist', ['bob']);
    await ann.call('contactAdd', 'bob');
    await ann.call('roomCreate', 'attic');
    await bob.call('roomCreate', 'lobby');
    await bob.call('roomAddToList', 'lobby', 'adminlist', ['ann']);
    for (const user of [ann, bob]) await user.call('roomJoin', 'lobby');
    for (const text of ['one', 'two', 'three']) {
      await ann.call('roomMessage', 'lobby', { text, bytes: Buffer.from(text) });
      await bob.call('roomMessage', 'lobby', { text, author: 'ann' });
    }
    await ann.call('directMessage', 'bob', { text: 'hello' });
    await bob.call('directMessage', 'ann', { text: 'hello yourself' });
    const whole = await exported('ann', 500);
    expect(whole.slice(0, 5)).toEqual([
      { kind: 'user', userName: 'ann', lastOnline: null, whitelistOnly: true, profile: { fullName: 'Ann A.' } },
      { kind: 'list', listName: 'whitelist', names: ['bob'] },
      { kind: 'list', listName: 'blacklist', names: ['mallory'] },
      { kind: 'contacts', names: ['bob'] },
      { kind: 'session', roomName: 'lobby', group: 'custom' },
    ]);
    const rooms = whole.filter(({ kind }) => kind === 'room');
    expect(rooms).toEqual(
      expect.arrayContaining([
        { kind: 'room', roomName: 'attic', owner: true, joined: false, lists: [] },
        { kind: 'room', roomName: 'lobby', owner: false, joined: true, lists: ['adminlist'] },
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
    for (const cursor of ['?', forged({}), forged(['nothing', '', [], 0]), forged(['rooms', '', ['a:b'], 0])]) {
      expect(await api().refusal('exportUser', ['carl', { cursor }])).toMatchObject({ code: 'badArgument' });
    }
    expect(await api().refusal('exportUser', ['carl', { cursor: forged(['rooms', 'x', [], 0]) }])).toMatchObject({
      code: 'badArgument',
    });
    expect(await exported('carl', 10)).toMatchObject([{ kind: 'user', userName: 'carl' }]);
  });
});
