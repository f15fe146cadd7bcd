/**
 * One WebSocket: sending, ending, and knowing when it is gone. The only file that touches a socket after its upgrade;
 * using one after its close throws, so every use is behind `open`. Who is on it is the client socket's matter.
 */
import type { WebSocket } from 'uWebSockets.js';
import { closeCodes, type CloseName } from '../protocol/wire/close-codes.ts';
import type { Codec } from '../protocol/wire/codec.ts';
import { JointFrame, transcodeToJson, type AnyFrame } from '../protocol/wire/frame.ts';
import { storedNotification, type StoredResult } from '../protocol/wire/stored.ts';
import type { Value, ValueMap } from '../protocol/params/values.ts';
import type { Backlog, Lag } from './limits/backlog.ts';

/** How long a reader may be behind by more than the soft mark. */
const BEHIND_MS = 3000;

/** In soft marks, of which two may be queued: a reader that is so far behind is ended at once. */
const LAST_MARK = 1.5;

export class Connection {
  readonly #ws: WebSocket<unknown>;
  readonly codec: Codec;
  readonly socketId: string;
  /** Of the client, as far as trusted proxies tell it; in its one spelling. */
  readonly address: string;
  readonly openedAt: number;
  readonly #backlog: Backlog;
  #open = true;
  #ending: CloseName | undefined;
  /** Since when more than the soft mark is unread; 0: it is not. */
  #behindSince = 0;
  #endReason: string | undefined;

  constructor(ws: WebSocket<unknown>, codec: Codec, socketId: string, address: string, backlog: Backlog) {
    this.#ws = ws;
    this.codec = codec;
    this.socketId = socketId;
    this.address = address;
    this.openedAt = performance.now();
    this.#backlog = backlog;
  }

  get open(): boolean {
    return this.#open;
  }

  get bufferedBytes(): number {
    return this.#open ? this.#ws.getBufferedAmount() : 0;
  }

  /** How far it is behind, or, where it `was` as far, still is: until half of that is read. */
  lag(was: Lag, bufferedBytes: number = this.bufferedBytes): Lag {
    return this.#backlog.lagOf(bufferedBytes, was);
  }

  /** Called by the gateway's close handler, in which the native socket is already dead. */
  markClosed(): void {
    this.#open = false;
  }

  /** Sends what was made once for many. */
  sendFrame(frame: AnyFrame): void {
    const isJoint = frame instanceof JointFrame;
    if (this.codec.format === 'json') this.#send(isJoint ? frame.text : transcodeToJson(frame));
    else this.#send(isJoint ? frame.packed : frame);
  }

  notify(name: string, params: readonly Value[]): void {
    this.#send(this.codec.encodeNotification(name, params));
  }

  /** The same of one whose last param is in parts as they are stored. */
  notifyStored(name: string, leading: readonly Value[], last: StoredResult<Value>): void {
    this.#send(storedNotification(this.codec.format, name, leading, last));
  }

  /** A WebSocket ping behind all that was sent: its pong carries the turn, and those of the library carry nothing. */
  ping(turn: number): void {
    if (this.#open) this.#ws.ping(String(turn));
  }

  /** Returns the size of the response. */
  respond(id: number, error: ValueMap | null, result: Value | StoredResult<Value>): number {
    const response = this.codec.encodeResponse(id, error, result);
    this.#send(response);
    return response.length;
  }

  /** What is sent within goes out in as few writes as possible. */
  cork(send: () => void): void {
    if (this.#open) this.#ws.cork(send);
  }

  subscribe(topic: string): void {
    if (this.#open) this.#ws.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    if (this.#open) this.#ws.unsubscribe(topic);
  }

  /** To the other subscribers of a native topic. */
  publish(topic: string, data: Uint8Array | string, isBinary: boolean): boolean {
    return this.#open && this.#ws.publish(topic, data, isBinary);
  }

  /** What the close frame of this side said, once there is one. */
  get endReason(): string | undefined {
    return this.#endReason;
  }

  /** Closes with a declared code, behind everything that is queued. A close frame has 123 bytes for the reason. */
  end(name: CloseName, reason: string = closeCodes[name].reason): void {
    if (!this.#open) return;
    this.#endReason ??= reason;
    this.#ws.end(closeCodes[name].code, reason);
  }

  /** The same where a name has many causes: both are told. */
  endBecause(name: CloseName, because: string | undefined): void {
    const { reason } = closeCodes[name];
    this.end(name, because === undefined ? reason : `${reason}: ${because}`);
  }

  /** Closes at once; the peer sees 1006. */
  cut(): void {
    if (this.#open) this.#ws.close();
  }

  /** Ends the connection when the response under way has been sent. */
  endAfterResponse(name: CloseName): void {
    this.#ending = name;
  }

  finishEnd(): void {
    if (this.#ending !== undefined) this.end(this.#ending);
  }

  /**
   * Ends a reader that is slow: one that has left more than the soft mark unread for a while, or so much that what comes
   * next may not find room. It still gets what is queued before. That one answer is large makes nobody slow.
   */
  endIfSlow(bufferedBytes: number = this.bufferedBytes): boolean {
    const { softMarkBytes } = this.#backlog;
    if (bufferedBytes <= softMarkBytes) {
      this.#behindSince = 0;
      return false;
    }
    const now = performance.now();
    if (this.#behindSince === 0) this.#behindSince = now;
    if (now - this.#behindSince < BEHIND_MS && bufferedBytes <= softMarkBytes * LAST_MARK) return false;
    this.end('slowConsumer');
    return true;
  }

  #send(data: Uint8Array | string): void {
    if (!this.#open) return;
    this.#backlog.hasTraffic = true;
    // 1: sent; 0: queued by the kernel's refusal; 2: dropped, for which the gateway's handler cuts the connection.
    if (this.#ws.send(data, typeof data !== 'string') !== 1) this.endIfSlow();
  }
}
