/**
 * Messages on their way to rooms: one at a time per room and a bounded number in all, each repeated under the same
 * `clientMessageId` until the service has answered for good. Whether a room can be posted to at the moment is left to the rooms.
 */
import { defaultLimits, type Limits } from '../../protocol/params/limits.ts';
import { normaliseName } from '../../protocol/names/form.ts';
import { isMap, type ValueMap } from '../../protocol/params/values.ts';
import { repeatDelayMs, timerMs } from '../connection/backoff.ts';
import { deferred, type Deferred } from '../connection/deferred.ts';
import { badArgument, toParam } from '../encoding/encoding.ts';
import type { Link } from '../connection/link.ts';
import type { Core } from '../core.ts';
import { localError, type Outcome, type RequestError } from '../request-error.ts';

export interface PostOptions {
  /** Unique per author and room; a random one when left out. */
  readonly clientMessageId?: string;
  /** After this time without an acknowledgement the post fails with `timeout`; it may have been stored. */
  readonly giveUpAfterMs?: number;
}

interface Post {
  roomName: string;
  readonly message: ValueMap;
  readonly clientMessageId: string;
  readonly waiter: Deferred<number>;
  /** Ends the post at `giveUpAfterMs`. */
  deadline: ReturnType<typeof setTimeout> | undefined;
  /** Set while a temporary error is waited out. */
  retry: ReturnType<typeof setTimeout> | undefined;
  sending: boolean;
  /** Temporary errors in a row. */
  failures: number;
  /** When it may have been stored for the first time. */
  sentMs: number | undefined;
}

/** Messages to different rooms under way at once, at most. */
const windowMax = 16;
/** How long all rooms wait where one message came too soon: it may be that room alone (slow mode), or the user. */
const pauseMaxMs = 1_000;
/** The service knows a repeat for 5 minutes; later it would store the message twice. The rest is a margin. */
const repeatWithinMs = 270_000;

export class Outbox {
  readonly #settled: (roomName: string) => boolean;
  readonly #queues = new Map<string, Post[]>();
  readonly #idPrefix = randomText();
  #lastId = 0;
  #link: Link | undefined;
  #limits: Limits = defaultLimits;
  #windowMax = windowMax;
  #window = windowMax;
  #sending = 0;
  #advancing = false;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #ended: RequestError | undefined;

