// Thousands of joins that race the change that forbids them, and rooms whose rules change all the time, in small and in
// large rooms, where a node hears of it late. Not part of the suite; `npm run evictions`.
import { test } from '@jest/globals';
import { startStage } from '../fault/evictions.ts';
import { playRaces } from '../fault/eviction-races.ts';
import { playStorm } from '../fault/eviction-storm.ts';
import { seeded } from '../support/rng.ts';
import { useScope } from '../support/scope.ts';

const scope = useScope();
const rounds = Number(process.env['EVICTION_ROUNDS'] ?? 2000);
const storms = Number(process.env['EVICTION_STORMS'] ?? 10);
const stages = [
  { late: 'bus', largeSize: 1000 },
  { late: 'bus', largeSize: 2 },
  { late: 'everything', largeSize: 1000 },
  { late: 'everything', largeSize: 3 },
] as const;

test.each(stages.slice(0, 2))(
  `nobody stays in a room who may not, nor hears of it: ${rounds} races with $late late, rooms large above $largeSize`,
  (options) => seeded(async (rng) => playRaces(rng, await startStage(scope, options), rounds, 40))(),
  rounds * 1000,
);

test.each(stages)(
  `the bound of evictions holds: ${storms} storms with $late late, rooms large above $largeSize`,
  (options) =>
    seeded(async (rng) => {
      const stage = await startStage(scope, options);
      for (let left = storms; left > 0; left--) await playStorm(rng, stage, { changes: 15, users: 5 });
    })(),
  storms * 120_000,
);
