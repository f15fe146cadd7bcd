// What is wrong with Redis at the start: what waiting cannot mend ends the node at once, in a sentence and with a code; what may
// pass is waited for in lines that say what it is. And what a node prints is lines of JSON, whoever prints it.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { makeCertificates } from '../support/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { startMain, type MainProgram } from '../support/main-program.ts';
import { freePort } from '../support/ports.ts';
import { startRedis, startReplica, type RedisAddress } from '../support/redis.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { useScope } from '../support/scope.ts';
import { startWatched } from '../support/sentinels.ts';

const scope = useScope();

interface Started extends Pick<MainProgram, 'lines' | 'strays'> {
  readonly exited: Promise<number>;
}

/** A node that may not come to listen. */
function start(redis: RedisAddress, env: Record<string, string> = {}): Started {
  const { lines, strays, exited } = startMain(scope, {
    PARLEY_REDIS_URL: redis.url,
    PARLEY_REDIS_MODE: redis.mode ?? 'single',
    ...(redis.master === undefined ? {} : { PARLEY_REDIS_MASTER: redis.master }),
    ...redis.env,
    ...env,
  });
  return { lines, strays, exited: exited.then(([code]) => Number(code)) };
}

const waits = ({ lines }: Started): unknown[] =>
  lines.flatMap(({ msg, reason }) => (msg === 'waiting for Redis' ? [reason] : []));

/** Ends by itself, with one line that says why. */
async function expectRefused(redis: RedisAddress, reason: RegExp): Promise<void> {
  const node = start(redis);
  expect(await node.exited).toBe(1);
  expect(node.strays).toEqual([]);
  expect(node.lines.filter(({ level }) => level === 60)).toEqual([
    expect.objectContaining({ msg: 'cannot start', reason: expect.stringMatching(reason) }),
  ]);
  expect(JSON.stringify(node.lines)).not.toContain('hush');
}

/** Waits, saying for what, until `mend` has done its work, and serves then. */
async function expectWaiting(redis: RedisAddress, reason: RegExp, mend: () => Promise<unknown>): Promise<void> {
  const node = start(redis);
  await eventually(() => expect(waits(node)).toContainEqual(expect.stringMatching(reason)));
  await mend();
  await eventually(() => expect(node.lines.map(({ msg }) => msg)).toContain('listening'), { timeoutMs: 30_000 });
  expect(node.strays).toEqual([]);
  expect(waits(node).length).toBeLessThan(10);
}

const FORM = 'parley:{nodes}:form';

describe('ends the start', () => {
  test('a state that a later build has made its own', async () => {
    const server = await startRedis(scope);
    await server.client().hset(FORM, 'number', '1000000');
    await expectRefused(server, /a later build of this service has made the state at this prefix its own/);
  });

  test('a password that is wrong, missing, or of somebody who may not do what is needed', async () => {
    const server = await startRedis(scope, { args: ['--requirepass', 'right'] });
    const at = (who: string): RedisAddress => ({ url: `redis://${who}127.0.0.1:${server.port}` });
    await expectRefused(at(':hush@'), /refuses the user name or password: WRONGPASS/);
    await expectRefused(at('nobody:hush@'), /refuses the user name or password: WRONGPASS/);
    await expectRefused(at(''), /wants a password: NOAUTH/);
    const admin = server.client({ password: 'right' });
    await admin.call('ACL', 'SETUSER', 'few', 'on', '>hush', '~*', '&*', '+@all', '-hset', '-ssubscribe', '-xadd');
    await expectRefused(
      at('few:hush@'),
      /may not use xadd, hset, ssubscribe; it needs ACL SETUSER few \+xadd \+hset \+ssubscribe$/,
    );
    await admin.call('ACL', 'SETUSER', 'narrow', 'on', '>hush', '~other:*', 'resetchannels', '+@all');
    await expectRefused(
      at('narrow:hush@'),
      /may not use keys, channels; it needs ACL SETUSER narrow ~parley:\* &parley:\*$/,
    );
  });

  test('a database that there is not', async () => {
    const server = await startRedis(scope);
    await expectRefused({ url: `${server.url}/99` }, /does not have that database/);
  });

  test('TLS where there is none, none where there is, and a certificate of strangers', async () => {
    const plain = await startRedis(scope);
    await expectRefused({ url: `rediss://:hush@127.0.0.1:${plain.port}` }, /does not speak TLS/);
    const server = await startRedis(scope, { tls: makeCertificates(scope) });
    await expectRefused({ url: `redis://:hush@127.0.0.1:${server.port}` }, /speaks TLS only/);
    await expectRefused({ url: server.url }, /no connection over TLS/);
    await expectRefused({ url: server.url.replace('localhost', '127.0.0.1'), env: { ...server.env } }, /ALTNAME/);
    const { PARLEY_REDIS_TLS_CA = '' } = server.env ?? {};
    await expectRefused({ url: server.url, env: { PARLEY_REDIS_TLS_CA } }, /CERTIFICATE_REQUIRED/);
  });

  test('what is not Redis, and Redis of another kind than was said', async () => {
    const web = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
    scope.add(() => void web.close());
    await once(web, 'listening');
    const address = web.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
    await expectRefused({ url: `redis://127.0.0.1:${address.port}` }, /is not Redis/);
    const single = await startRedis(scope);
    await expectRefused({ url: single.url, mode: 'cluster' }, /is a single server/);
    await expectRefused({ url: single.url, mode: 'sentinel', master: 'm' }, /is no sentinel/);
    const cluster = await startRedisCluster(scope);
    await expectRefused({ url: cluster.node(0).url }, /is a node of a cluster/);
    const watched = await startWatched(scope, { sentinelPassword: 'right' });
    const [sentinel] = watched.sentinels;
    await expectRefused({ url: `redis://:right@127.0.0.1:${sentinel?.port}` }, /is a sentinel/);
    await expectRefused({ ...watched, master: 'nobody' }, /no sentinel knows a primary by the name .*nobody/);
    await expectRefused({ ...watched, env: { PARLEY_REDIS_SENTINEL_PASSWORD: 'hush' } }, /the sentinel at .* refuses/);
    await expectRefused({ ...watched, env: {} }, /the sentinel at .* wants a password/);
  }, 120_000);
});

