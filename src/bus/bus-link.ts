/**
 * The subscriptions at one server, by one connection. Nothing is queued while it is down: what it has to hold is known to its
 * owner, and is subscribed, some at a time, whenever the connection is made.
 */
import type { Redis } from 'ioredis';
import { inTime, REDIRECTED, StateUnavailable } from '../redis/unavailable.ts';
import { sideBySide } from '../ops/side-by-side.ts';

export interface BusLinkDeps {
  /** A new connection, not made yet. */
  open(): Redis;
  /** What this link has to hold now. */
  wanted(): string[];
  /** Splits channels into those that may go in one call. */
  calls(channels: readonly string[]): string[][];
  received(channel: string, bytes: Buffer): void;
  /** All that is wanted is subscribed on a new connection: events may have been missed before. */
  ready(): void;
  /** Something is not served by this server, or not any more. */
  strayed(): void;
  onError(error: unknown): void;
  /** How long a call may take. */
  readonly timeoutMs: number;
}

/** Calls that are under way at the same time while everything is subscribed. */
const CALLS_MAX = 64;

export class BusLink {
  readonly #deps: BusLinkDeps;
  #client: Redis;
  /** Everything is subscribed on the present connection. */
  #isReady = false;
  #readyAt = 0;
  readonly #waiting = new Set<() => void>();
  /** Wanted, and refused when it was subscribed. */
  readonly #missing = new Set<string>();
  #hasStrayed = false;
  #isAsking = false;
  #closed = false;

  constructor(deps: BusLinkDeps) {
    this.#deps = deps;
    this.#client = this.#open();
  }

  /** When everything was last subscribed anew, on the monotonic clock. */
  get readyAt(): number {
    return this.#readyAt;
  }

  get isReady(): boolean {
    return this.#isReady && this.#missing.size === 0;
  }

  /** Resolves when the server has confirmed; waits for the connection as long as a call may take. `StateUnavailable` else. */
  async subscribe(channels: readonly string[]): Promise<void> {
    if (this.#client.status !== 'ready') return this.#whenReady();
    const client = this.#client;
    await Promise.all(this.#deps.calls(channels).map((call) => this.#subscribeCall(client, call)));
  }

  /** Where there is no connection there is nothing to do. Never rejects. */
  async unsubscribe(channels: readonly string[]): Promise<void> {
    for (const channel of channels) this.#missing.delete(channel);
    if (this.#client.status !== 'ready') return;
    const calls = this.#deps.calls(channels).map((call) => this.#call(this.#client, 'sunsubscribe', call));
    await Promise.all(calls).catch((error: unknown) => this.#deps.onError(error));
  }

  /** Asks for a sign of life, without which the connection replaces itself, and again for what was refused. */
  tick(): void {
    if (this.#client.status !== 'ready') return;
    this.#client.ping().catch((error: unknown) => this.#deps.onError(error));
    if (!this.#isReady || this.#isAsking || (this.#missing.size === 0 && !this.#hasStrayed)) return;
    // What another server serves by now, or nobody wants any more, would be refused for ever.
    const wanted = this.#deps.wanted();
    const again = this.#hasStrayed ? wanted : wanted.filter((channel) => this.#missing.has(channel));
    this.#hasStrayed = false;
    this.#isAsking = true;
    void this.#subscribeAll(this.#client, again).then(() => {
      this.#isAsking = false;
    });
  }

  /** Makes the connection anew, whatever it looks like. */
  replace(): void {
    const old = this.#client;
    this.#client = this.#open();
    old.disconnect();
  }

  close(): void {
    this.#closed = true;
    this.#isReady = false;
    this.#client.disconnect();
  }

  #open(): Redis {
    this.#isReady = false;
    const client = this.#deps.open();
    const isOurs = (): boolean => client === this.#client && !this.#closed;
    client.on('error', (error: unknown) => this.#deps.onError(error));
    client.on('smessageBuffer', (channel: Buffer, bytes: Buffer) => {
      if (isOurs()) this.#deps.received(channel.toString('utf8'), bytes);
    });
    client.on('moved', () => {
      if (!isOurs()) return;
      // The server has let go of something and does not say what: all is asked for again once it is known who serves it.
      this.#hasStrayed = true;
      this.#deps.strayed();
    });
    client.on('close', () => {
      if (isOurs()) this.#isReady = false;
    });
    client.on('ready', () => {
      if (isOurs()) void this.#subscribeAll(client, this.#deps.wanted());
    });
    client.connect().catch(() => undefined); // told by its events, and tried again
    return client;
  }

  /** Never rejects: a connection that breaks begins anew, what is refused is asked for again. */
  async #subscribeAll(client: Redis, channels: readonly string[]): Promise<void> {
    const calls = this.#deps.calls(channels);
    this.#missing.clear();
    await sideBySide(calls, CALLS_MAX, (call) =>
      this.#subscribeCall(client, call).catch((error: unknown) => this.#deps.onError(error)),
    );
    if (client !== this.#client || client.status !== 'ready' || this.#closed) return;
    this.#isReady = true;
    this.#readyAt = performance.now();
    if (this.#missing.size > 0) return;
    for (const done of this.#waiting) done();
    this.#deps.ready();
  }

  /** What is refused is asked for again, as long as it is wanted. */
  async #subscribeCall(client: Redis, channels: string[]): Promise<void> {
    try {
      await this.#call(client, 'ssubscribe', channels);
    } catch (error) {
      if (client === this.#client) for (const channel of channels) this.#missing.add(channel);
      throw error;
    }
  }

  async #call(client: Redis, method: 'ssubscribe' | 'sunsubscribe', channels: string[]): Promise<void> {
    try {
      await inTime(client[method](...channels), this.#deps.timeoutMs);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (REDIRECTED.test(message)) this.#deps.strayed();
      throw error instanceof StateUnavailable ? error : new StateUnavailable(message, { cause: error });
    }
  }

  /** Who waits no longer is forgotten, however long the connection is away. */
  #whenReady(): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (outcome: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        outcome();
      };
      const late = new StateUnavailable('the connection for subscriptions is down');
      const timer = setTimeout(() => settle(() => reject(late)), this.#deps.timeoutMs);
      const done = (): void => settle(resolve);
      this.#waiting.add(done);
    });
  }
}
