/** How long to wait before connecting again. When to do so, and when to give up, is left to the connector. */

export interface Backoff {
  /** Bound of the first wait; it doubles with each further one. */
  readonly minDelayMs: number;
  /** The bound never exceeds this. */
  readonly maxDelayMs: number;
}

/**
 * A random wait between nothing and the bound of the attempt ("full jitter"), so that the clients of a node that died do
 * not come back all at once. `attempt` counts from 0.
 */
export function backoffMs(attempt: number, backoff: Backoff, random: () => number = Math.random): number {
  return Math.floor(random() * Math.min(backoff.maxDelayMs, backoff.minDelayMs * 2 ** attempt));
}
