// Joins that race the change that forbids them, a hundred of them. `npm run evictions` plays thousands.
import { test } from '@jest/globals';
import { seeded } from '../support/rng.ts';
import { useScope } from '../support/scope.ts';
import { startStage } from './evictions.ts';
import { playRaces } from './eviction-races.ts';

const scope = useScope();

test(
  'nobody stays in a room who may not, nor hears of it, where one node’s bus is late',
  seeded(async (rng) => playRaces(rng, await startStage(scope, { late: 'bus', largeSize: 1000 }), 100, 20)),
);
