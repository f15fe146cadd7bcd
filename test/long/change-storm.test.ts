// Storms of changes of messages, one after the other, each with a seed and a service of its own. Not part of the suite;
// `npm run changes`.
import { test } from '@jest/globals';
import { playChangeStorm } from '../fault/change-storm-play.ts';
import { startRedis } from '../support/redis.ts';
import { createRng } from '../support/rng.ts';
import { useScope } from '../support/scope.ts';

const scope = useScope();
const seconds = Number(process.env['STORM_SECONDS'] ?? 300);
const first = Number(process.env['PARLEY_TEST_SEED'] ?? Date.now() % 1_000_000);
const SECONDS_EACH = 8;
const seeds = Array.from({ length: Math.ceil(seconds / SECONDS_EACH) }, (_, i) => first + i);

test(
  `changes are one story for all in ${seconds} s of storms (seeds from ${first})`,
  async () => {
    const found: string[] = [];
    for (const seed of seeds) {
      const played = playChangeStorm(createRng(seed), scope, await startRedis(scope), SECONDS_EACH);
      const faults = await played.then(
        (storm) => storm.faults,
        (error: unknown) => [String(error)],
      );
      if (faults.length > 0) found.push(`seed ${seed}: ${faults.slice(0, 5).join('\n')}`);
    }
    if (found.length > 0) throw new Error(`${found.length} of ${seeds.length} storms\n${found.join('\n\n')}`);
  },
  seconds * 6000 + 60_000,
);
