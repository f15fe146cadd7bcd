/**
 * One WebSocket: requests with their answers, notifications, and how it ends. Logging in, and what comes after the end,
 * is left to the connector.
 */
import type { Input, RequestName, Result } from '../../protocol/catalogue.ts';
import { createCodec, subprotocols, type Codec, type Format, type Message } from '../../protocol/wire/codec.ts';
import { defaultLimits, type Limits } from '../../protocol/params/limits.ts';
import type { Value } from '../../protocol/params/values.ts';
import { timerMs } from './backoff.ts';
import { abnormal } from './life-cycle.ts';
import { encodeRequest } from '../encoding/encoding.ts';
import { requests } from '../manifest.ts';
import { localError, toRequestError, type Outcome } from '../request-error.ts';
import type { EndEvent, FrameEvent, WebSocketConstructor, WebSocketLike } from './web-socket.ts';

/** Sees every frame, before it is sent or looked at. */
export type FrameListener = (direction: 'in' | 'out', data: Uint8Array | string) => void;

export interface LinkOptions {
  readonly format: Format;
  readonly WebSocket: WebSocketConstructor;
  /** How long to wait for the socket to open, and for answers. */
  readonly requestTimeoutMs: number;
  readonly onFrame: FrameListener | undefined;
}

export interface LinkOwner {
  opened(link: Link): void;
  notified(link: Link, name: string, params: readonly Value[]): void;
  /** Called once, whoever ended it; before the requests without an answer are settled. */
  ended(link: Link, code: number, reason: string): void;
}

interface Pending {
  readonly timer: ReturnType<typeof setTimeout>;
  readonly settle: (outcome: Outcome<Value>) => void;
}

const utf8 = new TextEncoder();
/** How long a connection that may be dead is waited for. */
const checkMs = 5_000;
/** Request ids go on across the links of a process, so that one id in a log means one request. */
let lastId = 0;

/**
 * Guarantees: answers and notifications are handed over in the order of the wire, each before the next one is looked at;
 * every request is settled exactly once; after `end` nothing is handed over any more.
 */
export class Link {
  readonly #options: LinkOptions;
  readonly #owner: LinkOwner;
  readonly #codec: Codec;
  readonly #socket: WebSocketLike;
  readonly #pending = new Map<number, Pending>();
  #openTimer: ReturnType<typeof setTimeout> | undefined;
  #pulse: ReturnType<typeof setInterval> | undefined;
  /** Half beats since anything was heard. */
  #silence = 0;
  #heard = 0;
  #isChecking = false;
  #ended = false;
  /** The service's own, once it has told them. */
  limits: Limits = defaultLimits;
  /** Requests sent so far that may have changed something. */
  writes = 0;

