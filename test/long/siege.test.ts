// One account with 49 sockets does its worst within its limits, one way after the other, while a witness, another user of the
// same node, pings and posts. `npm run siege`; SIEGE_SECONDS is for how long each way, SIEGE_WAYS which ones (a,b). Nobody
// loses a lease, no request of the witness fails, and it does not wait much longer than in quiet times.
//
// Node, Redis, attacker and witness share a machine, and what is to be told is what the service does to the witness, not who
// gets the processor. So the attacker runs at a lower priority; each way is compared with the quieter of the times before and after it; and
// a witness of the same kind asks a node and a Redis that nobody attacks at the same time: what both wait for is the machine.
// Between the ways the account pays its debts, or the next one would be refused all it asks for.
import { expect, test } from '@jest/globals';
import type { Value } from '../../src/protocol/params/values.ts';
import { startRedis } from '../support/redis.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope, type Scope } from '../support/scope.ts';
import { randomPrefix, startNode, type ServiceNode } from '../support/service.ts';
import { startOrdered } from './ordered-process.ts';
import { kinds, scene, type AnswerOf, type OrderName, type OrderOf } from './siege/orders.ts';

const scope = useScope();
const seconds = Number(process.env['SIEGE_SECONDS'] ?? 10);
const sockets = 49;
const ways = process.env['SIEGE_WAYS']?.split(',');
/** Forty a second are a small share of what a node does, and the 99th percentile of ten seconds is not the worst of them. */
const every = 25;
/** What the attack has left under way ends, and the account pays the rest of its debts in the quiet after it. */
const settleMs = 3000;
const quietMs = 10_000;
/** How much longer the witness may wait: its 99th percentile, against that of quiet times. */
const SLOWER_MAX = 5;

test(`${sockets} sockets of one user, ${seconds} s each way`, async () => {
  const { node, epochs } = await startScene();
  const witness = await startWitness(node.url);
  const elsewhere = await startNode(scope, { redis: await startRedis(scope) });
  const control = await startWitness(elsewhere.url);
  const watchBoth = (forMs: number): Promise<[number[], number[]]> =>
    Promise.all([watch(witness, forMs), watch(control, forMs)]);
  const attacker = await startAttacker(scope);
  await attacker('open', { port: node.port, userName: 'mallory', sockets, epochs });
  await watchBoth(settleMs);

  let [before] = await watchBoth(quietMs);
  const slower: Record<string, number> = {};
  for (const kind of kinds.filter((kind) => ways?.includes(kind) !== false)) {
    const attack = attacker('attack', { kind, forMs: seconds * 1000 });
    const [waits, others] = await watchBoth(seconds * 1000);
    const outcomes = await attack;
    await watchBoth(settleMs);
    const [after] = await watchBoth(quietMs);
    // The quieter of the two: what an attack leaves behind is no excuse for it.
    const quiet = Math.min(percentile(before, 0.99), percentile(after, 0.99));
    const unattacked = percentile(others, 0.99);
    const p99 = percentile(waits, 0.99);
    before = after;
    slower[kind] = Math.round((p99 / Math.max(quiet, unattacked)) * 10) / 10;
    const figures = `p99 ${ms(p99)}, quiet ${ms(quiet)}, unattacked ${ms(unattacked)}, median ${ms(percentile(waits, 0.5))}`;
    say(`${kind}: ${slower[kind]} × (${figures}) ${JSON.stringify(outcomes)}`);
  }
  expect((await node.metrics()).sum('parley_leases_lost_total')).toBe(0);
  if (process.env['SIEGE_SECONDS'] === undefined) {
    expect(Object.entries(slower).filter(([, times]) => times > SLOWER_MAX)).toEqual([]);
  }
}, 900_000);

const ms = (value: number): string => `${value.toFixed(1)} ms`;
const say = (what: string): void => void process.stdout.write(`${new Date().toISOString().slice(14, 19)} ${what}\n`);

/** The node to be attacked. What is there was made by way of another one, without limits, that is gone. */
async function startScene(): Promise<{ node: ServiceNode; epochs: (readonly [string, string])[] }> {
  const redis = await startRedis(scope);
  const prefix = randomPrefix();
  const busy = {
    PARLEY_RATE_REQUESTS_PER_SECOND: '100000',
    PARLEY_RATE_BURST: '100000',
    PARLEY_QUOTA_ROOMS: '0',
  };
  const stage = await startNode(scope, { redis, prefix, env: busy });
  const epochs = await setScene(await loginRpc(scope, stage.url, 'mallory'), stage.url);
  await stage.terminate();
  return { node: await startNode(scope, { redis, prefix }), epochs };
}

async function startWitness(url: string): Promise<User> {
  const witness = await loginRpc(scope, url, 'witness');
  await witness.call('roomCreate', 'quiet');
  await witness.call('roomJoin', 'quiet');
  await watch(witness, 1000);
  return witness;
}

/** What the attacker asks for: rooms joined, some of them full, and a long session. */
async function setScene(owner: User, url: string): Promise<(readonly [string, string])[]> {
  const text = 'x'.repeat(scene.messageBytes);
  for (const roomName of [...scene.joinedRooms, ...scene.sessionRooms]) await owner.call('roomCreate', roomName);
  await owner.call(
    'roomsJoin',
    scene.joinedRooms.map((roomName): Value => ({ roomName })),
  );
  for (const roomName of scene.joinedRooms.slice(0, scene.fullRooms)) {
    for (let i = 0; i < scene.fullMessages; i++) await owner.call('roomMessage', roomName, { text });
  }
  for (let at = 0; at < scene.sessionRooms.length; at += 100) {
    const device = await loginRpc(scope, url, 'mallory', { credentials: { userName: 'mallory', enableSync: true } });
    await device.call(
      'roomsJoin',
      scene.sessionRooms.slice(at, at + 100).map((roomName): Value => ({ roomName })),
    );
    device.raw.terminate();
  }
  const infos = scene.joinedRooms.map(async (roomName) => {
    const info = (await owner.call('roomHistoryInfo', roomName)) as { epoch: string }; // the catalogue's own shape
    return [roomName, info.epoch] as const;
  });
  return Promise.all(infos);
}

/** Pings and posts in turn; how long each took, in milliseconds. Any refusal is an error. */
async function watch(witness: User, forMs: number): Promise<number[]> {
  const waits: number[] = [];
  const until = performance.now() + forMs;
  const answers: Promise<unknown>[] = [];
  for (let i = 0; performance.now() < until; i++) {
    const sentAt = performance.now();
    const call = i % 2 === 0 ? witness.call('ping') : witness.call('roomMessage', 'quiet', { i });
    answers.push(call.then(() => waits.push(performance.now() - sentAt)));
    await new Promise<void>((next) => void setTimeout(next, every));
  }
  await Promise.all(answers);
  return waits;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

type Attacker = <N extends OrderName>(name: N, order: OrderOf<N>) => Promise<AnswerOf<N>>;

async function startAttacker(owner: Scope): Promise<Attacker> {
  const give = await startOrdered(owner, new URL('./siege/attacker.ts', import.meta.url));
  // Both sides are typed by the same table.
  return (name, order) => give(name, order) as Promise<AnswerOf<typeof name>>;
}
