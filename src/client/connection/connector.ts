/**
 * Keeps one logged-in link to the service: when to try, when to wait, when to stop, and what is told of it. What an attempt
 * does is its own; what is done over the link is left to the rooms, the outbox and the user.
 */
import type { AuthData, Credentials } from '../../protocol/connection.ts';
import { isMap, type Value } from '../../protocol/params/values.ts';
import { closeCodes } from '../manifest.ts';
import { closedError, isTemporary, RequestError } from '../request-error.ts';
import { Attempt, type AttemptOptions, type Failure } from './attempt.ts';
import { Backoff, type BackoffOptions } from './backoff.ts';
import { deferred, type Deferred } from './deferred.ts';
import { comesBack, type ClientState, type ConnectOptions, type End, type LifeCycleEvents } from './life-cycle.ts';
import type { Link } from './link.ts';
import { Login, type LoginSource } from './login.ts';
import { Renewal } from './renewal.ts';
import { Telling } from './telling.ts';
import { watchPage } from './wake.ts';

/** `options.ts` says what they mean. */
export interface ConnectorOptions extends AttemptOptions, LoginSource {
  readonly reconnect: BackoffOptions | false;
}

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting'; readonly attempt: Attempt }
  /** `isTold`: `connect` or `reconnect` is out; before that, rooms are joined again. */
  | { readonly kind: 'linked'; readonly link: Link; readonly sinceMs: number; isTold: boolean }
  /** Without a timer nothing is scheduled yet. */
  | { readonly kind: 'disconnected'; timer?: ReturnType<typeof setTimeout>; dueMs?: number }
  | { readonly kind: 'offline' }
  | { readonly kind: 'closed'; readonly end: End };

export interface ConnectorOwner {
  /** A link is logged in. `reconnect` waits for the promise. */
  loggedIn(link: Link, authData: AuthData): Promise<unknown>;
  /** The link that was logged in is gone. */
  lost(): void;
  notified(name: string, params: readonly Value[]): void;
  tell<N extends keyof LifeCycleEvents>(name: N, ...args: LifeCycleEvents[N]): void;
  /** Nothing comes any more; before `conflict` and `close`. */
  closed(end: End): void;
  failed(error: unknown): void;
  /** The state is another one; before any event about it. */
  moved(): void;
}

/** How long `close` waits for the service to take note. */
const closeTimeoutMs = 2_000;
const byClient: End = { code: closeCodes.normal.code, reason: 'closed by the client' };
const paused: End = { code: closeCodes.normal.code, reason: 'paused' };

/**
 * Guarantees: the state is in place before the event about it; events come one after the other, those that a listener
 * causes after the one that it hears; an outage has one `disconnect`, whatever the number of attempts.
 */
export class Connector {
  readonly #options: ConnectorOptions;
  readonly #owner: ConnectorOwner;
  readonly #login: Login;
  readonly #renewal: Renewal;
  readonly #backoff: Backoff;
  #current: State = { kind: 'idle' };
  #first: Deferred<AuthData> | undefined;
  #isPersistent = false;
  #closing: Promise<void> | undefined;
  /** The address to begin with. */
  #turn = 0;
  /** It was paused by the loss of the page's network, whose return ends that. */
  #isByPage = false;
  /** Within this outage. */
  #attempts = 0;
  #conflictReason: string | undefined;
  #unwatch: (() => void) | undefined;
  readonly #telling: Telling;

  constructor(options: ConnectorOptions, owner: ConnectorOwner) {
    this.#options = options;
    this.#owner = owner;
    const login = (this.#login = new Login(options));
    this.#renewal = new Renewal(
      () => login.given(),
      (error) => owner.failed(error),
    );
    this.#telling = new Telling((error) => owner.failed(error));
    this.#backoff = new Backoff(options.reconnect === false ? undefined : options.reconnect);
  }

