// One storm of changes, from its three nodes to what was found: the second hears late, the third dies in the middle.
import type { Scope } from '../support/disposal.ts';
import type { RedisServer } from '../support/redis.ts';
import type { Rng } from '../support/rng.ts';
import { expectNoWords } from './change-book.ts';
import { endChanges, judgeChanges } from './change-storm-end.ts';
import { blowChanges, gatherStorm, STORM_ENV } from './change-storm.ts';
import { playLateAndKilled } from './late-and-killed.ts';

const WIND = { busMsMax: 800, commandsMsMax: 200, lastsMs: [200, 1000] } as const;

export interface PlayedStorm {
  readonly faults: readonly string[];
  readonly rooms: readonly { readonly changes: number }[];
  /** Messages of whose words nothing was found. */
  readonly recalled: number;
}

export async function playChangeStorm(
  rng: Rng,
  scope: Scope,
  redis: RedisServer,
  seconds: number,
): Promise<PlayedStorm> {
  const storm = await playLateAndKilled(rng, scope, {
    redis,
    seconds,
    env: STORM_ENV,
    wind: WIND,
    gather: (service) => gatherStorm(scope, service),
    isEnough: ({ owner, book }) =>
      book.recalls.length > 0 && [...owner.views.values()].every((view) => (view.place?.lastChange ?? 0) > 5),
    play: (gathered, own, isOver) => blowChanges(own, gathered, isOver),
  });
  const { service } = storm;
  const ends = await endChanges(storm, redis.client());
  const faults = await judgeChanges(rng, storm, ends, { isWhole: true, hasFailedOver: false });
  const recalled = await expectNoWords(storm.book, ends, redis.client(), service.prefix);
  const views = storm.rooms.map(({ name }) => storm.owner.views.get(name));
  // Others may be played behind it.
  for (const node of service.nodes) await node.kill();
  return { faults, recalled, rooms: views.map((view) => ({ changes: view?.place?.lastChange ?? 0 })) };
}
