/**
 * One attempt to be logged in: through the addresses, from one of them on, until one lets the client in or refuses it. What
 * comes after it, and when, is left to the connector.
 */
import type { AuthData, Credentials } from '../../protocol/connection.ts';
import type { Value } from '../../protocol/params/values.ts';
import { closeCodes } from '../manifest.ts';
import { RequestError, type Outcome } from '../request-error.ts';
import { abnormal, comesBack, type End } from './life-cycle.ts';
import { Link, type LinkOptions } from './link.ts';
import type { Login } from './login.ts';

/** Why an attempt came to nothing. */
export interface Failure {
  readonly end: End;
  /** What `connect` rejects with. */
  readonly error: unknown;
  /** `refused`: no other attempt can do better; `noCredentials`: the application's own functions failed. */
  readonly kind: 'lost' | 'refused' | 'noCredentials';
  /** As the service asks. */
  readonly retryAfterMs: number;
}

export interface AttemptOwner {
  loggedIn(link: Link, authData: AuthData, credentials: Credentials): void;
  failed(failure: Failure): void;
  notified(link: Link, name: string, params: readonly Value[]): void;
  /** The link that has logged in has ended. */
  ended(link: Link, end: End): void;
}

export interface AttemptOptions extends LinkOptions {
  readonly urls: readonly string[];
}

/** Guarantee: `loggedIn` or `failed` is called once, neither after `cancel`. */
export class Attempt {
  readonly #options: AttemptOptions;
  readonly #login: Login;
  readonly #owner: AttemptOwner;
  /** Of the address to begin with. */
  readonly #first: number;
  #tried = 0;
  #link: Link | undefined;
  #isOver = false;
  #isLoggedIn = false;
  /** Of an address that another attempt may find better. */
  #hope: Failure | undefined;
  /** The longest that an address has asked for. */
  #retryAfterMs = 0;

  constructor(options: AttemptOptions, login: Login, first: number, owner: AttemptOwner) {
    this.#options = options;
    this.#login = login;
    this.#first = first;
    this.#owner = owner;
  }

  /** The index of the address that is tried, or was last. */
  get at(): number {
    return (this.#first + Math.max(0, this.#tried - 1)) % this.#options.urls.length;
  }

  start(): void {
    this.#next();
  }

  cancel(reason: string): void {
    this.#isOver = true;
    this.#link?.end(closeCodes.normal.code, reason);
  }

  /** The next address, after the last one has failed for the moment. */
  #next(failure?: Failure): void {
    if (failure !== undefined) {
      this.#retryAfterMs = Math.max(this.#retryAfterMs, failure.retryAfterMs);
      if (failure.kind === 'lost') this.#hope = failure;
      // What the service has too much of is no better at another address.
      const isEnough = failure.error instanceof RequestError && failure.error.code === 'tooManyRequests';
      if (isEnough || this.#tried >= this.#options.urls.length) {
        return this.#fail({ ...(this.#hope ?? failure), retryAfterMs: this.#retryAfterMs });
      }
    }
    this.#tried += 1;
    void this.#open();
  }

  async #open(): Promise<void> {
    const isResumed = this.#login.isResumed;
    let credentials: Credentials;
    try {
      credentials = await this.#login.credentials();
    } catch (error) {
      const end = { code: closeCodes.loginRejected.code, reason: 'no credentials' };
      return this.#fail({ end, error, kind: 'noCredentials', retryAfterMs: 0 });
    }
    if (this.#isOver) return;
    try {
      this.#link = new Link(this.#options.urls[this.at] ?? '', this.#options, {
        opened: (link) =>
          link.call('login', { credentials }, (outcome) => this.#answered(link, outcome, credentials, isResumed)),
        notified: (link, name, params) => {
          if (link === this.#link) this.#owner.notified(link, name, params);
        },
        ended: (link, code, reason) => this.#ended(link, { code, reason }, isResumed),
      });
    } catch (error) {
      // The platform refuses the address itself, and will ever.
      const end = { code: closeCodes.notSupported.code, reason: String(error) };
      this.#next({ end, error, kind: 'refused', retryAfterMs: 0 });
    }
  }

  #answered(link: Link, outcome: Outcome<AuthData>, credentials: Credentials, isResumed: boolean): void {
    if (this.#isOver || link !== this.#link) return;
    if (outcome.ok) {
      this.#isOver = true;
      this.#isLoggedIn = true;
      return this.#owner.loggedIn(link, outcome.value, credentials);
    }
    const { error } = outcome;
    const end = { code: closeCodes.loginRejected.code, reason: error.message };
    this.#failedAt(
      { end, error, kind: error.temporary ? 'lost' : 'refused', retryAfterMs: error.retryAfterMs ?? 0 },
      isResumed,
    );
  }

  #ended(link: Link, end: End, isResumed: boolean): void {
    if (this.#isLoggedIn) return this.#owner.ended(link, end);
    if (this.#isOver || link !== this.#link) return;
    const { code, reason } = end;
    const temporary = comesBack(code);
    const text = `Could not connect to ${this.#options.urls[this.at]}: ${code} ${reason}`.trimEnd();
    const error = new RequestError('unavailable', text, { temporary });
    this.#failedAt({ end, error, kind: temporary ? 'lost' : 'refused', retryAfterMs: 0 }, isResumed);
  }

  /** An address came to nothing. A resume token that is refused may be too old: then the credentials themselves decide. */
  #failedAt(failure: Failure, isResumed: boolean): void {
    const link = this.#link;
    this.#link = undefined;
    link?.end(abnormal, 'given up');
    if (failure.kind === 'lost') return this.#next(failure);
    if (!isResumed) return this.#fail(failure);
    this.#login.forgetToken();
    void this.#open();
  }

  #fail(failure: Failure): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#owner.failed(failure);
  }
}
