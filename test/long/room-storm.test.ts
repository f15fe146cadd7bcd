// Storms of joins and losses, one after the other, each with a seed of its own. Not part of the suite; `npm run storms`.
import { test } from '@jest/globals';
import { playRoomStorms, startStormStage } from '../fault/room-storm.ts';
import { useScope } from '../support/scope.ts';

const scope = useScope();
const seconds = Number(process.env['STORM_SECONDS'] ?? 300);
const first = Number(process.env['PARLEY_TEST_SEED'] ?? Date.now() % 1_000_000);
const SECONDS_EACH = 8;
const seeds = Array.from({ length: Math.ceil(seconds / SECONDS_EACH) }, (_, i) => first + i);

test(
  `what sockets are told, hear and are agrees in ${seconds} s of storms (seeds from ${first})`,
  async () => playRoomStorms(await startStormStage(scope), seeds, SECONDS_EACH),
  seconds * 4000 + 60_000,
);
