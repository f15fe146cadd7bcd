// Short storms of joins and losses, and what must never happen in one. `npm run storms` plays long ones.
import { test } from '@jest/globals';
import { seeded } from '../support/rng.ts';
import { useScope } from '../support/scope.ts';
import { playRoomStorms, startStormStage } from './room-storm.ts';

const scope = useScope();

test(
  'what sockets are told, hear and are agrees, where Redis is late',
  seeded(async (rng) => {
    const seeds = Array.from({ length: 2 }, () => rng.integer(0, 2 ** 32 - 1));
    await playRoomStorms(await startStormStage(scope), seeds, 4);
  }),
  180_000,
);