describe('is waited for', () => {
  test('a server that is not there yet', async () => {
    const server = await startRedis(scope);
    await server.kill();
    await expectWaiting(server, /ECONNREFUSED/, () => server.restart());
  });

  test('the end of the last node of an earlier build, which would not read what this one writes', async () => {
    const server = await startRedis(scope);
    const client = server.client();
    await client.hset(FORM, 'number', '0');
    await client.zadd('parley:{nodes}:leases', Date.now() + 3_600_000, 'of-an-earlier-build');
    await expectWaiting(server, /nodes of an earlier build are running/, () =>
      client.zadd('parley:{nodes}:leases', -Date.now(), 'of-an-earlier-build'),
    );
    expect(Number(await client.hget(FORM, 'number'))).toBeGreaterThan(0);
  });

  test('a name that is not known yet is told, each ten seconds at most', async () => {
    const node = start({ url: `redis://parley-redis.invalid:${await freePort()}` });
    await eventually(() => expect(waits(node)).toContainEqual(expect.stringMatching(/ENOTFOUND|EAI_AGAIN/)));
    expect(node.strays).toEqual([]);
  });

  test('a server that reads its data, or follows another one', async () => {
    const server = await startRedis(scope, {
      persist: true,
      args: ['--key-load-delay', '3000', '--loading-process-events-interval-bytes', '1024'],
    });
    const client = server.client();
    for (let i = 0; i < 1000; i++) await client.set(`key:${i}`, 'x'.repeat(100));
    await server.kill();
    await expectWaiting(server, /LOADING|ECONNREFUSED/, () => server.restart());
    const primary = await startRedis(scope);
    const replica = await startReplica(scope, primary);
    await expectWaiting(replica, /is a replica/, () => replica.client().call('REPLICAOF', 'NO', 'ONE'));
  });

  test('sentinels that are not there yet, and a cluster that is down', async () => {
    const watched = await startWatched(scope);
    for (const sentinel of watched.sentinels) sentinel.pause();
    await expectWaiting(watched, /the sentinel at/, () => {
      for (const sentinel of watched.sentinels) sentinel.resume();
      return Promise.resolve();
    });
    const cluster = await startRedisCluster(scope);
    for (const server of cluster.nodes) await server.client().call('CLUSTER', 'DELSLOTS', '0');
    await expectWaiting(cluster, /CLUSTERDOWN|hash slot/i, () =>
      cluster.node(0).client().call('CLUSTER', 'ADDSLOTS', '0'),
    );
  }, 120_000);
});