  constructor(url: string, options: LinkOptions, owner: LinkOwner) {
    const { format, requestTimeoutMs } = options;
    this.#options = options;
    this.#owner = owner;
    this.#codec = createCodec(format, { accept: 'replies' });
    const protocols = Object.entries(subprotocols).flatMap(([name, of]) => (of === format ? [name] : []));
    const socket = new options.WebSocket(url, protocols);
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    this.#openTimer = setTimeout(() => this.end(abnormal, 'could not connect in time'), timerMs(requestTimeoutMs));
    socket.onopen = () => {
      clearTimeout(this.#openTimer);
      owner.opened(this);
    };
    socket.onmessage = ({ data }: FrameEvent) => this.#receive(data);
    socket.onclose = ({ code, reason }: EndEvent) => this.end(code, reason);
    // The close that follows says all there is to say; without a handler `ws` would throw.
    socket.onerror = () => undefined;
  }

  /** Sends a request. `settle` is called once, in this turn only if the request cannot be sent. */
  call<N extends RequestName>(
    name: N,
    input: Input<N>,
    settle: (outcome: Outcome<Result<N>>) => void,
    timeoutMs: number = this.#options.requestTimeoutMs,
  ): void {
    if (this.#ended) return settle({ ok: false, error: localError('unavailable', 'The connection is lost.') });
    const id = (lastId = (lastId + 1) >>> 0);
    const frame = encodeRequest(this.#codec, id, name, input, this.limits);
    if (!frame.ok) return settle(frame);
    const timer = setTimeout(() => {
      this.#pending.delete(id);
      settle({ ok: false, error: localError('timeout', `No answer to ${name} within ${timeoutMs} ms.`) });
    }, timerMs(timeoutMs));
    // Bytes become values here: the result of a request is what the catalogue says.
    const typed = (outcome: Outcome<Value>): void => settle(outcome as Outcome<Result<N>>);
    this.#pending.set(id, { timer, settle: typed });
    if (requests[name]?.reads !== true) this.writes += 1;
    this.#options.onFrame?.('out', frame.value);
    this.#socket.send(frame.value);
  }

  /**
   * Ends the link if nothing is heard for twice `heartbeatMs`. Browsers show no pings, so after one silent beat the client
   * asks for a sign of life.
   */
  watch(heartbeatMs: number): void {
    let lastMs = Date.now();
    this.#pulse = setInterval(() => {
      const nowMs = Date.now();
      // The machine has slept, or the page: who knows what was missed.
      if (nowMs - lastMs > heartbeatMs) this.check();
      lastMs = nowMs;
      this.#silence += 1;
      if (this.#silence === 2) this.call('ping', {}, () => undefined);
      if (this.#silence === 4) this.end(abnormal, 'nothing heard from the service');
    }, heartbeatMs / 2);
  }

  /** Asks for a sign of life, and ends the link if none comes soon. */
  check(): void {
    if (this.#isChecking) return;
    this.#isChecking = true;
    const heard = this.#heard;
    const timeoutMs = Math.min(checkMs, this.#options.requestTimeoutMs);
    const answered = (): void => {
      this.#isChecking = false;
      if (this.#heard === heard) this.end(abnormal, 'nothing heard after a sleep');
    };
    this.call('ping', {}, answered, timeoutMs);
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  /** Closes the socket, without waiting for the other side. Calling it again does nothing. */
  end(code: number, reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#openTimer);
    clearInterval(this.#pulse);
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close(1000);
    this.#owner.ended(this, code, reason);
    for (const { timer, settle } of this.#pending.values()) {
      clearTimeout(timer);
      settle({ ok: false, error: localError('unavailable', `Lost before the answer: ${code} ${reason}`.trimEnd()) });
    }
    this.#pending.clear();
  }

  #receive(data: unknown): void {
    this.#silence = 0;
    this.#heard += 1;
    // Bytes become values here: with `arraybuffer` set, what is not text is an ArrayBuffer.
    const frame = typeof data === 'string' ? data : new Uint8Array(data as ArrayBuffer);
    this.#options.onFrame?.('in', frame);
    const isText = typeof frame === 'string';
    if (isText !== (this.#codec.format === 'json')) return this.end(abnormal, 'a frame of the wrong kind');
    const { messages, malformed } = this.#codec.decodeFrame(isText ? utf8.encode(frame) : frame);
    for (const message of messages) {
      // What comes before may have ended the link.
      if (!this.#ended) this.#take(message);
    }
    if (malformed !== undefined) this.end(abnormal, `malformed frame: ${malformed}`);
  }

  #take(message: Message): void {
    if (message.type === 2) return this.#owner.notified(this, message.method, message.params);
    if (message.type !== 1) return;
    const pending = this.#pending.get(message.id);
    // The answer to a request that was given up.
    if (pending === undefined) return;
    this.#pending.delete(message.id);
    clearTimeout(pending.timer);
    const { error, result } = message;
    pending.settle(error === null ? { ok: true, value: result } : { ok: false, error: toRequestError(error) });
  }
}
