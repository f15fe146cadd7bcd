// Weather between nodes and Redis: links that delay a node's subscriptions and its commands apart, a drawn wind that changes
// both, and the pace of random lives in it. Bytes keep their order within a connection, and none is lost.
import { setTimeout as pass } from 'node:timers/promises';
import { startLink, type FaultyLink } from './faulty-link.ts';
import type { Scope } from './disposal.ts';
import type { Rng } from './rng.ts';

/** Two links, one behind the other. Each is about connections of its own kind only; the lease's are left alone. */
export interface SplitLink {
  readonly url: string;
  /** What the bus brings. */
  readonly bus: FaultyLink;
  /** What is asked of Redis. */
  readonly commands: FaultyLink;
}

export async function startSplitLink(scope: Scope, targetPort: number): Promise<SplitLink> {
  const commands = await startLink(scope, targetPort, { only: /parley-commands/ });
  const bus = await startLink(scope, commands.port, { only: /parley-subscriber/ });
  return { url: bus.url, bus, commands };
}

export interface Wind {
  readonly busMsMax: number;
  readonly commandsMsMax: number;
  /** How long a draw stays, between these. */
  readonly lastsMs: readonly [min: number, max: number];
}

/** Draws both delays of a link again and again until it is over; then there are none. */
export async function blow(rng: Rng, link: SplitLink, wind: Wind, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    link.bus.delay(rng.chance(0.2) ? 0 : rng.integer(0, wind.busMsMax));
    link.commands.delay(rng.chance(0.3) ? 0 : rng.integer(0, wind.commandsMsMax));
    await pace(rng, ...wind.lastsMs);
  }
  calm(link);
}

export function calm({ bus, commands }: SplitLink): void {
  bus.delay(0);
  commands.delay(0);
}

/** Lets a drawn time pass: random lives would else be as fast as the service answers. */
export async function pace(rng: Rng, minMs: number, maxMs: number): Promise<void> {
  await pass(rng.integer(minMs, maxMs));
}
