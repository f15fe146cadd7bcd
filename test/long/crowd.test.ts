// A room of 20,000 real sockets on two nodes. Not part of the suite; `npm run crowd`. It asks whether the room stays cheap
// for its sockets and for Redis when thousands join at once, and whether half of them being shut out hear nothing later.
import { createHash } from 'node:crypto';
import { setPriority } from 'node:os';
import { expect, test } from '@jest/globals';
import type { Value } from '../../src/protocol/params/values.ts';
import '../../src/node/build.ts'; // declares all scripts
import { declaredScripts } from '../../src/redis/script.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type ServiceNode } from '../support/service.ts';
import { startGenerator, type Generator } from './crowd/crowd.ts';
import type { Heard } from './crowd/orders.ts';

const scope = useScope();
const sockets = Number(process.env['CROWD_SOCKETS'] ?? 20_000);
/** Those who join at once. */
const rush = sockets / 4;
const roomName = 'crowd';
const userPrefix = 'u';
const FRAMES_MAX = 10;
const REDIS_MAX_MICROS = 5000;
/** Calls of a script that may be late for reasons of the machine's. */
const NOISE_SHARE = 0.05;
const POST_EVERY_MS = 200;

test(`a room of ${sockets} sockets`, async () => {
  const redis = await startRedis(scope);
  preferred(redis.pid);
  const env = {
    PARLEY_ROOM_LIST_SIZE_LIMIT: '100000',
    // The owner lists thousands of names one request after the other.
    PARLEY_RATE_USER_PER_SECOND: '10000',
    PARLEY_RATE_USER_BURST: '10000',
  };
  const { nodes } = await startService(scope, { redis, nodes: 2, env });
  const generators = [await startGenerator(scope), await startGenerator(scope)];
  const owner = await loginRpc(scope, nodes[0]?.url ?? '', 'owner');
  await owner.call('roomCreate', roomName);
  await owner.call('roomJoin', roomName);
  const half = sockets / 2;
  const early = half - rush / 2;
  const range = (i: number, from: number, to: number): { from: number; to: number } => ({
    from: i * half + from,
    to: i * half + to,
  });

  say('connecting');
  await each(generators, (generator, i) =>
    generator.order('open', { port: nodes[i]?.port ?? 0, userPrefix, ...range(i, 0, half) }),
  );
  say(`${2 * early} join`);
  await slow(redis);
  await each(generators, (generator, i) =>
    generator.order('join', { roomName, withinMs: 10_000, ...range(i, 0, early) }),
  );
  await untilCount(owner, 2 * early + 1);
  await quiet(generators);

  say(`${rush} join within two seconds`);
  await each(generators, (generator) => generator.order('forget', null));
  await each(generators, (generator, i) =>
    generator.order('join', { roomName, withinMs: 2000, ...range(i, early, half) }),
  );
  await untilCount(owner, sockets + 1);
  await quiet(generators);
  const heard = await all(generators);
  say(`frames per socket: ${spread(heard.map(({ userlists }) => userlists))}`);
  expect(Math.max(...heard.map(({ userlists }) => userlists))).toBeLessThanOrEqual(FRAMES_MAX);
  expect(heard.every(({ singles }) => singles === 0)).toBe(true);
  expect(occupantsFrom(owner)).toEqual(await userlist(owner));

  say('half of them are listed');
  const listed = Array.from({ length: half }, (_, i) => `${userPrefix}${2 * i}`);
  for (let at = 0; at < listed.length; at += 500) {
    await owner.call('roomAddToList', roomName, 'whitelist', listed.slice(at, at + 500));
  }
  say('the room is closed to the others, while messages are posted');
  let posting = true;
  const posted = (async () => {
    for (let last = 0; ;) {
      if (!posting) return last;
      last = Number(await owner.call('roomMessage', roomName, { textMessage: 'x' }));
      await elapsed(POST_EVERY_MS);
    }
  })();
  await eventually(() => expect(owner.heard('roomMessage').length).toBeGreaterThan(5), { timeoutMs: 60_000 });
  const startedAt = performance.now();
  await owner.call('roomSetWhitelistMode', roomName, true);
  say(`answered after ${Math.round(performance.now() - startedAt)} ms`);
  const bound = idsBefore(owner, 'roomModeChanged');
  await untilCount(owner, half + 1);
  say(`all are out after ${Math.round(performance.now() - startedAt)} ms`);
  const after = owner.heard('roomMessage').length;
  await eventually(() => expect(owner.heard('roomMessage').length).toBeGreaterThan(after + 5), { timeoutMs: 60_000 });
  posting = false;
  const last = await posted;

  await eventually(
    async () => {
      const found = await all(generators);
      const [kept, out] = [found.filter(isListed), found.filter((one) => !isListed(one))];
      expect([kept.length, out.length]).toEqual([half, half]);
      expect(out.filter(({ removals }) => removals !== 1)).toEqual([]);
      expect(kept.filter(({ removals, lastId }) => removals !== 0 || lastId !== last)).toEqual([]);
      // The bound: nothing with an id above the room's last one at the change.
      expect(out.filter(({ lastId }) => lastId > bound)).toEqual([]);
    },
    { timeoutMs: 120_000 },
  );
  expect(last).toBeGreaterThan(bound);
  // So many names take several notices, of which there is one a second.
  const occupants = await userlist(owner);
  await eventually(() => expect(occupantsFrom(owner)).toEqual(occupants), { timeoutMs: 60_000 });
  const shares = await slowShares(redis, nodes);
  say(`scripts above ${REDIS_MAX_MICROS} µs in Redis: ${JSON.stringify(shares)}`);
  // Time on the wall: one call in a while has waited for its turn on a busy machine.
  expect(shares.filter(({ slow, of }) => slow > Math.max(1, of * NOISE_SHARE))).toEqual([]);
}, 900_000);

