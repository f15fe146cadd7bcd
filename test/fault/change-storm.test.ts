// Storms of changes of messages: what everybody is told, what each node reads, what a join gives from any place, and what was acknowledged
// are one story, whatever node dies or whatever Redis is put in another's place; and of what was recalled no word is left.
import { expect, test } from '@jest/globals';
import { startRedis } from '../support/redis.ts';
import { seeded, type Rng } from '../support/rng.ts';
import { useScope } from '../support/scope.ts';
import { startWatched } from '../support/sentinels.ts';
import { startService } from '../support/service.ts';
import { blowChanges, gatherStorm, STORM_ENV } from './change-storm.ts';
import { endChanges, judgeChanges } from './change-storm-end.ts';
import { playChangeStorm } from './change-storm-play.ts';
import { playFailover } from './failed-over.ts';

const scope = useScope();

test(
  'changes are one story for all, where a node is killed and Redis is late',
  seeded(async (rng) => {
    const played = await playChangeStorm(rng, scope, await startRedis(scope), 6);
    expect(played.faults).toEqual([]);
    // It was one.
    for (const { changes } of played.rooms) expect(changes).toBeGreaterThan(5);
    expect(played.recalled).toBeGreaterThan(0);
  }),
  120_000,
);

test(
  'changes are one story for all behind a failover, which says what it has lost',
  seeded(async (rng: Rng) => {
    const redis = await startWatched(scope, { lagMs: 100 });
    const service = await startService(scope, { nodes: 2, redis, env: STORM_ENV });
    // What becomes of those who leave, or are barred, where that is lost is not what this is about.
    const storm = await gatherStorm(scope, service, true);
    const isOrdered = rng.chance(0.5);
    const happen = (): Promise<unknown> => (isOrdered ? redis.failover() : redis.fall());
    await playFailover(rng, happen, (isOver) => blowChanges(rng, storm, isOver));
    const ends = await endChanges(storm, (await redis.primary()).client());
    const views = storm.seats.flatMap((seat) => [...seat.views.values()]);
    const isWhole = views.every(({ losses, knownAfter }) => losses === 0 && knownAfter === 0);
    expect(await judgeChanges(rng, storm, ends, { isWhole, hasFailedOver: true })).toEqual([]);
  }),
  240_000,
);
