// The whole life of a room over two nodes, in which everything is asked of Redis that the service ever asks: who may not ask
// something finds it out here.
import { expect } from '@jest/globals';
import { eventually } from './eventually.ts';
import type { RedisAddress } from './redis.ts';
import { loginRpc } from './rpc.ts';
import type { Scope } from './scope.ts';
import { apiEnv, serverApi } from './server-api.ts';
import { startService, type Service } from './service.ts';

export interface LifeOptions {
  /** The prefix of every key and channel; random when left out. */
  readonly prefix?: string;
  readonly env?: Record<string, string>;
  /** Called while both nodes serve, with connections of every kind open. */
  look?: (service: Service<RedisAddress>) => Promise<void>;
}

/** Login, session, room, posts, history, lists, direct message, the death and sweep of a node, leaving, deleting. */
export async function liveOnce(
  scope: Scope,
  redis: RedisAddress,
  { prefix, env, look }: LifeOptions = {},
): Promise<void> {
  const named = prefix === undefined ? {} : { PARLEY_REDIS_PREFIX: prefix };
  const settings = { ...apiEnv, PARLEY_NODE_LEASE_MS: '3000', PARLEY_DIRECT_MESSAGES: 'live', ...named, ...env };
  const service = await startService(scope, { nodes: 2, redis, env: settings });
  const [doomed, living] = [service.node(0), service.node(1)];
  const ann = await loginRpc(scope, living.url, 'ann', { credentials: { userName: 'ann', enableSync: true } });
  const bob = await loginRpc(scope, doomed.url, 'bob', { credentials: { userName: 'bob', enableSync: true } });
  await ann.call('roomCreate', 'hall');
  for (const user of [ann, bob]) await user.call('roomJoin', 'hall');
  await bob.call('roomMessage', 'hall', { textMessage: 'hello' }, { clientMessageId: 'm-1' });
  await ann.next('roomMessage');
  expect(await ann.call('roomRecentHistory', 'hall')).toMatchObject([{ textMessage: 'hello' }]);
  await ann.call('roomAddToList', 'hall', 'blacklist', ['eve']);
  expect(await ann.call('roomGetAccessList', 'hall', 'blacklist')).toEqual(['eve']);
  await ann.call('directMessage', 'bob', { textMessage: 'psst' });
  await bob.next('directMessage');
  await look?.(service);
  await doomed.kill();
  const left = async (): Promise<void> => {
    expect(await ann.call('roomGetAccessList', 'hall', 'userlist')).toEqual(['ann']);
  };
  await eventually(left, { what: 'the sweep after a dead node', timeoutMs: 60_000 });
  const api = serverApi(living);
  expect(JSON.stringify(await api.call('roomsList'))).toContain('hall');
  await ann.call('roomLeave', 'hall');
  await ann.call('roomDelete', 'hall');
  ann.raw.close();
  for (const userName of ['ann', 'bob']) {
    await eventually(async () => expect(await api.call('deleteUser', { userName })).toBe(null), { timeoutMs: 30_000 });
  }
  for (const node of [doomed, living]) {
    // What is no line of JSON has nothing but a text.
    expect(node.logs().filter((line) => line['level'] === undefined)).toEqual([]);
    expect(node.logs().filter(({ level }) => Number(level) >= 50)).toEqual([]);
  }
}