const say = (what: string): void => void process.stdout.write(`${new Date().toISOString().slice(14, 19)} ${what}\n`);
const isListed = ({ user }: Heard): boolean => user % 2 === 0;

async function each<T>(generators: readonly Generator[], run: (one: Generator, i: number) => Promise<T>): Promise<T[]> {
  return Promise.all(generators.map((generator, i) => run(generator, i)));
}

const all = async (generators: readonly Generator[]): Promise<Heard[]> =>
  (await each(generators, (generator) => generator.order('heard', null))).flat();

/** Until nothing arrives any more: two looks, a while apart, see the same. */
async function quiet(generators: readonly Generator[]): Promise<void> {
  const frames = async (): Promise<number> =>
    (await all(generators)).reduce((sum, { userlists }) => sum + userlists, 0);
  for (let before = -1, now = await frames(); now !== before; now = await frames()) {
    before = now;
    await elapsed(1500);
  }
}

function elapsed(ms: number): Promise<void> {
  const until = performance.now() + ms;
  return eventually(() => expect(performance.now()).toBeGreaterThan(until), { timeoutMs: ms + 10_000 });
}

/** The owner has heard that so many are in the room. */
async function untilCount(owner: User, count: number): Promise<void> {
  await eventually(() => expect(changesOf(owner).at(-1)?.count).toBe(count), { timeoutMs: 120_000 });
}

interface Changes {
  readonly joined: string[];
  readonly left: string[];
  readonly count: number;
}

// The wrapper has checked what it received against the catalogue.
const changesOf = (owner: User): Changes[] =>
  owner.heard('roomUserlistChanged').map(([, changes]) => changes as unknown as Changes);

