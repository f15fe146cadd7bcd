/**
 * Keeps a login by token from expiring: asks for credentials again in time and gives their token to the service. What
 * happens when it does expire is left to the connector.
 */
import type { AuthData, Credentials } from '../../protocol/connection.ts';
import { repeatDelayMs, timerMs } from './backoff.ts';
import type { Link } from './link.ts';
import type { RequestError } from '../request-error.ts';

/** Within the last tenth of a token's life, so much at least and at most, it is renewed. */
const marginMinMs = 5_000;
const marginMaxMs = 600_000;
/** Between two attempts, doubled with each failure. */
const pauseMinMs = 1_000;
const pauseMaxMs = 60_000;

/** How long before its end a token that lives for so long yet is renewed; a very short one after half of that. */
export function renewalMarginMs(lifeMs: number): number {
  return Math.min(Math.max(lifeMs / 10, marginMinMs), marginMaxMs, lifeMs / 2);
}

export class Renewal {
  readonly #ask: () => Credentials | Promise<Credentials>;
  readonly #failed: (error: unknown) => void;
  /** The token that the service has had last: to send it again would gain nothing. */
  #token: string | undefined;
  #link: Link | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueMs = 0;
  #failures = 0;
  /** The server's clock, less ours. */
  #aheadMs = 0;

  constructor(ask: () => Credentials | Promise<Credentials>, failed: (error: unknown) => void) {
    this.#ask = ask;
    this.#failed = failed;
  }

  /** A link is logged in, by this token if it is by one. Only differences of the server's clock count: the local one may be wrong. */
  begin(link: Link, { serverTime, tokenExpiresAt }: AuthData, token: string | undefined): void {
    this.end();
    this.#link = link;
    this.#token = token ?? this.#token;
    this.#aheadMs = serverTime - performance.now();
    this.#plan(tokenExpiresAt);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#link = undefined;
    this.#failures = 0;
  }

  #plan(expiresAt: number | null): void {
    if (expiresAt === null) return;
    const nowMs = performance.now();
    const lifeMs = expiresAt - this.#aheadMs - nowMs;
    const delayMs = lifeMs - renewalMarginMs(lifeMs);
    this.#wait(nowMs + (delayMs > pauseMinMs ? delayMs : pauseMinMs));
  }

  /** In steps where it is longer than a timer can be. */
  #wait(dueMs: number): void {
    clearTimeout(this.#timer);
    this.#dueMs = dueMs;
    this.#timer = setTimeout(
      () => {
        if (performance.now() < this.#dueMs) this.#wait(this.#dueMs);
        else void this.#renew();
      },
      timerMs(dueMs - performance.now()),
    );
  }

  async #renew(): Promise<void> {
    const link = this.#link;
    let token: string | undefined;
    try {
      ({ token } = await this.#ask());
    } catch (error) {
      if (this.#link === link) this.#again(error);
      return;
    }
    if (link === undefined || this.#link !== link || token === undefined) return;
    // What is kept somewhere, and may be a newer one a little later.
    if (token === this.#token) return this.#again();
    link.call('loginRefresh', { token }, (outcome) => {
      if (this.#link !== link) return;
      if (!outcome.ok && outcome.error.temporary) return this.#again(undefined, outcome.error);
      this.#token = token;
      if (!outcome.ok) return this.#again(outcome.error);
      this.#failures = 0;
      this.#plan(outcome.value);
    });
  }

  #again(told?: unknown, temporary?: RequestError): void {
    if (told !== undefined) this.#failed(told);
    // The listener may have closed the client.
    if (this.#link === undefined) return;
    const pauseMs = Math.min(pauseMaxMs, pauseMinMs * 2 ** this.#failures);
    this.#failures += 1;
    const leastMs = temporary === undefined ? 0 : repeatDelayMs(temporary, this.#failures);
    this.#wait(performance.now() + Math.max(pauseMs, leastMs));
  }
}
