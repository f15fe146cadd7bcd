// A crowd whose sockets all close while Redis is away, and how long it takes, once Redis is back, until Redis knows.
import { expect } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { startLink } from '../support/faulty-link.ts';
import { presenceOf, soundPresence } from '../support/presence-checker.ts';
import { startRedis } from '../support/redis.ts';
import { loginRpc, type Rpc } from '../support/rpc.ts';
import type { Scope } from '../support/scope.ts';
import { startService } from '../support/service.ts';

export interface Outage {
  readonly users: number;
  /** Shared by all users, five for each. */
  readonly rooms: number;
  /** What every answer of Redis takes longer from its return on. */
  readonly delayMs: number;
}

const ROOMS_EACH = 5;
const AT_ONCE = 50;
const env = {
  PARLEY_QUOTA_ROOMS: '0',
  PARLEY_RATE_REQUESTS_PER_SECOND: '100000',
  PARLEY_RATE_BURST: '100000',
  PARLEY_RATE_USER_PER_SECOND: '100000',
  PARLEY_RATE_USER_BURST: '100000',
};

const patience = { timeoutMs: 60_000 };

/** Resolves with the ms from Redis's return until it knows that all but one user are gone, who is still in its rooms. */
export async function repairedAfter(scope: Scope, { users, rooms, delayMs }: Outage): Promise<number> {
  const redis = await startRedis(scope);
  const link = await startLink(scope, redis.port);
  const service = await startService(scope, { nodes: 1, redis: link, env });
  const { url } = service.node(0);
  const roomNames = Array.from({ length: rooms }, (_, i) => `room${i}`);
  const stayer = await loginRpc(scope, url, 'stayer');
  for (const roomName of roomNames) await stayer.call('roomCreate', roomName);
  const roomsOf = (i: number): string[] => Array.from({ length: ROOMS_EACH }, (_, at) => `room${(i + at) % rooms}`);
  const all: Rpc[] = [];
  const numbers = Array.from({ length: users }, (_, i) => i).values();
  const arrive = async (): Promise<void> => {
    for (const i of numbers) {
      // A busy machine may refuse for the moment, or close what it cannot log in.
      const user = await eventually(() => loginRpc(scope, url, `user${i}`), patience);
      await Promise.all(roomsOf(i).map((roomName) => eventually(() => user.call('roomJoin', roomName), patience)));
      all.push(user);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, arrive));
  await stayer.call('roomJoin', 'room0');

  link.refuse(true);
  link.cut();
  for (const user of all) user.raw.terminate();
  await eventually(async () => {
    const metrics = await service.node(0).metrics();
    expect(metrics.sum('parley_suspect_topics')).toBeGreaterThanOrEqual(Math.min(users, rooms));
    expect(metrics.sum('parley_sockets')).toBe(1);
  }, patience);
  link.delay(delayMs);
  link.refuse(false);
  const backAt = performance.now();
  const presence = presenceOf(scope, { servers: [redis], prefix: service.prefix });
  const client = redis.client();
  const truth = [{ userName: 'stayer', socketId: stayer.authData.id, rooms: ['room0'] }];
  // What is cheap to ask first: the whole look costs Redis as much as the repair.
  await eventually(
    async () => {
      expect(await client.hlen(`${service.prefix}:{user:user${users - 1}}:sockets`)).toBe(0);
      expect((await service.node(0).metrics()).sum('parley_suspect_topics')).toBe(0);
    },
    { timeoutMs: 120_000 },
  );
  const repairedMs = performance.now() - backAt;
  await eventually(async () => expect(await presence(truth)).toEqual(soundPresence));
  return repairedMs;
}
