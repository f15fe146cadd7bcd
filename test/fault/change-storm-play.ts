// One storm of changes, from its three nodes to what was found: the second hears late, the third dies in the middle.
import type { Scope } from '../support/disposal.ts';
import type { RedisServer } from '../support/redis.ts';
import { createRng, type Rng } from '../support/rng.ts';
import { startService } from '../support/service.ts';
import { blow, calm, pace, startSplitLink } from '../support/weather.ts';
import { expectNoWords } from './change-book.ts';
import { endChanges, judgeChanges } from './change-storm-end.ts';
import { blowChanges, gatherStorm, STORM_ENV } from './change-storm.ts';

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
  const links = [await startSplitLink(scope, redis.port), await startSplitLink(scope, redis.port)];
  const service = await startService(scope, { redis, nodes: 1, env: STORM_ENV });
  for (const { url } of links) await service.addNode({ PARLEY_REDIS_URL: url });
  const storm = await gatherStorm(scope, service);
  const until = performance.now() + seconds * 1000;
  const isOver = (): boolean => performance.now() > until;
  const kill = async (): Promise<void> => {
    await pace(rng, seconds * 400, seconds * 600);
    storm.dead.add(2);
    await service.node(2).kill();
  };
  const own = (): Rng => createRng(rng.integer(0, 2 ** 32 - 1));
  const blown = links.map((link) => blow(own(), link, WIND, isOver));
  await Promise.all([...blown, blowChanges(own(), storm, isOver), kill()]);
  links.forEach(calm);
  const ends = await endChanges(storm, redis.client());
  const faults = await judgeChanges(rng, storm, ends, { isWhole: true, hasFailedOver: false });
  const recalled = await expectNoWords(storm.book, ends, redis.client(), service.prefix);
  const views = storm.rooms.map(({ name }) => storm.owner.views.get(name));
  // Others may be played behind it.
  for (const node of service.nodes) await node.kill();
  return { faults, recalled, rooms: views.map((view) => ({ changes: view?.place?.lastChange ?? 0 })) };
}
