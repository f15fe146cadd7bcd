/** What a node counts, in one table. The operations endpoints show it. */
import type { BusCounters } from '../bus/bus.ts';

export interface Counters extends BusCounters {
  leasesLost: number;
  nodesSwept: number;
}

export const newCounters = (): Counters => ({
  gapsFound: 0,
  gapsFilled: 0,
  resets: 0,
  forks: 0,
  barrierTimeouts: 0,
  linkRebuilds: 0,
  leasesLost: 0,
  nodesSwept: 0,
});
