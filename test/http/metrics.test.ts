// What the metrics say, held against what clients did: each is moved by its cause, and its labels stay few.
import { beforeAll, expect, test } from '@jest/globals';
import { metrics, type MetricDeclaration } from '../../src/ops/metrics.ts';
import { until } from '../chat/world.ts';
import { eventually } from '../support/eventually.ts';
import type { Metrics } from '../support/metrics.ts';
import { openRaw } from '../support/raw-client.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { connectRpc, loginRpc } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startNode, startService, type ServiceNode } from '../support/service.ts';

const scope = useScope();
let redis: RedisServer;
let node: ServiceNode;
beforeAll(async () => {
  redis = await startRedis(scope);
  node = await startNode(scope, { redis, env: { PARLEY_LOGIN_TIMEOUT_MS: '4000', PARLEY_RATE_BURST: '100000' } });
});

/** The metrics, once they say that. */
const once = (told: (metrics: Metrics) => void, of = node): Promise<Metrics> =>
  eventually(async () => {
    const now = await of.metrics();
    told(now);
    return now;
  });

/** By how much a sum has grown between two scrapes; a series that was not there was zero. */
const growth = (before: Metrics, after: Metrics, name: string, labels: Record<string, string>): number =>
  after.sum(name, labels) - (before.sum(name, labels) || 0);

test('every metric of the table is told, with its help and type, and no other', async () => {
  const { described } = await node.metrics();
  const table = Object.entries<MetricDeclaration>(metrics).map(([name, { kind, help }]) => [
    name,
    { type: kind, help },
  ]);
  expect(table.length).toBeGreaterThan(25);
  expect(Object.fromEntries(described)).toEqual(Object.fromEntries(table));
});

test('names carry their unit, help is a sentence, and samples have the labels of the table', async () => {
  await loginRpc(scope, node.url, 'table');
  const told = await node.metrics();
  for (const [name, { kind, help, labels }] of Object.entries<MetricDeclaration>(metrics)) {
    expect([name, help]).toEqual([
      expect.stringMatching(kind === 'counter' ? /_total$/ : /^(?!.*_(?:total|ms)$)[a-z_]+$/),
      expect.stringMatching(/^[A-Z0-9].*\.$/),
    ]);
    if (kind === 'histogram') expect(name).toMatch(/_seconds$/);
    const samples = told.samples.filter((each) => each.name === name || each.name === `${name}_count`);
    for (const sample of samples) expect(Object.keys(sample.labels)).toEqual(labels);
  }
});

