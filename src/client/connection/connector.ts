/**
 * Keeps one logged-in link to the service: connects, logs in, comes back after a loss, and knows when not to. What is
 * done over the link is left to the rooms, the outbox and the user. This is where a fuller state machine (pause, resume,
 * retry by hand) will have its place.
 */
import { closeCodes, type CloseEntry } from '../../protocol/wire/close-codes.ts';
import type { AuthData, Credentials } from '../../protocol/connection.ts';
import type { InboxPosition } from '../../protocol/inbox.ts';
import { isMap, type Value } from '../../protocol/params/values.ts';
import { backoffMs, timerMs, type Backoff } from './backoff.ts';
import { deferred, type Deferred } from './deferred.ts';
import { Link, type LinkOptions } from './link.ts';
import { Renewal } from './renewal.ts';
import { localError, type Outcome, type RequestError } from '../request-error.ts';

/** `options.ts` says what they mean. */
export interface ConnectorOptions extends LinkOptions {
  readonly urls: readonly string[];
  readonly credentials: () => Credentials | Promise<Credentials>;
  readonly renewable: boolean;
  readonly reconnect: Backoff | false;
}

export type ClientState = State['kind'];

type State =
  | { readonly kind: 'idle' }
  /** Getting credentials, connecting or logging in. */
  | { readonly kind: 'connecting'; readonly resumed: boolean; link?: Link }
  | { readonly kind: 'connected'; readonly link: Link; readonly authData: AuthData; readonly sinceMs: number }
  /** Waiting for the next attempt. */
  | { readonly kind: 'disconnected'; readonly timer: ReturnType<typeof setTimeout> }
  | { readonly kind: 'closed'; readonly end: End };

/** Why a connection ended, by the codes of WebSockets and of the protocol. */
export interface End {
  readonly code: number;
  readonly reason: string;
}

export interface ConnectorOwner {
  connected(link: Link, authData: AuthData): void;
  notified(name: string, params: readonly Value[]): void;
  /** The logged-in link is gone; another one comes after `delayMs`. */
  disconnected(loss: End & { readonly delayMs: number }): void;
  /** Nothing comes any more. */
  closed(end: End): void;
  failed(error: unknown): void;
}

/** How long `close` waits for the service to take note. */
const closeTimeoutMs = 2_000;

/** Whether a connection closed with this code is worth another. Codes of others than the service count as accidents. */
export function comesBack(code: number): boolean {
  const entry: CloseEntry | undefined = Object.values(closeCodes).find((each) => each.code === code);
  return entry?.comeBack ?? (code < 4500 || code > 4999);
}

export class Connector {
  readonly #options: ConnectorOptions;
  readonly #owner: ConnectorOwner;
  readonly #renewal: Renewal;
  #state: State = { kind: 'idle' };
  #first: Deferred<AuthData> | undefined;
  #closing: Promise<void> | undefined;
  /** The next url, counted on and on. */
  #turn = 0;
  /** Ends in a row without a connection that lasted. */
  #attempt = 0;
  #goAwayDelayMs: number | undefined;
  #resumeToken: string | undefined;
  #authData: AuthData | undefined;
  /** The last credentials used, without what a resume token stands for. */
  #deviceFields: Credentials = {};
  /** Up to where this device has come in its user's inbox. */
  #inbox: InboxPosition | undefined;

  constructor(options: ConnectorOptions, owner: ConnectorOwner) {
    this.#options = options;
    this.#owner = owner;
    this.#renewal = new Renewal(options.credentials, (error) => owner.failed(error));
  }

  get state(): ClientState {
    return this.#state.kind;
  }

  /** What the last login gave. */
  get authData(): AuthData | undefined {
    return this.#authData;
  }

  /** The link that is logged in now. */
  get link(): Link | undefined {
    return this.#state.kind === 'connected' ? this.#state.link : undefined;
  }

