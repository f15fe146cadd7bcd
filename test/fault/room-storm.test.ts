// Short storms of joins and losses, and what must never happen in one. `npm run storms` plays long ones and judges them by
// everything that a socket is told.
import { test } from '@jest/globals';
import { seeded } from '../support/rng.ts';
import { useScope } from '../support/scope.ts';
import { playRoomStorms, startStormStage } from './room-storm.ts';

const scope = useScope();

test(
  'nobody hears a room without a right or twice, and at the end all agree who is where, where Redis is late',
  seeded(async (rng) => {
    const seeds = Array.from({ length: 2 }, () => rng.integer(0, 2 ** 32 - 1));
    await playRoomStorms(await startStormStage(scope), seeds, 4, new Set(['withoutRight', 'twice', 'unknown']));
  }),
);
