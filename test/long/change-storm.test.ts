// Storms of changes of messages, in rooms and between two users, one after the other, each with a seed and a service of its own. Not part of
// the suite; `npm run changes`.
import { test } from '@jest/globals';
import { playChangeStorm } from '../fault/change-storm-play.ts';
import { playDirectStorm } from '../fault/direct-storm.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { createRng, type Rng } from '../support/rng.ts';
import type { Scope } from '../support/disposal.ts';
import { useScope } from '../support/scope.ts';

type Play = (rng: Rng, scope: Scope, redis: RedisServer, seconds: number) => Promise<{ faults: readonly string[] }>;

const scope = useScope();
/** Of each of the two. */
const seconds = Number(process.env['STORM_SECONDS'] ?? 300) / 2;
const first = Number(process.env['PARLEY_TEST_SEED'] ?? Date.now() % 1_000_000);
const SECONDS_EACH = 8;
const seeds = Array.from({ length: Math.ceil(seconds / SECONDS_EACH) }, (_, i) => first + i);

async function playAll(play: Play): Promise<void> {
  const found: string[] = [];
  for (const seed of seeds) {
    const played = play(createRng(seed), scope, await startRedis(scope), SECONDS_EACH);
    const faults = await played.then(
      (storm) => storm.faults,
      (error: unknown) => [String(error)],
    );
    if (faults.length > 0) found.push(`seed ${seed}: ${faults.slice(0, 5).join('\n')}`);
  }
  if (found.length > 0) throw new Error(`${found.length} of ${seeds.length} storms\n${found.join('\n\n')}`);
}

test(
  `changes in rooms are one story for all in ${seconds} s of storms (seeds from ${first})`,
  () => playAll(playChangeStorm),
  seconds * 6000 + 60_000,
);

test(
  `changes between two users are one story for both in ${seconds} s of storms (seeds from ${first})`,
  () => playAll(playDirectStorm),
  seconds * 6000 + 60_000,
);
