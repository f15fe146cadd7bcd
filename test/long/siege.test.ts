// One account with 49 sockets does its worst within its limits, one way after the other, while a witness, another user of the
// same node, pings and posts ten times a second. `npm run siege`; the suite runs it with little time for each way. Nobody
// loses a lease, no request of the witness fails, and it does not wait much longer than in quiet times.
import { expect, test } from '@jest/globals';
import type { Value } from '../../src/protocol/values.ts';
import { startRedis } from '../support/redis.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope, type Scope } from '../support/scope.ts';
import { randomPrefix, startNode } from '../support/service.ts';
import { startOrdered } from './ordered-process.ts';
import { kinds, scene, type AnswerOf, type OrderName, type OrderOf } from './siege/orders.ts';

const scope = useScope();
const seconds = Number(process.env['SIEGE_SECONDS'] ?? 10);
const sockets = 49;
const every = 100;
/** How much longer the witness may wait: its 99th percentile, against that of quiet times. */
const SLOWER_MAX = 5;

test(`${sockets} sockets of one user, ${seconds} s each way`, async () => {
  const redis = await startRedis(scope);
  const prefix = randomPrefix();
  const busy = {
    PARLEY_RATE_REQUESTS_PER_SECOND: '100000',
    PARLEY_RATE_BURST: '100000',
    PARLEY_QUOTA_ROOMS: '0',
  };
  const stage = await startNode(scope, { redis, prefix, env: busy });
  const epochs = await setScene(await loginRpc(scope, stage.url, 'mallory'), stage.url);
  const node = await startNode(scope, { redis, prefix });
  const witness = await loginRpc(scope, node.url, 'witness');
  await witness.call('roomCreate', 'quiet');
  await witness.call('roomJoin', 'quiet');
  const attacker = await startAttacker(scope);
  await watch(witness, 1000);
  const quiet = percentile(await watch(witness, seconds * 1000), 0.99);
  await attacker('open', { port: node.port, userName: 'mallory', sockets, epochs });

  const slower: Record<string, number> = {};
  for (const kind of kinds) {
    const attack = attacker('attack', { kind, forMs: seconds * 1000 });
    const waits = await watch(witness, seconds * 1000);
    slower[kind] = Math.round((percentile(waits, 0.99) / quiet) * 10) / 10;
    say(`${kind}: ${slower[kind]} × quiet (${quiet.toFixed(1)} ms), ${JSON.stringify(await attack)}`);
  }
  expect((await node.metrics()).sum('parley_leases_lost_total')).toBe(0);
  if (process.env['SIEGE_SECONDS'] === undefined) {
    expect(Object.entries(slower).filter(([, times]) => times > SLOWER_MAX)).toEqual([]);
  }
}, 900_000);

const say = (what: string): void => void process.stdout.write(`${new Date().toISOString().slice(14, 19)} ${what}\n`);

/** What the attacker asks for: rooms joined, some of them full, and a long session. */
async function setScene(owner: User, url: string): Promise<(readonly [string, string])[]> {
  const text = 'x'.repeat(scene.messageBytes);
  for (const roomName of [...scene.joinedRooms, ...scene.filedRooms]) await owner.call('roomCreate', roomName);
  await owner.call(
    'roomsJoin',
    scene.joinedRooms.map((roomName): Value => ({ roomName })),
  );
  for (const roomName of scene.joinedRooms.slice(0, scene.fullRooms)) {
    for (let i = 0; i < scene.fullMessages; i++) await owner.call('roomMessage', roomName, { text });
  }
  for (let at = 0; at < scene.filedRooms.length; at += 100) {
    const device = await loginRpc(scope, url, 'mallory', { credentials: { userName: 'mallory', enableSync: true } });
    await device.call(
      'roomsJoin',
      scene.filedRooms.slice(at, at + 100).map((roomName): Value => ({ roomName })),
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
