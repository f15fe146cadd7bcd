// Wills where their node is killed or ends, and where Redis is away as their socket closes: each is posted once.
import { expect, test } from '@jest/globals';
import { Keyspace } from '../../src/redis/keys.ts';
import { field } from '../chat/world.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis } from '../support/redis.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type Service, type ServiceNode } from '../support/service.ts';
import type { RedisServer } from '../support/redis.ts';

const scope = useScope();
/** Until the commands of what closes meanwhile have failed. */
const AWAY_MS = 6000;

interface Stage {
  readonly service: Service<RedisServer>;
  readonly watcher: User;
  readonly node: (index: number) => ServiceNode;
  /** A user on a node, with a will of this text. */
  readonly testator: (index: number, userName: string) => Promise<User>;
  /** What the room was told, in order, when nothing of the users is left in Redis. */
  readonly said: (...userNames: string[]) => Promise<string[]>;
}

async function stage(env: Record<string, string> = {}): Promise<Stage> {
  const redis = await startRedis(scope);
  const service = await startService(scope, { redis, nodes: 3, env: { PARLEY_NODE_LEASE_MS: '4000', ...env } });
  const watcher = await loginRpc(scope, service.node(0).url, 'watcher');
  await watcher.call('roomCreate', 'lobby');
  await watcher.call('roomJoin', 'lobby');
  const keys = new Keyspace(service.prefix);
  const client = redis.client();
  return {
    service,
    watcher,
    node: (index) => service.node(index),
    testator: async (index, userName) => {
      const user = await loginRpc(scope, service.node(index).url, userName);
      await user.call('roomJoin', 'lobby');
      await user.call('roomMessage', 'lobby', { text: `will of ${userName}` }, { will: true });
      return user;
    },
    said: async (...userNames) => {
      for (const userName of userNames) {
        await eventually(async () => expect(await client.exists(keys.user(userName).wills)).toBe(0), {
          timeoutMs: 60_000,
        });
      }
      await watcher.call('roomMessage', 'lobby', { text: 'end' });
      await eventually(() => expect(texts(watcher)).toContain('end'));
      return texts(watcher).filter((text) => text !== 'end');
    },
  };
}

const texts = (watcher: User): string[] =>
  watcher.heard('roomMessage').map(([, message]) => JSON.stringify(field(message, 'text') ?? null).slice(1, -1));

test('where its node is killed whoever sweeps after it posts it, once, also of a user who is back already', async () => {
  const { node, testator, said, service } = await stage();
  await testator(2, 'gone');
  const polite = await testator(2, 'polite');
  await testator(2, 'back');
  await polite.call('disconnect');
  await node(2).kill();
  const again = await loginRpc(scope, service.node(1).url, 'back');
  await again.call('roomJoin', 'lobby');
  expect((await said('gone', 'polite', 'back')).toSorted((a, b) => a.localeCompare(b))).toEqual([
    'will of back',
    'will of gone',
  ]);
}, 120_000);

test('where Redis is away as its socket closes it is posted when that is back, once', async () => {
  const { service, testator, said } = await stage({ PARLEY_NODE_LEASE_MS: '20000' });
  const users = [await testator(1, 'one'), await testator(2, 'two')];
  service.redis.pause();
  const pausedAt = performance.now();
  for (const user of users) {
    user.raw.close(1000);
    await user.raw.closed;
  }
  await eventually(async () => expect((await service.node(1).operator('/readyz')).status).toBe(503));
  await eventually(() => expect(performance.now() - pausedAt).toBeGreaterThan(AWAY_MS));
  service.redis.resume();
  expect((await said('one', 'two')).toSorted((a, b) => a.localeCompare(b))).toEqual(['will of one', 'will of two']);
}, 120_000);

test('where its node ends it is that of who does not come back', async () => {
  const { node, testator, said } = await stage({ PARLEY_DRAIN_GRACE_MS: '3000' });
  await testator(2, 'away');
  await testator(2, 'back');
  const ended = node(2).terminate();
  await loginRpc(scope, node(1).url, 'back');
  await ended;
  expect(await said('away', 'back')).toEqual(['will of away']);
}, 120_000);
