// One raw connection of the load generator: it steps over WebSocket frames and has the wire look at the first few bytes of
// each payload, which tell a response from a room message. Nothing is decoded; what to send when is up to the pools.
import { connect, type Socket } from 'node:net';
import { pong } from './frames.ts';
import { rpc, type Wire } from './wire.ts';

export interface LinkListener {
  upgraded(link: Link): void;
  response(link: Link, id: number, ok: boolean): void;
  /** A room message, the whole of it in `bytes` up to `end`. */
  message(link: Link, bytes: Buffer, end: number): void;
  /** Another notification, by the head byte of its name; what it carries may be yet to come. */
  notice?(link: Link, nameHead: number): void;
  /** It ended, though nobody here asked for it. */
  lost(link: Link, why: string): void;
}

const NOTHING = Buffer.alloc(0);
/** All reads go here: each is used up before the next one begins. */
const incoming = Buffer.allocUnsafe(256 * 1024);

const CLOSE = 0x88;
const PING = 0x89;
/** Frames of up to that many bytes are waited for whole, and of others so much; no message of a generator is longer. */
const WHOLE_BYTES = 512;

export interface LinkPlace {
  /** How the system is spoken to; as the service when left out. */
  readonly wire?: Wire;
  /** The loopback address to connect from: the ports of one do for some 28,000 connections to one server. */
  readonly localAddress?: string;
}

export class Link {
  readonly index: number;
  readonly #wire: Wire;
  readonly #listener: LinkListener;
  readonly #socket: Socket;
  /** A frame's start that was cut off by the end of a read. */
  #carried: Buffer = NOTHING;
  /** Payload bytes still to come that are of no interest. */
  #skip = 0;
  #upgraded = false;
  #ended = false;

  constructor(index: number, port: number, listener: LinkListener, place: LinkPlace = {}) {
    const { wire = rpc, ...from } = place;
    this.index = index;
    this.#wire = wire;
    this.#listener = listener;
    const callback = (length: number): boolean => {
      this.#read(incoming, length);
      return true;
    };
    const onread = { buffer: incoming, callback };
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true, onread, ...from });
    this.#socket.on('connect', () => this.#socket.write(wire.upgrade(port)));
    this.#socket.on('error', (error) => this.#lose(error.message));
    this.#socket.on('close', () => this.#lose('closed'));
  }

  send(frame: Buffer): void {
    this.#socket.write(frame);
  }

  /** Ends the connection without a handshake; resolves when it is closed. */
  end(): Promise<void> {
    this.#ended = true;
    if (this.#socket.closed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#socket.once('close', () => resolve());
      this.#socket.destroy();
    });
  }

  #lose(why: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#listener.lost(this, why);
  }

  #read(buffer: Buffer, received: number): void {
    let bytes = buffer;
    let length = received;
    if (this.#carried.length > 0) {
      bytes = Buffer.concat([this.#carried, buffer.subarray(0, received)]);
      length = bytes.length;
      this.#carried = NOTHING;
    }
    let at = this.#skip;
    if (!this.#upgraded) {
      at = this.#headEnd(bytes.subarray(0, length));
      if (at < 0) return;
    }
    while (at < length) {
      const next = this.#frame(bytes, at, length);
      if (next < 0) {
        this.#carried = Buffer.from(bytes.subarray(at, length));
        this.#skip = 0;
        return;
      }
      at = next;
    }
    this.#skip = at - length;
  }

  /** Looks at the frame that starts here and returns where the next one does; -1 when too little of it is there. */
  #frame(bytes: Buffer, at: number, length: number): number {
    if (length - at < 2) return -1;
    const short = (bytes[at + 1] ?? 0) & 127;
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (length - at < head) return -1;
    const size =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    if (length - at < head + Math.min(size, WHOLE_BYTES)) return -1;
    const first = bytes[at];
    if (first === PING) this.send(pong);
    else if (first === CLOSE) this.#lose(`closed with ${bytes.readUInt16BE(at + head)}`);
    else this.#wire.payload(this, this.#listener, bytes, at + head, size);
    return at + head + size;
  }

  /** Where the frames start, behind the answer to the upgrade; -1 while that is not complete. */
  #headEnd(bytes: Buffer): number {
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) {
      this.#carried = Buffer.from(bytes);
      return -1;
    }
    this.#upgraded = true;
    const status = bytes.toString('latin1', 0, bytes.indexOf('\r\n'));
    if (!status.includes(' 101 ')) this.#lose(status);
    else if (!this.#wire.greets) this.#listener.upgraded(this);
    return end + 4;
  }
}
