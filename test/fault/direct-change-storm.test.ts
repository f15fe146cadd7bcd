// Storms of changes of direct messages: what the devices of both users are told, what each node reads to each of them, and what was
// acknowledged are one story, whatever node dies and whoever was away; and of what was recalled no word is left.
import { expect, test } from '@jest/globals';
import { startRedis } from '../support/redis.ts';
import { startWatched } from '../support/sentinels.ts';
import { startService } from '../support/service.ts';
import { STORM_ENV } from './change-storm.ts';
import { endDirects, judgeDirects } from './direct-storm-end.ts';
import { seeded } from '../support/rng.ts';
import { useScope } from '../support/scope.ts';
import { playFailover } from './failed-over.ts';
import { blowDirects, gatherPairs, playDirectStorm } from './direct-storm.ts';

const scope = useScope();

test(
  'changes between two users are one story for both, where a node is killed, Redis is late and sockets vanish',
  seeded(async (rng) => {
    const played = await playDirectStorm(rng, scope, await startRedis(scope), 5);
    expect(played.faults).toEqual([]);
    // It was one.
    for (const changes of played.changes) expect(changes).toBeGreaterThan(5);
    expect(played.recalled).toBeGreaterThan(0);
    expect(played.returns).toBeGreaterThan(0);
  }),
  120_000,
);

test(
  'changes between two users are one story for both behind a failover, for whoever is not told that something is lost',
  seeded(async (rng) => {
    const redis = await startWatched(scope, { lagMs: 100 });
    const service = await startService(scope, { nodes: 2, redis, env: STORM_ENV });
    const storm = await gatherPairs(scope, service, true);
    await playFailover(
      rng,
      () => redis.fall(),
      (isOver) => blowDirects(rng, storm, isOver),
    );
    const ends = await endDirects(storm, (await redis.primary()).client());
    expect((await judgeDirects(storm, ends)).faults).toEqual([]);
  }),
  240_000,
);
