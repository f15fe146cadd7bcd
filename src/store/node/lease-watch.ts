/**
 * For how long each lease has been seen as it is, by this node's own monotonic clock: that alone tells that a node renews no
 * more. Redis's clock may be set at any time, and a replica that takes over has another one.
 */
interface Seen {
  readonly expires: string;
  readonly since: number;
  readonly lookedAt: number;
}

/** What nobody has looked at for so long is forgotten. */
const FORGET_MS = 10 * 60 * 1000;

export class LeaseWatch {
  readonly #seen = new Map<string, Seen>();

  /** What all leases say now; returns each with the ms for which it has said so, but for those before `steadySince`. */
  look(
    leases: readonly (readonly [nodeId: string, expires: string])[],
    now: number,
    steadySince: number,
  ): { nodeId: string; expires: string; watchedMs: number }[] {
    for (const [nodeId, { lookedAt }] of this.#seen) if (now - lookedAt > FORGET_MS) this.#seen.delete(nodeId);
    return leases.map(([nodeId, expires]) => ({
      nodeId,
      expires,
      watchedMs: this.see(nodeId, expires, now, steadySince),
    }));
  }

  /** What one lease says now; returns the ms for which it has said so, but for those before `steadySince`. */
  see(nodeId: string, expires: string, now: number, steadySince: number): number {
    const known = this.#seen.get(nodeId);
    const since = known?.expires === expires ? known.since : now;
    this.#seen.set(nodeId, { expires, since, lookedAt: now });
    return now - Math.max(since, steadySince);
  }
}
