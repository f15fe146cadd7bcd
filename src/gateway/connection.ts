/**
 * One WebSocket: sending, ending, and knowing when it is gone. The only file that touches a socket after its upgrade;
 * using one after its close throws, so every use is behind `open`. Who is on it is the session's matter.
 */
import type { WebSocket } from 'uWebSockets.js';
import { closeCodes, type CloseName } from '../protocol/close-codes.ts';
import type { Codec } from '../protocol/codec.ts';
import { transcodeToJson } from '../protocol/frame.ts';
import type { Value, ValueMap } from '../protocol/values.ts';

export class Connection {
  readonly #ws: WebSocket<unknown>;
  readonly codec: Codec;
  readonly socketId: string;
  readonly openedAt: number;
  readonly #softMark: number;
  #open = true;
  #ending: CloseName | undefined;

  constructor(ws: WebSocket<unknown>, codec: Codec, socketId: string, softMarkBytes: number) {
    this.#ws = ws;
    this.codec = codec;
    this.socketId = socketId;
    this.openedAt = performance.now();
    this.#softMark = softMarkBytes;
  }

  get open(): boolean {
    return this.#open;
  }

  get bufferedBytes(): number {
    return this.#open ? this.#ws.getBufferedAmount() : 0;
  }

  /** Called by the gateway's close handler, in which the native socket is already dead. */
  markClosed(): void {
    this.#open = false;
  }

  /** Sends a notification made once for many. */
  sendFrame(frame: Uint8Array): void {
    if (this.codec.format === 'json') this.#send(transcodeToJson(frame));
    else this.#send(frame);
  }

  notify(name: string, params: readonly Value[]): void {
    this.#send(this.codec.encodeNotification(name, params));
  }

  respond(id: number, error: ValueMap | null, result: Value): void {
    this.#send(this.codec.encodeResponse(id, error, result));
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

  /** Closes with a declared code, behind everything that is queued. */
  end(name: CloseName, reason: string = closeCodes[name].reason): void {
    if (!this.#open) return;
    this.#ws.end(closeCodes[name].code, reason);
  }

  /** Closes at once; the peer sees 1006. */
  cut(): void {
    if (this.#open) this.#ws.close();
  }

  /** Ends the connection when the response under way has been sent. */
  endAfterResponse(name: CloseName): void {
    this.#ending = name;
  }

  settleEnd(): void {
    if (this.#ending !== undefined) this.end(this.#ending);
  }

  /** A reader that lets half of what may be queued pile up is ended; it still gets what is queued before. */
  endIfSlow(bufferedBytes: number = this.bufferedBytes): boolean {
    if (bufferedBytes <= this.#softMark) return false;
    this.end('slowConsumer');
    return true;
  }

  #send(data: Uint8Array | string): void {
    if (!this.#open) return;
    // 1: sent; 0: queued by the kernel's refusal; 2: dropped, for which the gateway's handler cuts the connection.
    if (this.#ws.send(data, typeof data !== 'string') !== 1) this.endIfSlow();
  }
}
