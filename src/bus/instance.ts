/**
 * This node as the others know it: one instance for as long as its lease lasts. Parts that act in its name are handed this, and ask
 * it each time, for the next moment it may be another instance, or none that may act. It is kept by store/node/lease.ts.
 */
export interface Instance {
  readonly nodeId: string;
  /** Whether this node may act now: past its lease's deadline it sends, acknowledges and delivers nothing. */
  readonly held: boolean;
  /** Whether that is the present instance, and nobody has claimed its lease as far as this node knows. */
  owns(nodeId: string): boolean;
  /** About what Redis's clock shows, the one that all nodes share; ms since the epoch. */
  redisNow(): number;
  /** What it shows at least: for what must not be taken for later than it is. */
  redisNowAtLeast(): number;
}
