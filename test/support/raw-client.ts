// A WebSocket client that sends and shows bare frames: for what a well-behaved client would never do. It neither encodes
// nor checks anything; tests of the service's meaning use the real client.
import { WebSocket } from 'ws';
import type { Scope } from './disposal.ts';

/** Text frames are strings, binary frames bytes. */
export type Frame = string | Uint8Array;

export interface RawOptions {
  subprotocol?: string | string[];
  headers?: Record<string, string>;
  /** Whether pings are answered; true when left out. */
  answerPings?: boolean;
}

export interface RawClient {
  /** The HTTP status with which the upgrade was refused; undefined when it was accepted. */
  readonly upgradeError: number | undefined;
  /** The subprotocol that the server chose; empty for none. */
  readonly subprotocol: string;
  /** All frames received so far. */
  readonly frames: readonly Frame[];
  /** How many pings were received so far. */
  readonly pings: number;
  readonly closed: Promise<{ code: number; reason: string }>;
  send(frame: Frame): void;
  /** A text frame of these bytes, whether they are text or not. */
  sendText(bytes: Uint8Array): void;
  /** The oldest frame not yet taken; rejects when the connection closes or time passes without one. */
  nextFrame(options?: { timeoutMs?: number }): Promise<Frame>;
  /** Stops reading from the socket, so that the sender meets back-pressure. */
  pauseReading(): void;
  resumeReading(): void;
  /** A close handshake. */
  close(code?: number, reason?: string): void;
  /** Destroys the connection without one. */
  terminate(): void;
}

/** Connects, and resolves when the upgrade was accepted or refused; rejects when no answer came at all. */
export async function openRaw(scope: Scope, url: string, options: RawOptions = {}): Promise<RawClient> {
  const socket = new WebSocket(url, options.subprotocol ?? [], {
    headers: options.headers ?? {},
    autoPong: options.answerPings ?? true,
    perMessageDeflate: false,
    // What is sent is up to the test, also text that is not valid UTF-8.
    skipUTF8Validation: true,
  });
  scope.add(() => socket.terminate());
  const inbox = createInbox();
  let pings = 0;
  socket.on('message', (bytes, isBinary) => {
    const copy = copyOf(bytes);
    inbox.put(isBinary ? copy : Buffer.from(copy).toString());
  });
  socket.on('ping', () => {
    pings += 1;
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => {
      resolve({ code, reason: String(reason) });
      inbox.end(`the connection closed with ${code} ${String(reason)}`);
    });
  });
  const upgradeError = await upgraded(socket);
  return {
    upgradeError,
    subprotocol: socket.protocol,
    frames: inbox.frames,
    get pings() {
      return pings;
    },
    closed,
    send: (frame) => socket.send(frame),
    sendText: (bytes) => socket.send(bytes, { binary: false }),
    nextFrame: (next) => inbox.next(next?.timeoutMs ?? 45_000),
    pauseReading: () => socket.pause(),
    resumeReading: () => socket.resume(),
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.terminate(),
  };
}

/** Undefined when the socket opened, the HTTP status when the server refused it. */
function upgraded(socket: WebSocket): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(undefined));
    socket.once('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0);
      response.resume();
      // Ends the attempt; the error it emits comes after the answer.
      socket.terminate();
    });
    // Stays attached: a reset later is an error too, and the close that follows tells about it.
    socket.on('error', reject);
  });
}

interface Inbox {
  readonly frames: readonly Frame[];
  put(frame: Frame): void;
  /** No frame will come any more. */
  end(reason: string): void;
  next(timeoutMs: number): Promise<Frame>;
}

function createInbox(): Inbox {
  const frames: Frame[] = [];
  const waiting: { resolve: (frame: Frame) => void; reject: (error: Error) => void }[] = [];
  let taken = 0;
  let ended: string | undefined;
  return {
    frames,
    put: (frame) => {
      frames.push(frame);
      const first = waiting.shift();
      if (first === undefined) return;
      taken += 1;
      first.resolve(frame);
    },
    end: (reason) => {
      ended = reason;
      for (const { reject } of waiting.splice(0)) reject(new Error(`no frame: ${reason}`));
    },
    next: async (timeoutMs) => {
      const ready = frames[taken];
      if (ready !== undefined) {
        taken += 1;
        return ready;
      }
      if (ended !== undefined) throw new Error(`no frame: ${ended}`);
      return new Promise<Frame>((resolve, reject) => {
        const late = setTimeout(() => {
          waiting.splice(waiting.indexOf(waiter), 1);
          reject(new Error(`no frame within ${timeoutMs} ms, after ${frames.length} in all`));
        }, timeoutMs);
        const waiter = {
          resolve: (frame: Frame): void => {
            clearTimeout(late);
            resolve(frame);
          },
          reject: (error: Error): void => {
            clearTimeout(late);
            reject(error);
          },
        };
        waiting.push(waiter);
      });
    },
  };
}

/** ws hands out Buffers, possibly views of a pool, in one of three shapes; a frame is always plain bytes of its own. */
function copyOf(data: Buffer | ArrayBuffer | Buffer[]): Uint8Array {
  return new Uint8Array(Array.isArray(data) ? Buffer.concat(data) : data);
}
