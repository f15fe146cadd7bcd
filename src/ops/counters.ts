/** What a node counts, in one table. The operations endpoints show it. */

/** What the feeds and their transport count. */
export interface BusCounters {
  gapsFound: number;
  gapsFilled: number;
  /** Gaps that could not be filled, and logs that were replaced: told to the clients as `roomReset`. */
  resets: number;
  /** Logs found to have lost events that were delivered. */
  forks: number;
  /** Responses that went out before the notifications they caused. */
  barrierTimeouts: number;
  linkRebuilds: number;
}

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
