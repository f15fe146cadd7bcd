/**
 * What deletions of rooms may leave in Redis for the webhook, by this node, in bytes: so much in an hour, which is how long it stays at
 * most. A receiver that is away does not let users fill Redis with rooms that are made, written full and deleted, outside of any quota.
 */
const BYTES_PER_HOUR = 1 << 26;
const HOUR_MS = 3_600_000;

export class UnsentAllowance {
  readonly #bytesMax: number;
  readonly #onDropped: () => void;
  /** On the monotonic clock, like all times here. */
  #at = 0;
  #used = 0;

  constructor(onDropped: () => void, bytesMax = BYTES_PER_HOUR) {
    this.#onDropped = onDropped;
    this.#bytesMax = bytesMax;
  }

  /** What one more deletion may leave. */
  left(now: number): number {
    this.#used = Math.max(0, this.#used - ((now - this.#at) / HOUR_MS) * this.#bytesMax);
    this.#at = now;
    return Math.max(0, Math.floor(this.#bytesMax - this.#used));
  }

  /** A deletion has left so much; undefined: there was no room for it, not even for the word that the room is deleted. */
  leave(bytes: number | undefined): void {
    if (bytes === undefined) this.#onDropped();
    else this.#used += bytes;
  }
}
