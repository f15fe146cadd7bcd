// Short storms of joins and losses; `npm run storms` plays long ones.
import { test } from '@jest/globals';
import { seeded } from '../support/rng.ts';
import { useScope } from '../support/scope.ts';
import { playRoomStorms, startStormStage } from './room-storm.ts';

const scope = useScope();

test(
  'what sockets are told of rooms, what they hear and what is so agree, where Redis is late',
  seeded(async (rng) => {
    const seeds = Array.from({ length: 2 }, () => rng.integer(0, 2 ** 32 - 1));
    await playRoomStorms(await startStormStage(scope), seeds, 4);
  }),
);
