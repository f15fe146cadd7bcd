/**
 * What deletions of rooms may leave in Redis for the webhook, by this node, in bytes: so much in an hour, which is how long it stays at
 * most. A receiver that is away does not let users fill Redis with rooms that are made, written full and deleted, outside of any quota.
 */
const BYTES_PER_HOUR = 1 << 26;
const HOUR_MS = 3_600_000;

/** What a deletion has left; undefined: there was no room for it, not even for the word that the room is deleted. A word: nothing was deleted. */
type Left = { readonly unsentBytes: number | undefined } | string;

export class UnsentAllowance {
  readonly #onDropped: () => void;
  readonly #bytesMax: number;
  readonly #now: () => number;
  /** On the monotonic clock. */
  #at = 0;
  #used = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(onDropped: () => void, bytesMax = BYTES_PER_HOUR, now = (): number => performance.now()) {
    this.#onDropped = onDropped;
    this.#bytesMax = bytesMax;
    this.#now = now;
  }

  /** What one more deletion may leave now. */
  get left(): number {
    const now = this.#now();
    this.#used = Math.max(0, this.#used - ((now - this.#at) / HOUR_MS) * this.#bytesMax);
    this.#at = now;
    return Math.max(0, Math.floor(this.#bytesMax - this.#used));
  }

  /** Deletes with what may be left then: one after the other, for each has to know what those before it have left. */
  within<T extends Left>(deletion: (unsentMax: number) => Promise<T>): Promise<T> {
    const mine = this.#last.then(async () => {
      const deleted = await deletion(this.left);
      if (typeof deleted === 'string') return deleted;
      if (deleted.unsentBytes === undefined) this.#onDropped();
      else this.#used += deleted.unsentBytes;
      return deleted;
    });
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}
