// Every part of an endpoint in every mode: TLS with certificates on both sides, users and passwords of any characters, databases,
// sockets and addresses. What is given is seen at the server; who may do no more than is needed lives the whole life of a room.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { checkPermissions } from '../../src/redis/start/start-scripts.ts';
import { makeCertificates } from '../support/certificates.ts';
import { liveOnce } from '../support/life.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { useScope } from '../support/scope.ts';
import { startWatched } from '../support/sentinels.ts';
import { startNode } from '../support/service.ts';

const scope = useScope();
const user = { name: 'pärley@1', password: 'p%@:/#?, ü"\'&=+;[]', rules: ['~*', '&*', '+@all'] };
const uses = ['commands', 'lease', 'subscriber'];

/** The connections of nodes at a server: what each is for, and by whom it came in. */
async function connectionsAt(server: RedisServer): Promise<readonly { use: string; user: string; db: string }[]> {
  const list = String(await server.client().client('LIST'));
  return list.split('\n').flatMap((line) => {
    const field = (name: string): string => new RegExp(`\\b${name}=(\\S*)`).exec(line)?.[1] ?? '';
    const use = /^parley-(.*)$/.exec(field('name'))?.[1];
    return use === undefined ? [] : [{ use, user: field('user'), db: field('db') }];
  });
}

async function expectComeIn(servers: readonly RedisServer[], name: string, db = '0'): Promise<void> {
  const found = (await Promise.all(servers.map(connectionsAt))).flat();
  expect(new Set(found.map(({ use }) => use))).toEqual(new Set(uses));
  expect(found.filter((each) => each.user !== name)).toEqual([]);
  expect(found.filter((each) => each.use !== 'subscriber' && each.db !== db)).toEqual([]);
}

describe('user, password, and TLS with certificates on both sides, for names only', () => {
  test('on one server, with a database', async () => {
    const server = await startRedis(scope, { tls: makeCertificates(scope), user });
    const redis = { ...server, url: `${server.url}/5` };
    await liveOnce(scope, redis, { look: () => expectComeIn([server], user.name, '5') });
    expect(await server.client().dbsize()).toBe(0);
  }, 120_000);

  test('by sentinels, which have a password of their own, and after a failover', async () => {
    // They tell addresses, which the certificates are not for.
    const watched = await startWatched(scope, {
      tls: makeCertificates(scope),
      user,
      sentinelPassword: "an0'ther p&ss",
    });
    const redis = { ...watched, env: { ...watched.env, PARLEY_REDIS_TLS_SERVER_NAME: 'localhost' } };
    await liveOnce(scope, redis, {
      look: async () => {
        await expectComeIn([await watched.primary()], user.name);
        await watched.failover();
      },
    });
    await expectComeIn([await watched.primary()], user.name);
  }, 180_000);

  test.each([
    [
      'whose nodes are told by name',
      ['--cluster-announce-hostname', 'localhost', '--cluster-preferred-endpoint-type', 'hostname'],
      {},
    ],
    ['whose nodes are told by address', [], { PARLEY_REDIS_TLS_SERVER_NAME: 'localhost' }],
  ])(
    'on a cluster %s',
    async (_, args, env) => {
      const cluster = await startRedisCluster(scope, { tls: makeCertificates(scope), user, args });
      await liveOnce(
        scope,
        { ...cluster, env: { ...cluster.env, ...env } },
        {
          look: () => expectComeIn(cluster.nodes, user.name),
        },
      );
    },
    180_000,
  );

  test('a cluster whose certificates are for other names is refused with the reason', async () => {
    const cluster = await startRedisCluster(scope, { tls: makeCertificates(scope) });
    const started = startNode(scope, { redis: cluster });
    await expect(started).rejects.toThrow(/"code":1.*127\.0\.0\.1:\d+: there is no connection over TLS: .*ALTNAME/s);
  });
});

