/** How long to wait before trying again. When to do so, and when to give up, is left to who tries. */
import type { RequestError } from '../request-error.ts';

export interface BackoffOptions {
  /** Bound of the first wait. */
  readonly minDelayMs: number;
  /** The bound never exceeds this. */
  readonly maxDelayMs: number;
  /** By which it grows with each further wait. */
  readonly factor: number;
  /** `full`: any wait up to the bound; `none`: the bound. */
  readonly jitter: 'full' | 'none';
}

/** The bound of the wait before an attempt, counted from 0. */
export function boundMs(attempt: number, { minDelayMs, maxDelayMs, factor }: BackoffOptions): number {
  return Math.min(maxDelayMs, minDelayMs * factor ** Math.min(attempt, 60));
}

/**
 * How long to wait before an attempt, counted from 0: by default anything between nothing and its bound ("full jitter"), so
 * that the clients of a node that died do not come back all at once.
 */
export function backoffMs(attempt: number, backoff: BackoffOptions, random: () => number = Math.random): number {
  return Math.floor(boundMs(attempt, backoff) * (backoff.jitter === 'none' ? 1 : random()));
}

/** How long behind the word of a node that leaves its close may come. */
const leavingMs = 10_000;

/** The waits of a client, one after the other. */
export class Backoff {
  readonly #options: BackoffOptions | undefined;
  #step = 0;
  #leaving: { readonly delayMs: number; readonly toldAt: number } | undefined;

  /** Without options it is never asked. */
  constructor(options: BackoffOptions | undefined) {
    this.#options = options;
  }

  /** The wait that is due, or what a node asked for that has left since: long behind that the notice says nothing of this loss. */
  nextMs(atLeastMs = 0): number {
    const { delayMs, toldAt } = this.#leaving ?? { toldAt: -Infinity };
    this.#leaving = undefined;
    const awayMs = performance.now() - toldAt < leavingMs ? delayMs : undefined;
    return timerMs(Math.max(atLeastMs, awayMs ?? this.#dueMs()));
  }

  /** The node leaves, and says how long to wait then; undefined: that is of another connection. */
  leaving(delayMs: number | undefined): void {
    this.#leaving = delayMs === undefined ? undefined : { delayMs, toldAt: performance.now() };
  }

  /** Only a connection that lasted shows that coming back soon is welcome: longer than the wait that would come next. */
  lasted(ms: number): void {
    if (this.#options === undefined || ms > boundMs(this.#step, this.#options)) this.#step = 0;
  }

  reset(): void {
    this.#step = 0;
  }

  #dueMs(): number {
    return this.#options === undefined ? 0 : backoffMs(this.#step++, this.#options);
  }
}

/** The longest that a timer of the platform can wait: beyond, it fires at once. */
const timerMaxMs = 2 ** 31 - 1;

export function timerMs(delayMs: number): number {
  return Math.max(0, Math.min(delayMs, timerMaxMs));
}

/** What the protocol advises where an error names no time. */
const repeatMs = 1_000;
const repeatFloorMaxMs = 8_192;

/**
 * How long to wait before repeating what failed with a temporary error: as long as the service says, but never in a hot
 * loop. `failures` in a row raise the least wait from a millisecond to seconds.
 */
export function repeatDelayMs({ retryAfterMs }: RequestError, failures: number): number {
  return timerMs(Math.max(retryAfterMs ?? repeatMs, Math.min(repeatFloorMaxMs, 2 ** failures)));
}
