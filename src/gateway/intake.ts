/**
 * What comes in on one connection: frames to messages, as many at a time as the limits say, in order, the login first.
 * Whatever is too much is refused or ends the connection; nothing piles up.
 */
import type { CloseName } from '../protocol/close-codes.ts';
import { fail } from '../protocol/errors.ts';
import type { Limits } from '../protocol/limits.ts';
import type { Connection } from './connection.ts';
import type { Dispatcher, LoginAttempt, RequestLike } from './dispatcher.ts';
import { Bucket } from './rate.ts';
import type { Session } from './session.ts';

export interface IntakeLimits {
  readonly limits: Limits;
  readonly perSecond: number;
  readonly burst: number;
}

/** How long a connection that is to be closed may finish what it had asked for. */
const FINISH_MS = 2000;
const QUEUE_PER_SLOT = 4;
/** Frames of the largest size that may wait. */
const QUEUE_FRAMES = 4;

/** A request that waits for a slot, and its share of the frame it came in. */
interface Waiting {
  readonly message: RequestLike;
  readonly bytes: number;
}

export class Intake {
  readonly connection: Connection;
  /** Who is on it, once logged in. */
  session: Session | undefined;
  readonly #dispatcher: Dispatcher;
  readonly #options: IntakeLimits;
  readonly #bucket: Bucket;
  /** Refusals are free up to a point: who goes on after that many is ended. */
  #patience: Bucket | undefined;
  #queue: Waiting[] = [];
  #queuedBytes = 0;
  #running = 0;
  #state: 'guest' | 'login' | 'user' | 'finishing' = 'guest';
  #finishTimer: NodeJS.Timeout | undefined;
  #finishWith: CloseName = 'protocolError';

  constructor(connection: Connection, dispatcher: Dispatcher, options: IntakeLimits) {
    const now = performance.now();
    this.connection = connection;
    this.#dispatcher = dispatcher;
    this.#options = options;
    this.#bucket = new Bucket(options.perSecond, options.burst, now);
  }

  get guest(): boolean {
    return this.#state === 'guest' || this.#state === 'login';
  }

  get idle(): boolean {
    return this.#running === 0 && this.#queue.length === 0;
  }

  /** A frame as it arrived; its bytes are not used after this call. */
  frame(data: ArrayBuffer, isBinary: boolean): void {
    if (this.#state === 'finishing') return;
    if (data.byteLength > this.#options.limits.frameBytes) return this.connection.end('frameTooLarge');
    if (isBinary !== (this.connection.codec.format === 'msgpack')) return this.finish('protocolError');
    const { messages, malformed } = this.connection.codec.decodeFrame(new Uint8Array(data));
    const bytes = data.byteLength / Math.max(1, messages.length);
    for (const message of messages) if (message.type !== 1) this.#accept({ message, bytes });
    if (malformed !== undefined) this.finish('protocolError');
  }

  /** Logs in by the token that came with the upgrade. */
  bearer(token: string): void {
    this.#login({ bearer: token });
  }

  closed(): void {
    clearTimeout(this.#finishTimer);
    this.#queue = [];
  }

  #accept(waiting: Waiting): void {
    const { message, bytes } = waiting;
    if (!this.connection.open) return;
    const waitMs = this.#bucket.take(performance.now());
    const { requestsInFlight, frameBytes } = this.#options.limits;
    const full =
      this.#queue.length >= requestsInFlight * QUEUE_PER_SLOT || this.#queuedBytes + bytes > frameBytes * QUEUE_FRAMES;
    if (waitMs === 0 && !full) {
      this.#queue.push(waiting);
      this.#queuedBytes += bytes;
      this.#pump();
      return;
    }
    this.#dispatcher.refuse(this.connection, message, fail('tooManyRequests', [], Math.max(waitMs, 10)));
    const now = performance.now();
    this.#patience ??= new Bucket(this.#options.perSecond, this.#options.burst, now);
    if (this.#patience.take(now) > 0) this.connection.end('tooManyRequests');
  }

  #pump(): void {
    while (this.#queue.length > 0 && this.#running < this.#options.limits.requestsInFlight && this.#state !== 'login') {
      const waiting = this.#queue.shift();
      if (waiting === undefined) return;
      this.#queuedBytes -= waiting.bytes;
      const { message } = waiting;
      const { session } = this;
      if (session !== undefined) void this.#track(this.#dispatcher.run(session, message));
      else if (message.method === 'login') this.#login({ message });
      else this.#dispatcher.refuse(this.connection, message, fail('noLogin'));
    }
    if (this.#state === 'finishing' && this.idle) this.connection.end(this.#finishWith);
  }

  #login(attempt: LoginAttempt): void {
    this.#state = this.#state === 'finishing' ? 'finishing' : 'login';
    const adopt = (session: Session): void => {
      this.session = session;
    };
    const done = this.#dispatcher.login(this.connection, attempt, adopt).then(() => {
      if (this.#state === 'login') this.#state = 'user';
    });
    void this.#track(done);
  }

  async #track(work: Promise<void>): Promise<void> {
    this.#running++;
    await work;
    this.#running--;
    if (this.connection.open) this.#pump();
  }

  /** Nothing more is read: what has come is answered, in bounded time, then the connection is closed. */
  finish(name: CloseName): void {
    if (this.#state === 'finishing') return;
    const waiting = this.#state === 'login';
    this.#state = 'finishing';
    this.#finishWith = name;
    if (this.idle) return this.connection.end(name);
    if (!waiting) this.#pump();
    this.#finishTimer = setTimeout(() => this.connection.end(name), FINISH_MS);
  }
}