test.each([
  ['a Unix socket', (who: string, { dir }: RedisServer) => `unix://${who}${join(dir, 'redis.sock')}?db=3`],
  ['IPv6', (who: string, { port }: RedisServer) => `redis://${who}[::1]:${port}/3`],
])(
  '%s, with a database',
  async (_, urlOf) => {
    const args = ['--unixsocket', 'redis.sock', '--bind', '127.0.0.1', '::1'];
    const server = await startRedis(scope, { user, args });
    const who = `${encodeURIComponent(user.name)}:${encodeURIComponent(user.password)}@`;
    await liveOnce(scope, { url: urlOf(who, server) }, { look: () => expectComeIn([server], user.name, '3') });
  },
  120_000,
);

/** What scripts and the rest of the service need, and nothing else. */
const needed = `ping select cluster|slots client|setname eval evalsha scan time ssubscribe sunsubscribe spublish
  exists unlink rename persist pexpire pexpireat set hget hset hsetnx hincrby hdel hlen hexists hgetall hmget hkeys hvals hscan
  sadd srem scard sismember smembers sscan zadd zrem zcard zscore zrange zrangebyscore zrangebylex
  zscan zremrangebyscore zremrangebyrank zrevrangebyscore zcount zunionstore pttl xadd xdel xrange xrevrange xtrim`
  .split(/\s+/)
  .map((name) => `+${name}`);
/** What is of use besides, and allowed here. */
const wished = ['+fcall', '+function|load', '+function|list', '+function|delete'];
const least = ['~least:*', '&least:*', ...needed, ...wished];

describe.each([
  ['without @dangerous', ['~*', '&*', '+@all', '-@dangerous'], ['info', 'config|get']],
  ['that is allowed what config/README.md names', least, ['info', 'config|get']],
])('a user %s', (_, rules, missing) => {
  const limited = { name: 'parley', password: 'secret', rules };
  const told = async (logs: readonly { msg: string }[]): Promise<void> => {
    const lines = logs.filter(({ msg }) => msg === 'Redis does not allow all that is of use');
    expect(lines[0]).toMatchObject({ missing, lost: missing.map(() => expect.any(String)) });
  };

  test('lives the whole life of a room on one server', async () => {
    const server = await startRedis(scope, { user: limited });
    await liveOnce(scope, server, { prefix: 'least', look: ({ nodes }) => told(nodes[0]?.logs() ?? []) });
    const refused = (await server.client().call('ACL', 'LOG')) as unknown[]; // rows of names and values
    // INFO and CONFIG, asked a few times for each connection, and nothing that is needed.
    const objects = refused.map((row) => (Array.isArray(row) ? String(row[row.indexOf('object') + 1]) : ''));
    expect(objects.filter((object) => !missing.includes(object))).toEqual([]);
  }, 120_000);

  test('and on a cluster', async () => {
    const cluster = await startRedisCluster(scope, { user: limited });
    await liveOnce(scope, cluster, { prefix: 'least', look: ({ nodes }) => told(nodes[0]?.logs() ?? []) });
  }, 120_000);
});

test('a cluster of which a replica is named first', async () => {
  const cluster = await startRedisCluster(scope, { replicas: true });
  await liveOnce(scope, { ...cluster, url: [cluster.replicaOf(0).url, cluster.url].join(',') }, { prefix: 'replica' });
}, 120_000);

test('config/README.md names these rules', () => {
  const readme = readFileSync(new URL('../../config/README.md', import.meta.url), 'utf8');
  const line = /^ACL SETUSER parley on [^`]*/m.exec(readme)?.[0].split(/\s+/).filter(Boolean) ?? [];
  const named = line.filter((rule) => rule.startsWith('+')).toSorted();
  expect(named).toEqual([...needed, '+info', '+config|get', ...wished].toSorted());
});

test('every command of a script is tried at the start', () => {
  const folder = new URL('../../src/', import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.lua'));
  const texts = files.map((path) => readFileSync(new URL(path, folder), 'utf8'));
  const called = texts.flatMap((text) => [...text.matchAll(/\bp?call\(\s*'(\w+)'/g)].map(([, name]) => name));
  const tried = [...checkPermissions.lua.matchAll(/\{'(\w+)'/g)].map(([, name]) => name);
  expect(called.length).toBeGreaterThan(100);
  // INFO is a wish: who asks for it goes on without.
  expect([...new Set(called)].filter((name) => !tried.includes(name))).toEqual(['INFO']);
});