test('requests count by method and outcome; what is no method of the catalogue is unknown', async () => {
  const before = await node.metrics();
  const alice = await loginRpc(scope, node.url, 'alice');
  await alice.call('roomCreate', 'requests');
  await alice.refusal('roomCreate', 'requests');
  await alice.refusal('roomJoin', 'nowhere');
  await alice.refusal('roomJoin');
  await alice.refusal('login', { userName: 'alice' });
  for (const name of ['nonsense', 'toString', 'a"b\n']) await alice.refusal(name);
  const guest = await connectRpc(scope, node.url);
  await guest.refusal('ping');
  await guest.refusal('login', {});
  const after = await node.metrics();
  const requests = (method: string, outcome: string): number =>
    growth(before, after, 'parley_request_duration_seconds_count', { method, outcome });
  expect([requests('login', 'ok'), requests('login', 'notAllowed'), requests('login', 'noLogin')]).toEqual([1, 1, 1]);
  expect([requests('roomCreate', 'ok'), requests('roomCreate', 'roomExists')]).toEqual([1, 1]);
  expect([requests('roomJoin', 'noRoom'), requests('roomJoin', 'wrongArgumentsCount')]).toEqual([1, 1]);
  expect([requests('unknown', 'noCommand'), requests('ping', 'noLogin')]).toEqual([3, 1]);
  expect(after.text).not.toMatch(/nonsense|toString|a.?"b/);
});

test('buckets add up, and their bounds are seconds', async () => {
  const alice = await loginRpc(scope, node.url, 'bucket');
  for (let n = 0; n < 20; n++) await alice.call('ping');
  const now = await node.metrics();
  const labels = { method: 'ping', outcome: 'ok' };
  const buckets = now.samples.filter(
    (each) => each.name === 'parley_request_duration_seconds_bucket' && each.labels['method'] === 'ping',
  );
  const ok = buckets.filter(({ labels: { outcome } }) => outcome === 'ok');
  expect(ok.map(({ value }) => value)).toEqual(ok.map(({ value }) => value).toSorted((a, b) => a - b));
  expect(ok.at(-1)).toMatchObject({ labels: { le: '+Inf' }, value: 20 });
  expect(now.sum('parley_request_duration_seconds_count', labels)).toBe(20);
  expect(ok.map((each) => each.labels['le']).slice(0, 2)).toEqual(['0.001', '0.0025']);
  // Twenty round trips within the test's own time: the sum is in seconds, not in milliseconds.
  expect(now.sum('parley_request_duration_seconds_sum', labels)).toBeLessThan(20);
  expect(now.sum('parley_request_duration_seconds_sum', labels)).toBeGreaterThan(0);
});

test('sockets, users, rooms, topics and deliveries are those of this node', async () => {
  const service = await startService(scope, { redis, nodes: 2 });
  const [here, there] = [service.node(0), service.node(1)];
  const sockets = [await loginRpc(scope, here.url, 'ann'), await loginRpc(scope, here.url, 'ann')];
  const [ann] = sockets;
  const bob = await loginRpc(scope, there.url, 'bob');
  await connectRpc(scope, here.url);
  await ann?.call('roomCreate', 'room');
  for (const each of [...sockets, bob]) await each.call('roomJoin', 'room');
  // What the one was told of the other comes on its own way.
  for (const each of sockets) await each.next('roomJoinedEcho');
  for (const each of sockets) await until(each, 'roomUserJoined', ([, userName]) => userName === 'bob');
  const before = await here.metrics();
  await bob.call('roomMessage', 'room', { text: 'x' });
  for (const each of sockets) await each.next('roomMessage');
  const now = await here.metrics();
  const sums = ['parley_users', 'parley_rooms', 'parley_topics'].map((name) => now.sum(name));
  expect(sums).toEqual([1, 1, 2]);
  expect(now.sum('parley_sockets', { state: 'user' })).toBe(2);
  expect(now.sum('parley_sockets', { state: 'guest' })).toBe(1);
  expect(growth(before, now, 'parley_deliveries_total', {})).toBe(2);
  expect(now.sum('parley_publish_to_socket_seconds_count')).toBe(1);
  expect((await there.metrics()).sum('parley_publish_to_socket_seconds_count')).toBe(1);
});

test('one message in sixteen is measured on its way', async () => {
  const quiet = await startNode(scope, { redis });
  const alice = await loginRpc(scope, quiet.url, 'alice');
  await alice.call('roomCreate', 'room');
  await alice.call('roomJoin', 'room');
  const counts: number[] = [];
  for (let n = 1; n <= 33; n++) {
    await alice.call('roomMessage', 'room', { n });
    if ([1, 16, 17, 33].includes(n)) counts.push((await quiet.metrics()).sum('parley_publish_to_socket_seconds_count'));
  }
  expect(counts).toEqual([1, 1, 2, 3]);
});

test('closes count by code; codes that clients make up count as other', async () => {
  const before = await node.metrics();
  const silent = await connectRpc(scope, node.url);
  expect(await silent.raw.closed).toMatchObject({ code: 4004 });
  const leaving = await loginRpc(scope, node.url, 'leaving');
  await leaving.call('disconnect');
  await leaving.raw.closed;
  for (const code of [4321, 4322]) {
    const raw = await openRaw(scope, node.url);
    raw.close(code);
    await raw.closed;
  }
  const cut = await connectRpc(scope, node.url);
  cut.raw.terminate();
  const closes = (after: Metrics, code: string): number => growth(before, after, 'parley_closes_total', { code });
  const after = await once((now) => {
    expect(['1000', '1006', '4004', 'other'].map((code) => closes(now, code))).toEqual([1, 1, 1, 2]);
  });
  expect(after.text).toContain('code="4004",reason="loginTimeout"');
  expect(after.text).not.toMatch(/"432[12]"/);
});

test('recoveries count those that succeed, those that cannot, and those that are refused', async () => {
  const alice = await loginRpc(scope, node.url, 'recovering');
  await alice.call('roomCreate', 'recovery');
  const before = await node.metrics();
  const [plain] = (await alice.call('roomsJoin', [{ roomName: 'recovery' }])) as { epoch: string }[]; // by the catalogue
  const epoch = plain?.epoch ?? '';
  await alice.call('roomsJoin', [{ roomName: 'recovery', epoch, lastMessageId: 0 }]);
  await alice.call('roomsJoin', [{ roomName: 'recovery', epoch: 'another', lastMessageId: 0 }]);
  await alice.call('roomsJoin', [{ roomName: 'nowhere', epoch, lastMessageId: 0 }]);
  const after = await node.metrics();
  const grown = ['ok', 'failed', 'refused'].map((outcome) =>
    growth(before, after, 'parley_recoveries_total', { outcome }),
  );
  expect(grown).toEqual([1, 1, 1]);
});

test('bytes that nobody reads are seen in the queue', async () => {
  const reader = await loginRpc(scope, node.url, 'reader');
  await reader.call('roomCreate', 'flood');
  await reader.call('roomJoin', 'flood');
  const writer = await loginRpc(scope, node.url, 'writer');
  await writer.call('roomJoin', 'flood');
  await once((now) => expect(now.sum('parley_queue_bytes')).toBe(0));
  reader.raw.pauseReading();
  let ended = false;
  void reader.raw.closed.then(() => (ended = true));
  const text = 'x'.repeat(15_000);
  for (let queued = 0; queued === 0 && !ended;) {
    for (let n = 0; n < 20; n++) await writer.call('roomMessage', 'flood', { text });
    queued = (await node.metrics()).sum('parley_queue_bytes');
  }
  expect(ended).toBe(false);
});

test('Redis is timed by command, and its absence is seen in errors, ages and readiness', async () => {
  const own = await startRedis(scope);
  const env = { PARLEY_NODE_LEASE_MS: '3000' };
  const watched = await startNode(scope, { redis: own, env });
  const alice = await loginRpc(scope, watched.url, 'alice');
  await alice.call('roomCreate', 'room');
  const well = await once((now) => {
    for (const check of ['redis', 'bus', 'lease', 'accepting']) expect(now.sum('parley_ready', { check })).toBe(1);
    expect(now.sum('parley_link_probe_age_seconds')).toBeLessThan(60);
  }, watched);
  expect(well.sum('parley_redis_command_duration_seconds_count', { command: 'create-room' })).toBe(1);
  expect(well.sum('parley_lease_age_seconds')).toBeLessThan(3);
  expect(well.sum('parley_redis_errors_total')).toBe(0);

  own.pause();
  await once((now) => {
    expect(now.sum('parley_redis_errors_total', { kind: 'timeout' })).toBeGreaterThan(0);
    expect(now.sum('parley_ready', { check: 'redis' })).toBe(0);
    expect(now.sum('parley_ready', { check: 'lease' })).toBe(0);
    expect(now.sum('parley_lease_age_seconds')).toBeGreaterThan(2);
    expect(now.sum('parley_link_probe_age_seconds')).toBeGreaterThan(2);
    expect(now.sum('parley_ready', { check: 'accepting' })).toBe(1);
  }, watched);
  expect(await alice.refusal('roomCreate', 'other')).toMatchObject({ code: 'unavailable' });
  const late = await watched.metrics();
  const failed = { method: 'roomCreate', outcome: 'unavailable' };
  expect(late.sum('parley_request_duration_seconds_count', failed)).toBe(1);
  own.resume();
  await once((now) => expect(now.sum('parley_ready')).toBe(4), watched);
});

test('the build and the process tell of themselves', async () => {
  const now = await node.metrics();
  const build = now.samples.find(({ name }) => name === 'parley_build_info');
  expect(build).toMatchObject({ value: 1, labels: { node_version: process.versions.node } });
  expect(build?.labels['version']).toMatch(/^\d+\.\d+\.\d+/);
  expect(build?.labels['uws']).toMatch(/^\S+ \d+\.\d+/);
  expect(now.sum('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
  expect(now.sum('nodejs_heap_size_used_bytes')).toBeGreaterThan(1_000_000);
  expect(now.sum('process_open_fds')).toBeGreaterThan(5);
  expect(now.sum('process_max_fds')).toBeGreaterThan(now.sum('process_open_fds'));
  expect(now.sum('process_cpu_seconds_total')).toBeGreaterThan(0);
  expect(Math.abs(now.sum('process_start_time_seconds') * 1000 - Date.now())).toBeLessThan(3_600_000);
  const delays = now.samples.filter(({ name }) => name === 'parley_event_loop_delay_seconds');
  expect(delays.map(({ labels }) => labels['quantile'])).toEqual(['0.5', '0.99', '1']);
  for (const { value } of delays) expect(value).toBeGreaterThanOrEqual(0);
});
