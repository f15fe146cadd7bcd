/**
 * For how long each lease has been seen as it is, by this node's own monotonic clock: that alone tells that a node renews no
 * more. Redis's clock may be set at any time, and a replica that takes over has another one.
 */
interface Seen {
  readonly expires: string;
  readonly since: number;
}

export class LeaseWatch {
  #seen = new Map<string, Seen>();

  /** What all leases say now; returns each with the ms for which it has said so, but for those before `steadySince`. */
  look(
    leases: readonly (readonly [nodeId: string, expires: string])[],
    now: number,
    steadySince: number,
  ): { nodeId: string; expires: string; watchedMs: number }[] {
    const before = this.#seen;
    this.#seen = new Map();
    return leases.map(([nodeId, expires]) => {
      const known = before.get(nodeId);
      const since = known?.expires === expires ? known.since : now;
      this.#seen.set(nodeId, { expires, since });
      return { nodeId, expires, watchedMs: now - Math.max(since, steadySince) };
    });
  }
}
