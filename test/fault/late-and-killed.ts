// The stage of a storm: three nodes, two of which hear late from Redis, and one of these is killed half way. What is played there is up to
// the storm.
import type { Scope } from '../support/disposal.ts';
import type { RedisServer } from '../support/redis.ts';
import { createRng, type Rng } from '../support/rng.ts';
import { startService, type Service } from '../support/service.ts';
import { blow, calm, pace, startSplitLink, type Wind } from '../support/weather.ts';

const PATIENCE_MS = 30_000;

export interface Stage<S> {
  readonly redis: RedisServer;
  /** Longer, by half a minute at most, where too little has happened by then. */
  readonly seconds: number;
  readonly env: Readonly<Record<string, string>>;
  readonly wind: Wind;
  /** Whose `dead` takes the nodes that are gone. */
  readonly gather: (service: Service<RedisServer>) => Promise<S>;
  readonly isEnough: (storm: S) => boolean;
  /** With draws of its own. */
  readonly play: (storm: S, rng: Rng, isOver: () => boolean) => Promise<unknown>;
}

/** Resolves when all is calm again. */
export async function playLateAndKilled<S extends { readonly dead: Set<number> }>(
  rng: Rng,
  scope: Scope,
  { redis, seconds, isEnough, env, wind, gather, play }: Stage<S>,
): Promise<S> {
  const links = [await startSplitLink(scope, redis.port), await startSplitLink(scope, redis.port)];
  const service = await startService(scope, { redis, nodes: 1, env });
  for (const { url } of links) await service.addNode({ PARLEY_REDIS_URL: url });
  const storm = await gather(service);
  const until = performance.now() + seconds * 1000;
  const isOver = (): boolean =>
    performance.now() > until + PATIENCE_MS || (performance.now() > until && isEnough(storm));
  const kill = async (): Promise<void> => {
    await pace(rng, seconds * 400, seconds * 600);
    storm.dead.add(2);
    await service.node(2).kill();
  };
  const own = (): Rng => createRng(rng.integer(0, 2 ** 32 - 1));
  const blown = links.map((link) => blow(own(), link, wind, isOver));
  await Promise.all([...blown, play(storm, own(), isOver), kill()]);
  links.forEach(calm);
  return storm;
}