  get #state(): State {
    return this.#current;
  }

  set #state(next: State) {
    this.#current = next;
    this.#owner.moved();
  }

  get state(): ClientState {
    const state = this.#state;
    if (state.kind !== 'linked') return state.kind;
    return state.isTold ? 'connected' : 'connecting';
  }

  get authData(): AuthData | undefined {
    return this.#login.authData;
  }

  /** The link that is logged in now. */
  get link(): Link | undefined {
    return this.#state.kind === 'linked' ? this.#state.link : undefined;
  }

  /** The address of the connection that is or is tried; else the one to be tried first. */
  get url(): string | undefined {
    const { urls } = this.#options;
    return urls[this.#state.kind === 'connecting' ? this.#state.attempt.at : this.#turn % urls.length];
  }

  connect({ persistent = false }: ConnectOptions = {}): Promise<AuthData> {
    const state = this.#state;
    if (state.kind === 'closed') return Promise.reject(closedError(state.end));
    this.#isPersistent ||= persistent && this.#options.reconnect !== false;
    if (this.#first !== undefined) return this.#first.promise;
    this.#first = deferred();
    const { promise } = this.#first;
    this.#unwatch ??= watchPage({
      offline: () => this.pause('page'),
      online: () => (this.#isByPage ? this.resume() : undefined),
      woken: () => this.#check(),
    });
    this.#prepare().start();
    return promise;
  }

  close(): Promise<void> {
    if (this.#closing !== undefined) return this.#closing;
    const { promise, resolve } = deferred<void>();
    // In place before `close` is told: who hears of it may ask for the end once more.
    this.#closing = promise;
    resolve(this.#close());
    return promise;
  }

  /** Ends the connection and all attempts until `resume`. Without any of them it does nothing. */
  pause(by?: 'page'): void {
    const state = this.#state;
    this.#isByPage = by === 'page' && (this.#isByPage || state.kind !== 'offline');
    if (state.kind === 'idle' || state.kind === 'offline' || state.kind === 'closed') return;
    // A first connect that is not to go on by itself fails or not, as it will.
    if (this.authData === undefined && !this.#isPersistent) return;
    this.#telling.hold(() => {
      if (state.kind === 'linked' && state.isTold) this.#tell('disconnect', paused);
      this.#tell('offline');
      this.#release({ kind: 'offline' }, paused);
    });
  }

  /** Goes on at once after `pause`; else it does nothing. */
  resume(): void {
    if (this.#state.kind !== 'offline') return;
    const state: State = { kind: 'disconnected' };
    this.#state = state;
    this.#attempts = 0;
    this.#backoff.reset();
    this.#backoff.leaving(undefined);
    this.#tell('online');
    if (this.#state === state) this.#schedule(state, 0);
  }

  /** The attempt that is scheduled begins now, and counting anew. Throws where none is. */
  retry(): void {
    const state = this.#state;
    if (state.kind !== 'disconnected' || state.timer === undefined) {
      throw new Error(`Nothing to retry: no attempt is scheduled, the client is ${this.state}.`);
    }
    this.#attempts = 0;
    this.#backoff.reset();
    this.#begin(state);
  }

  async #close(): Promise<void> {
    const { link } = this;
    this.#stop(byClient);
    if (link === undefined) return;
    // The link lives on for the answer: it no longer belongs to the state, so nothing else of it is heard.
    await new Promise<void>((resolve) => {
      link.call('disconnect', {}, () => resolve(), Math.min(closeTimeoutMs, this.#options.requestTimeoutMs));
    });
    link.end(byClient.code, byClient.reason);
  }

  #prepare(): Attempt {
    const attempt: Attempt = new Attempt(this.#options, this.#login, this.#turn, {
      loggedIn: (link, authData, credentials) => this.#loggedIn(attempt, link, authData, credentials),
      failed: (failure) => this.#failed(attempt, failure),
      notified: (link, name, params) => this.#notified(attempt, link, name, params),
      ended: (link, end) => this.#ended(link, end),
    });
    this.#state = { kind: 'connecting', attempt };
    return attempt;
  }

  #loggedIn(attempt: Attempt, link: Link, authData: AuthData, credentials: Credentials): void {
    if (!this.#isOf(attempt)) return link.end(closeCodes.normal.code, 'given up');
    const isFirst = this.authData === undefined;
    const state: State = { kind: 'linked', link, sinceMs: performance.now(), isTold: isFirst };
    this.#turn = attempt.at;
    this.#conflictReason = undefined;
    this.#backoff.leaving(undefined);
    this.#login.took(authData, credentials);
    link.limits = authData.limits;
    this.#state = state;
    link.watch(authData.heartbeatMs);
    if (this.#options.renewable) this.#renewal.begin(link, authData, credentials.token);
    this.#telling.hold(() => {
      if (isFirst) this.#tell('connect', authData);
      const rejoined = this.#owner.loggedIn(link, authData).catch((error: unknown) => this.#owner.failed(error));
      void rejoined.then(() => {
        if (this.#state !== state || isFirst) return;
        state.isTold = true;
        this.#owner.moved();
        this.#tell('reconnect', authData);
      });
    });
    if (isFirst) this.#first?.resolve(authData);
  }

  #notified(attempt: Attempt, link: Link, name: string, params: readonly Value[]): void {
    if (!this.#isOf(attempt) && this.link !== link) return;
    const [first] = params;
    if (name === 'inboxPosition' || name === 'inboxReset') this.#login.moveInbox(params);
    if (name === 'goAway' && typeof first === 'number' && first >= 0) this.#backoff.leaving(first);
    const { reason } = name === 'loginConflict' && isMap(first) ? first : {};
    if (typeof reason === 'string') this.#conflictReason = reason;
    this.#owner.notified(name, params);
  }

  #failed(attempt: Attempt, failure: Failure): void {
    if (!this.#isOf(attempt)) return;
    const { kind, error, end, retryAfterMs } = failure;
    const isFirst = this.authData === undefined;
    const isFinal = kind === 'refused' || (kind === 'noCredentials' && isFirst && !isTemporary(error));
    if (isFirst && (isFinal || !this.#isPersistent)) return this.#firstFailed(error);
    if (isFinal) return this.#stop(end, error);
    if (kind === 'noCredentials') this.#owner.failed(error);
    // The listener may have ended it.
    if (!this.#isOf(attempt)) return;
    // Nor is one repeated that a pause has made necessary.
    if (this.#options.reconnect === false) return this.#stop(end, error);
    const state: State = { kind: 'disconnected' };
    this.#state = state;
    this.#turn += 1;
    this.#schedule(state, this.#backoff.nextMs(retryAfterMs));
  }

  /** As if it had never been asked for. */
  #firstFailed(error: unknown): void {
    const first = this.#first;
    this.#turn += 1;
    this.#first = undefined;
    this.#isPersistent = false;
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#state = { kind: 'idle' };
    first?.reject(error);
  }

  #ended(link: Link, end: End): void {
    const state = this.#state;
    if (state.kind !== 'linked' || state.link !== link) return;
    const { reconnect, renewable } = this.#options;
    const expired = end.code === closeCodes.tokenExpired.code && renewable;
    if (expired) this.#login.forgetToken();
    if (reconnect === false || !(expired || comesBack(end.code))) return this.#stop(end);
    const lost: State = { kind: 'disconnected' };
    this.#turn += 1;
    this.#telling.hold(() => {
      // Before the rooms were joined again it was an attempt like others.
      if (state.isTold) {
        this.#backoff.lasted(performance.now() - state.sinceMs);
        this.#attempts = 0;
        this.#tell('disconnect', end);
      }
      this.#release(lost, end);
    });
    // Who heard of it may have ended the client, or paused it.
    if (this.#state === lost) this.#schedule(lost, this.#backoff.nextMs());
  }

  #schedule(state: State & { kind: 'disconnected' }, delayMs: number): void {
    state.dueMs = Date.now() + delayMs;
    state.timer = setTimeout(() => {
      if (this.#state === state) this.#begin(state);
    }, delayMs);
    this.#tell('schedule', this.#attempts, delayMs);
  }

  #begin(state: State & { kind: 'disconnected' }): void {
    clearTimeout(state.timer);
    const attempt = this.#prepare();
    this.#tell('retry', this.#attempts);
    this.#attempts += 1;
    if (this.#isOf(attempt)) attempt.start();
  }

  /** Back from sleep: what is connected may not be, and what was to happen meanwhile has not. */
  #check(): void {
    const state = this.#state;
    if (state.kind === 'linked') state.link.check();
    if (state.kind === 'disconnected' && state.dueMs !== undefined && state.dueMs <= Date.now()) this.#begin(state);
  }

  #isOf(attempt: Attempt): boolean {
    return this.#state.kind === 'connecting' && this.#state.attempt === attempt;
  }

  /** Goes over to a state, and lets go of what belonged to the one before. */
  #release(next: State, end: End): void {
    const state = this.#state;
    this.#state = next;
    this.#renewal.end();
    if (state.kind === 'disconnected') clearTimeout(state.timer);
    if (state.kind === 'connecting') state.attempt.cancel(end.reason);
    if (state.kind !== 'linked') return;
    // Before the link ends: what is under way on it fails then, which to those who know of the loss is part of it, to others a refusal.
    this.#owner.lost();
    // One that is still open at the end is closed after it has said goodbye.
    if (next.kind !== 'closed') state.link.end(end.code, end.reason);
  }

  #stop(end: End, error?: unknown): void {
    if (this.#state.kind === 'closed') return;
    this.#unwatch?.();
    this.#telling.drop();
    this.#release({ kind: 'closed', end }, end);
    this.#owner.closed(end);
    const isConflict = error instanceof RequestError && error.code === 'sessionConflict';
    if (isConflict || end.code === closeCodes.loginConflict.code) {
      this.#tell('conflict', { reason: this.#conflictReason ?? end.reason });
    }
    this.#tell('close', end);
    this.#first?.reject(error ?? closedError(end));
  }

  #tell<N extends keyof LifeCycleEvents>(name: N, ...args: LifeCycleEvents[N]): void {
    this.#telling.tell(() => this.#owner.tell(name, ...args));
  }
}
