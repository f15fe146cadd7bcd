/**
 * The public keys of an issuer, fetched from its key set (JWKS, RFC 7517) and kept. One fetch at a time and one per
 * cool-down, whatever tokens ask for; while fetches fail, the last good set serves until it is too old. Reading an
 * answer within bounds is left to jwks.ts.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { isNativeError } from 'node:util/types';
import { createLocalJWKSet, errors, type CryptoKey, type JWTHeaderParameters } from 'jose';
import { fetchKeySet } from './jwks.ts';

export interface RemoteKeysOptions {
  readonly url: string;
  /** Age at which the set is fetched anew. */
  readonly cacheMs: number;
  /** Age from which a set is not used any more, though no newer one can be had. */
  readonly staleMs: number;
  /** From the end of one fetch to the beginning of the next. */
  readonly coolDownMs: number;
  readonly timeoutMs: number;
  /** Told why a fetch failed, in words. */
  onError(reason: string): void;
}

interface KeySet {
  /** Rejects where the set has not exactly one usable key for a header. */
  readonly find: (header: JWTHeaderParameters) => Promise<CryptoKey>;
  /** On the monotonic clock. */
  readonly fetchedAt: number;
}

/** Lookups that wait for a fetch at most; more of them are told to come back. */
const WAITING_MAX = 1000;

export class RemoteKeys {
  readonly #options: RemoteKeysOptions;
  readonly #stopped = new AbortController();
  #set: KeySet | undefined;
  #endedAt = -Infinity;
  #failing = false;
  #fetching: Promise<void> | undefined;
  #waiting = 0;

  constructor(options: RemoteKeysOptions) {
    this.#options = options;
  }

  /** Fetches the set ahead of the first token, so that a wrong address shows in the log and nobody has to wait. */
  start(): void {
    void this.#news();
  }

  stop(): void {
    this.#stopped.abort();
  }

  /**
   * The key that a header names. `unknown`: a set fetched after the token came has none, or several (a set of several
   * keys needs tokens with a `kid`). `unavailable`: there is no set, or none that is new enough to say so.
   */
  async find(header: JWTHeaderParameters): Promise<CryptoKey | 'unknown' | 'unavailable'> {
    if (this.#ageMs >= this.#options.cacheMs) {
      const news = this.#news();
      // Who logs in waits for the new set, but not through an outage while the old one will do.
      if (!this.#failing || this.#usable === undefined) await news;
    }
    const set = this.#usable;
    if (set === undefined) return 'unavailable';
    const found = await lookUp(set, header);
    if (found !== 'missing') return found;
    // The issuer may have begun to sign with a new key.
    if (!(await this.#news())) return 'unavailable';
    const again = this.#usable === undefined ? 'missing' : await lookUp(this.#usable, header);
    return again === 'missing' ? 'unknown' : again;
  }

  get #ageMs(): number {
    return this.#set === undefined ? Infinity : performance.now() - this.#set.fetchedAt;
  }

  get #usable(): KeySet | undefined {
    return this.#ageMs < this.#options.staleMs ? this.#set : undefined;
  }

  get #coolDownLeftMs(): number {
    return this.#endedAt + this.#options.coolDownMs - performance.now();
  }

  /** Waits for the next fetch to end, which it shares with all others; tells whether it was good. Never rejects. */
  async #news(): Promise<boolean> {
    // What failed a moment ago will not be asked again before long: coming back later is better than waiting.
    const hopeless = this.#fetching === undefined && this.#failing && this.#coolDownLeftMs > 0;
    if (hopeless || this.#waiting >= WAITING_MAX) return false;
    this.#waiting++;
    this.#fetching ??= this.#fetch();
    await this.#fetching;
    this.#waiting--;
    return !this.#failing;
  }

  /** Never rejects. */
  async #fetch(): Promise<void> {
    const { url, timeoutMs } = this.#options;
    const { signal } = this.#stopped;
    try {
      // After a good fetch: the news that a token asks for may well come within this time, and it is short.
      if (this.#coolDownLeftMs > 0) await delay(this.#coolDownLeftMs, undefined, { signal, ref: false });
      const fetchedAt = performance.now();
      const find = createLocalJWKSet(await fetchKeySet(url, timeoutMs, signal));
      this.#set = { find, fetchedAt };
      this.#failing = false;
    } catch (error) {
      this.#failing = true;
      if (!signal.aborted) this.#options.onError(reasonOf(error));
    }
    this.#endedAt = performance.now();
    this.#fetching = undefined;
  }
}

async function lookUp(set: KeySet, header: JWTHeaderParameters): Promise<CryptoKey | 'unknown' | 'missing'> {
  try {
    return await set.find(header);
  } catch (error) {
    // Anything else is a key that cannot be used or a header that does not say which; a newer set is no remedy.
    return error instanceof errors.JWKSNoMatchingKey ? 'missing' : 'unknown';
  }
}

/** `fetch` says nothing itself; the cause does, by code or in words. */
function reasonOf(error: unknown): string {
  if (!isNativeError(error)) return String(error);
  const { cause } = error;
  if (!isNativeError(cause)) return error.message;
  return 'code' in cause && cause.message === '' ? String(cause.code) : cause.message;
}