  connect(): Promise<AuthData> {
    if (this.#first !== undefined) return this.#first.promise;
    if (this.#state.kind === 'closed') return Promise.reject(closedError(this.#state.end));
    this.#first = deferred();
    void this.#open();
    return this.#first.promise;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const link = this.link;
    this.#stop({ code: closeCodes.normal.code, reason: 'closed by the client' });
    if (link === undefined) return;
    // The link lives on for the answer: it no longer belongs to the state, so nothing else of it is heard.
    await new Promise<void>((resolve) => {
      link.call('disconnect', {}, () => resolve(), Math.min(closeTimeoutMs, this.#options.requestTimeoutMs));
    });
    link.end(closeCodes.normal.code, 'closed by the client');
  }

  /** One attempt: credentials, socket, login. */
  async #open(): Promise<void> {
    const state: State & { kind: 'connecting' } = { kind: 'connecting', resumed: this.#resumeToken !== undefined };
    this.#state = state;
    let credentials: Credentials;
    try {
      credentials = await this.#credentials();
    } catch (error) {
      if (this.#state === state) this.#noCredentials(error);
      return;
    }
    if (this.#state !== state) return;
    const { urls } = this.#options;
    const url = urls[this.#turn % urls.length] ?? '';
    try {
      state.link = new Link(url, this.#options, {
        opened: (link) => link.call('login', { credentials }, (outcome) => this.#loggedIn(link, outcome)),
        notified: (link, name, params) => this.#notified(link, name, params),
        ended: (link, code, reason) => this.#ended(link, { code, reason }),
      });
    } catch (error) {
      // The platform refuses the url itself: no attempt will ever succeed.
      this.#stop({ code: closeCodes.notSupported.code, reason: String(error) }, error);
    }
  }

  async #credentials(): Promise<Credentials> {
    if (this.#resumeToken !== undefined) {
      return this.#comingBack({ ...this.#deviceFields, resumeToken: this.#resumeToken });
    }
    const credentials = await this.#options.credentials();
    const {
      token: _token,
      userName: _userName,
      anonymous: _anonymous,
      resumeToken: _given,
      ...deviceFields
    } = credentials;
    this.#deviceFields = deviceFields;
    this.#renewal.used(credentials);
    return this.#comingBack(credentials);
  }

  /** Who was here before says up to where it has come. And who comes back by itself takes a tag from nobody: two devices would take it from each other for ever. */
  #comingBack(credentials: Credentials): Credentials {
    const isAgain = credentials.tag !== undefined && this.#authData !== undefined;
    const inbox = this.#inbox === undefined ? {} : { inbox: this.#inbox };
    return { ...credentials, ...inbox, ...(isAgain ? { isReconnect: true } : {}) };
  }

  /** Where the user's function fails at first, the user should know; later it may well be the network. */
  #noCredentials(error: unknown): void {
    const end = { code: closeCodes.loginRejected.code, reason: 'no credentials' };
    if (this.#authData === undefined) return this.#stop(end, error);
    this.#owner.failed(error);
    this.#retry(end);
  }

  #loggedIn(link: Link, outcome: Outcome<AuthData>): void {
    const state = this.#state;
    if (state.kind !== 'connecting' || state.link !== link) return;
    if (!outcome.ok) {
      const { error } = outcome;
      const end = { code: closeCodes.loginRejected.code, reason: error.message };
      if (error.temporary) this.#retry(end, error.retryAfterMs);
      else this.#refused(state.resumed, end, error);
      return;
    }
    const authData = outcome.value;
    this.#state = { kind: 'connected', link, authData, sinceMs: performance.now() };
    this.#authData = authData;
    // Later ones are led from where they were: what lies between comes first, or a reset.
    this.#inbox ??= authData.inbox;
    this.#resumeToken = authData.resumeToken;
    link.limits = authData.limits;
    link.watch(authData.heartbeatMs);
    if (this.#options.renewable) this.#renewal.begin(link, authData);
    this.#owner.connected(link, authData);
    this.#first?.resolve(authData);
  }

  #notified(link: Link, name: string, params: readonly Value[]): void {
    const state = this.#state;
    if (!('link' in state) || state.link !== link) return;
    const [delayMs] = params;
    if (name === 'inboxPosition' || name === 'inboxReset') this.#inbox = positionIn(params) ?? this.#inbox;
    if (name === 'goAway' && typeof delayMs === 'number' && delayMs >= 0) this.#goAwayDelayMs = delayMs;
    this.#owner.notified(name, params);
  }

  #ended(link: Link, end: End): void {
    const state = this.#state;
    if (!('link' in state) || state.link !== link) return;
    if (state.kind === 'connecting') {
      if (comesBack(end.code)) this.#retry(end);
      else this.#refused(state.resumed, end);
      return;
    }
    this.#renewal.end();
    const { reconnect, renewable } = this.#options;
    const expired = end.code === closeCodes.tokenExpired.code && renewable;
    // A chain of resumed logins ends with what it began with: other credentials are asked for.
    if (expired) this.#resumeToken = undefined;
    if (reconnect === false || !(expired || comesBack(end.code))) return this.#stop(end);
    // Only a connection that lasted shows that coming back soon is welcome.
    if (performance.now() - state.sinceMs > reconnect.maxDelayMs) this.#attempt = 0;
    const delayMs = this.#retry(end);
    this.#owner.disconnected({ ...end, delayMs });
  }

  /** A login was refused for good: a resume token may be too old, then the credentials themselves decide. */
  #refused(resumed: boolean, end: End, error?: RequestError): void {
    if (!resumed) return this.#stop(end, error);
    this.#resumeToken = undefined;
    this.#release();
    void this.#open();
  }

  /** Plans the next attempt, at the next url; returns how long it waits. */
  #retry(after: End, atLeastMs = 0): number {
    const { reconnect } = this.#options;
    if (reconnect === false) {
      this.#stop(after);
      return 0;
    }
    this.#release();
    this.#turn += 1;
    const delayMs = timerMs(Math.max(atLeastMs, this.#goAwayDelayMs ?? backoffMs(this.#attempt++, reconnect)));
    this.#goAwayDelayMs = undefined;
    this.#state = { kind: 'disconnected', timer: setTimeout(() => void this.#open(), delayMs) };
    return delayMs;
  }

  #stop(end: End, error?: unknown): void {
    if (this.#state.kind === 'closed') return;
    this.#renewal.end();
    const wasConnected = this.#state.kind === 'connected';
    const { link } = 'link' in this.#state ? this.#state : { link: undefined };
    if (this.#state.kind === 'disconnected') clearTimeout(this.#state.timer);
    this.#state = { kind: 'closed', end };
    // A logged-in link that is still open is ended by `close`, after it has said goodbye.
    if (!wasConnected) link?.end(end.code, end.reason);
    this.#owner.closed(end);
    this.#first?.reject(error ?? closedError(end));
  }

  /** Lets go of the link of an attempt that came to nothing. */
  #release(): void {
    const { link } = 'link' in this.#state ? this.#state : { link: undefined };
    this.#state = { kind: 'idle' };
    link?.end(closeCodes.normal.code, 'given up');
  }
}

function positionIn([position]: readonly Value[]): InboxPosition | undefined {
  const { epoch, seq } = isMap(position) ? position : {};
  return typeof epoch === 'string' && typeof seq === 'number' ? { epoch, seq } : undefined;
}

function closedError({ code, reason }: End): RequestError {
  return localError('unavailable', `The client is closed: ${code} ${reason}`);
}
