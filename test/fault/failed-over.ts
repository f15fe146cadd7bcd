// A storm over a failover: it blows for a while before it, and for a while behind it.
import type { Rng } from '../support/rng.ts';
import { pace } from '../support/weather.ts';

export async function playFailover(
  rng: Rng,
  happen: () => Promise<unknown>,
  blow: (isOver: () => boolean) => Promise<unknown>,
): Promise<void> {
  let isOver = false;
  const blown = blow(() => isOver);
  await pace(rng, 1000, 2500);
  await happen();
  await pace(rng, 1000, 2500);
  isOver = true;
  await blown;
}