/** The occupants as notifications tell them. */
function occupantsFrom(owner: User): string[] {
  const occupants = new Set<string>();
  for (const entry of owner.received) {
    if (!('name' in entry) || entry.params[0] !== roomName) continue;
    if (entry.name === 'roomUserJoined') occupants.add(nameOf(entry.params[1]));
    if (entry.name === 'roomUserLeft') occupants.delete(nameOf(entry.params[1]));
    if (entry.name !== 'roomUserlistChanged') continue;
    const { joined, left } = entry.params[1] as unknown as Changes;
    for (const name of joined) occupants.add(name);
    for (const name of left) occupants.delete(name);
  }
  return [...occupants].toSorted(byBytes);
}

async function userlist(owner: User): Promise<string[]> {
  const names: string[] = [];
  let cursor: Value = null;
  do {
    const page = (await owner.call('roomUserlistGet', roomName, { cursor })) as unknown as {
      names: string[];
      cursor: string | null;
    };
    names.push(...page.names);
    cursor = page.cursor;
  } while (cursor !== null);
  return names.toSorted(byBytes);
}

const nameOf = (value: Value | undefined): string => (typeof value === 'string' ? value : '');

const byBytes = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The last message id that was received before a notification of that name. */
function idsBefore(owner: User, name: string): number {
  let last = 0;
  for (const entry of owner.received) {
    if (!('name' in entry)) continue;
    if (entry.name === name) return last;
    if (entry.name === 'roomMessage') last = Number((entry.params[1] as { id: number }).id);
  }
  throw new Error(`no ${name} was received`);
}

function spread(values: readonly number[]): string {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .toSorted(([a], [b]) => a - b)
    .map(([value, count]) => `${count} × ${value}`)
    .join(', ');
}

/** Lets a process run before the others, where that is allowed: what it is measured by is the wall clock. */
function preferred(pid: number): void {
  try {
    setPriority(pid, -15);
  } catch {
    say('Redis cannot be preferred: its times are those of a busy machine');
  }
}

async function slow(redis: RedisServer): Promise<void> {
  const client = redis.client();
  await client.config('SET', 'slowlog-log-slower-than', String(REDIS_MAX_MICROS));
  await client.config('SET', 'slowlog-max-len', '1000');
  await client.slowlog('RESET');
}

/** By script: how many of its calls took longer than allowed, the longest of them in microseconds. */
async function slowShares(
  redis: RedisServer,
  nodes: readonly ServiceNode[],
): Promise<{ name: string; slow: number; of: number; longest: number }[]> {
  const digestOf = (lua: string): string => createHash('sha1').update(lua).digest('hex');
  // As functions, whatever the library's name, and as scripts, also those that run when Redis is full.
  const functions = [...declaredScripts].map(({ name }) => [name, `_${name.replaceAll('-', '_')}`] as const);
  const digests = new Map(
    [...declaredScripts].flatMap(({ name, lua }) =>
      [lua, `#!lua flags=allow-oom\n${lua}`].map((text) => [digestOf(text), name]),
    ),
  );
  const nameOf = (command: string, named: string): string | undefined =>
    /^fcall$/i.test(command)
      ? functions.find(([, suffix]) => /^parley_[0-9a-f]+/.exec(named)?.[0].concat(suffix) === named)?.[0]
      : digests.get(named);
  const entries = (await redis.client().slowlog('GET', 1000)) as [number, number, number, string[]][];
  const slow = new Map<string, number[]>();
  for (const [, , micros, [command = '', named = '']] of entries) {
    const name = nameOf(command, named);
    if (name !== undefined) slow.set(name, [...(slow.get(name) ?? []), micros]);
  }
  const metrics = await Promise.all(nodes.map((node) => node.metrics()));
  const calls = (name: string): number =>
    metrics
      .map((one) => one.sum('parley_redis_command_duration_seconds_count', { command: name }))
      .reduce((sum, count) => sum + (Number.isNaN(count) ? 0 : count), 0);
  return [...slow].map(([name, all]) => ({ name, slow: all.length, of: calls(name), longest: Math.max(...all) }));
}