  /** `settled`: whether posting to the room makes sense now; `advance` is to be called where that changes. */
  constructor(core: Core, settled: (roomName: string) => boolean) {
    this.#settled = settled;
    core.onLogin((link) => this.#connected(link));
    core.onLoss(() => this.#disconnected());
    core.onClose((error) => this.#closed(error));
  }

  post(roomName: string, message: ValueMap, options: PostOptions = {}): Promise<number> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const checked = this.#check(roomName, message, options.clientMessageId);
    if (!checked.ok) return Promise.reject(checked.error);
    const post: Post = {
      roomName: normaliseName(roomName, this.#limits),
      message: checked.value,
      clientMessageId: options.clientMessageId ?? `${this.#idPrefix}-${(this.#lastId += 1)}`,
      waiter: deferred(),
      deadline: undefined,
      retry: undefined,
      sending: false,
      failures: 0,
      sentMs: undefined,
    };
    if (options.giveUpAfterMs !== undefined) {
      const gave = (): void => this.#finish(post, { ok: false, error: gaveUp() });
      post.deadline = setTimeout(gave, timerMs(options.giveUpAfterMs));
    }
    const queue = this.#queues.get(post.roomName);
    if (queue === undefined) this.#queues.set(post.roomName, [post]);
    else queue.push(post);
    this.advance();
    return post.waiter.promise;
  }

  #connected(link: Link): void {
    this.#link = link;
    this.#adopt(link.limits);
    // Half of what the service does at once is left for everything else.
    this.#windowMax = Math.max(1, Math.min(windowMax, Math.floor(link.limits.requestsInFlight / 2)));
    this.#window = Math.min(this.#window, this.#windowMax);
    this.advance();
  }

  /** Waits go on: what the service asked for may outlive the connection. */
  #disconnected(): void {
    this.#link = undefined;
    this.#sending = 0;
    for (const [post] of this.#queues.values()) if (post !== undefined) post.sending = false;
  }

  #closed(error: RequestError): void {
    this.#ended = error;
    this.#link = undefined;
    clearTimeout(this.#pause);
    for (const post of [...this.#queues.values()].flat()) this.#finish(post, { ok: false, error });
  }

  /** Sends the first messages of rooms, as many as can go now. To be called when a room can be posted to again. */
  advance(): void {
    // What is refused before it is sent comes back here at once; the loop goes on to what follows it by itself.
    if (this.#advancing) return;
    this.#advancing = true;
    for (const [roomName, [post]] of this.#queues) {
      if (this.#link === undefined || this.#pause !== undefined || this.#sending >= this.#window) break;
      if (post === undefined || post.sending || post.retry !== undefined || !this.#settled(roomName)) continue;
      this.#send(this.#link, post);
    }
    this.#advancing = false;
  }

  /** The message as it will travel, a copy: what is refused is refused now, and what is queued stays as it was. */
  #check(roomName: string, message: ValueMap, clientMessageId: unknown): Outcome<ValueMap> {
    const { depth, clientMessageIdLength } = this.#limits;
    const names = toParam('roomMessage', 0, roomName, depth);
    if (!names.ok) return names;
    const refuse = (index: number, what: string): Outcome<ValueMap> => ({
      ok: false,
      error: badArgument('roomMessage', index, what),
    });
    if (typeof names.value !== 'string') return refuse(0, 'not a string');
    const value = toParam('roomMessage', 1, message, depth);
    if (!value.ok) return value;
    if (!isMap(value.value)) return refuse(1, 'not a map');
    if (clientMessageId === undefined) return { ok: true, value: value.value };
    if (typeof clientMessageId !== 'string' || !clientMessageId.isWellFormed()) {
      return refuse(2, 'a clientMessageId that is not a well-formed string');
    }
    if (clientMessageId.length > clientMessageIdLength) {
      return refuse(2, `a clientMessageId of more than ${clientMessageIdLength} characters`);
    }
    return { ok: true, value: value.value };
  }

  #send(link: Link, post: Post): void {
    const nowMs = performance.now();
    post.sentMs ??= nowMs;
    if (nowMs - post.sentMs > repeatWithinMs) return this.#finish(post, { ok: false, error: gaveUp() });
    post.sending = true;
    this.#sending += 1;
    const { roomName, message, clientMessageId } = post;
    link.call('roomMessage', { roomName, message, options: { clientMessageId } }, (outcome) => {
      if (this.#link !== link) return;
      this.#sending -= 1;
      // Given up meanwhile.
      if (post.sending) this.#answered(post, outcome);
      this.advance();
    });
  }

  /** What waits goes under the names that its rooms have by the service's rule. */
  #adopt(limits: Limits): void {
    const isNew = limits.names !== this.#limits.names;
    this.#limits = limits;
    if (!isNew) return;
    const posts = [...this.#queues.values()].flat();
    this.#queues.clear();
    for (const post of posts) {
      post.roomName = normaliseName(post.roomName, limits);
      this.#queues.set(post.roomName, [...(this.#queues.get(post.roomName) ?? []), post]);
    }
  }

  #answered(post: Post, outcome: Outcome<number | null>): void {
    post.sending = false;
    if (outcome.ok) {
      const id = outcome.value;
      this.#window = Math.min(this.#windowMax, this.#window + 1);
      const error = localError('internalError', 'The service gave the message no id.');
      return this.#finish(post, id === null ? { ok: false, error } : { ok: true, value: id });
    }
    if (!outcome.error.temporary) return this.#finish(post, outcome);
    const delayMs = repeatDelayMs(outcome.error, post.failures);
    post.failures += 1;
    post.retry = setTimeout(() => {
      post.retry = undefined;
      this.advance();
    }, delayMs);
    if (outcome.error.code === 'tooManyRequests') this.#slowDown(Math.min(delayMs, pauseMaxMs));
  }

  /** Begins again with one message at a time, after a wait. */
  #slowDown(delayMs: number): void {
    this.#window = 1;
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      this.advance();
    }, delayMs);
  }

  #finish(post: Post, outcome: Outcome<number>): void {
    const { roomName, waiter } = post;
    clearTimeout(post.deadline);
    clearTimeout(post.retry);
    post.sending = false;
    const queue = (this.#queues.get(roomName) ?? []).filter((other) => other !== post);
    // Its turn comes after the other rooms'.
    this.#queues.delete(roomName);
    if (queue.length > 0) this.#queues.set(roomName, queue);
    if (outcome.ok) waiter.resolve(outcome.value);
    else waiter.reject(outcome.error);
    this.advance();
  }
}

function gaveUp(): RequestError {
  return localError('timeout', 'The message was not acknowledged in time; it may have been stored.');
}

/** 64 random bits. */
function randomText(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
