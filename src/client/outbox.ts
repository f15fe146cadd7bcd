/**
 * Messages on their way to rooms: one at a time per room, each repeated under the same `clientMessageId` until the service
 * has answered for good. Whether a room can be posted to at the moment is left to the rooms.
 */
import { normaliseName } from '../protocol/names.ts';
import type { ValueMap } from '../protocol/values.ts';
import { deferred, type Deferred } from './deferred.ts';
import type { Link } from './link.ts';
import { localError, type Outcome, type RequestError } from './request-error.ts';

export interface PostOptions {
  /** Unique per author and room; a random one when left out. */
  readonly clientMessageId?: string;
  /** After this time without an acknowledgement the post fails with `timeout`; it may have been stored. */
  readonly giveUpAfterMs?: number;
}

interface Post {
  readonly roomName: string;
  readonly message: ValueMap;
  readonly clientMessageId: string;
  readonly waiter: Deferred<number>;
  /** Ends the post at `giveUpAfterMs`. */
  deadline: ReturnType<typeof setTimeout> | undefined;
  /** Set while a temporary error is waited out. */
  retry: ReturnType<typeof setTimeout> | undefined;
  sending: boolean;
  /** When it may have been stored for the first time. */
  sentMs: number | undefined;
}

/** What the protocol advises where an error names no time. */
const retryMs = 1_000;
/** The service knows a repeat for 5 minutes; later it would store the message twice. The rest is a margin. */
const repeatWithinMs = 270_000;

export class Outbox {
  readonly #settled: (roomName: string) => boolean;
  readonly #queues = new Map<string, Post[]>();
  readonly #idPrefix = randomText();
  #lastId = 0;
  #link: Link | undefined;
  #ended: RequestError | undefined;

  /** `settled`: whether posting to the room makes sense now; `advance` is to be called when that changes. */
  constructor(settled: (roomName: string) => boolean) {
    this.#settled = settled;
  }

  post(roomName: string, message: ValueMap, options: PostOptions = {}): Promise<number> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const post: Post = {
      roomName: normaliseName(roomName),
      message,
      clientMessageId: options.clientMessageId ?? `${this.#idPrefix}-${(this.#lastId += 1)}`,
      waiter: deferred(),
      deadline: undefined,
      retry: undefined,
      sending: false,
      sentMs: undefined,
    };
    if (options.giveUpAfterMs !== undefined) {
      post.deadline = setTimeout(() => this.#finish(post, { ok: false, error: gaveUp() }), options.giveUpAfterMs);
    }
    const queue = this.#queues.get(post.roomName);
    if (queue === undefined) this.#queues.set(post.roomName, [post]);
    else queue.push(post);
    this.advance(post.roomName);
    return post.waiter.promise;
  }

  connected(link: Link): void {
    this.#link = link;
    for (const roomName of Array.from(this.#queues.keys())) this.advance(roomName);
  }

  disconnected(): void {
    this.#link = undefined;
    for (const [post] of this.#queues.values()) {
      if (post === undefined) continue;
      post.sending = false;
      clearTimeout(post.retry);
      post.retry = undefined;
    }
  }

  closed(error: RequestError): void {
    this.#ended = error;
    this.#link = undefined;
    for (const post of [...this.#queues.values()].flat()) this.#finish(post, { ok: false, error });
  }

  /** Sends the room's first message, if there is one and it can go now. */
  advance(roomName: string): void {
    const [post] = this.#queues.get(roomName) ?? [];
    const link = this.#link;
    if (post === undefined || link === undefined || post.sending || post.retry !== undefined) return;
    if (!this.#settled(roomName)) return;
    const nowMs = performance.now();
    post.sentMs ??= nowMs;
    if (nowMs - post.sentMs > repeatWithinMs) return this.#finish(post, { ok: false, error: gaveUp() });
    post.sending = true;
    const { message, clientMessageId } = post;
    link.call('roomMessage', { roomName, message, options: { clientMessageId } }, (outcome) => {
      if (this.#link === link && post.sending) this.#answered(post, outcome);
    });
  }

  #answered(post: Post, outcome: Outcome<number | null>): void {
    post.sending = false;
    if (outcome.ok) {
      const id = outcome.value;
      const error = localError('internalError', 'The service gave the message no id.');
      return this.#finish(post, id === null ? { ok: false, error } : { ok: true, value: id });
    }
    if (!outcome.error.temporary) return this.#finish(post, outcome);
    const delayMs = outcome.error.retryAfterMs ?? retryMs;
    post.retry = setTimeout(() => {
      post.retry = undefined;
      this.advance(post.roomName);
    }, delayMs);
  }

  #finish(post: Post, outcome: Outcome<number>): void {
    const { roomName, waiter } = post;
    clearTimeout(post.deadline);
    clearTimeout(post.retry);
    post.sending = false;
    const queue = (this.#queues.get(roomName) ?? []).filter((other) => other !== post);
    if (queue.length === 0) this.#queues.delete(roomName);
    else this.#queues.set(roomName, queue);
    if (outcome.ok) waiter.resolve(outcome.value);
    else waiter.reject(outcome.error);
    this.advance(roomName);
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
