/**
 * The window of a busy topic: what arrives shortly after something was delivered waits until a few milliseconds have passed
 * since, and is delivered with what else has come by then, in order and in one turn, so that it costs each socket one write.
 * Only where that pays: there are many hearers, what arrives does so often, and something did come together lately. To
 * whoever reads the topic it is a bus that is that much slower.
 */

export interface WindowOptions {
  /** The longest that anything waits; 0 switches it off. */
  readonly windowMs: number;
  /** Held at most: what comes then is delivered with all before it. */
  readonly bytesMax: number;
  /** How many sockets here an event reaches, about. */
  hearers(): number;
  /** Something waits. */
  onHeld(): void;
  /** The next arrival, in order. */
  deliver(bytes: Buffer): void;
}

/** A write is saved for each hearer: with fewer it is not worth a wait. */
export const HEARERS_MIN = 100;
/** Over this time it is counted how often something arrives. */
const MEASURE_MS = 100;
/** Waits that brought nothing together, in a row, after which nothing waits for a while: who posts may be waiting for its answer. */
const VAIN_MAX = 3;
const REST_MS = 1000;

export class Window {
  readonly #options: WindowOptions;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #deliveredAt = -Infinity;
  #measuredFrom = -Infinity;
  #arrivals = 0;
  #isBusy = false;
  #vain = 0;
  #restsUntil = -Infinity;

  constructor(options: WindowOptions) {
    this.#options = options;
  }

  /** `now` in ms, by a clock that only goes on. */
  received(bytes: Buffer, now: number): void {
    this.#measure(now);
    const isPast = now - this.#deliveredAt >= this.#options.windowMs;
    const waits = this.#held.length > 0 || (this.#isBusy && !isPast && now >= this.#restsUntil);
    if (!waits) {
      this.#deliveredAt = now;
      this.#options.deliver(bytes);
      return;
    }
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    this.#options.onHeld();
    if (isPast || this.#heldBytes > this.#options.bytesMax) this.#flush(now);
    else {
      const leftMs = Math.floor(this.#deliveredAt + this.#options.windowMs - now);
      this.#timer ??= setTimeout(() => this.#flush(performance.now()), leftMs);
    }
  }

  /** Whatever waits is not delivered any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#held = [];
  }

  #measure(now: number): void {
    this.#arrivals++;
    const tookMs = now - this.#measuredFrom;
    if (tookMs < MEASURE_MS) return;
    // Two to a window, at least.
    const isOften = (this.#arrivals * this.#options.windowMs) / tookMs >= 2;
    this.#isBusy = isOften && this.#options.hearers() >= HEARERS_MIN;
    this.#arrivals = 0;
    this.#measuredFrom = now;
  }

  #flush(now: number): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    this.#deliveredAt = now;
    this.#vain = held.length > 1 ? 0 : this.#vain + 1;
    if (this.#vain >= VAIN_MAX) {
      this.#vain = 0;
      this.#restsUntil = now + REST_MS;
    }
    for (const bytes of held) this.#options.deliver(bytes);
  }
}
