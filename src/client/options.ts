/** The options of a client and their defaults. What each does is left to the part that takes it. */
import type { Format } from '../protocol/wire/codec.ts';
import type { Credentials } from '../protocol/connection.ts';
import type { Backoff } from './backoff.ts';
import { platformWebSocket, type WebSocketConstructor } from './web-socket.ts';

export interface ClientOptions {
  /** Addresses of the service (`wss://host/ws`). Each attempt takes the next. */
  readonly urls: string | readonly string[];
  /**
   * Who logs in. A function is asked for each login that a resume token does not cover, and before a token expires; with
   * a token given as a plain value the client ends when that expires (4504).
   */
  readonly credentials: Credentials | (() => Credentials | Promise<Credentials>);
  /** How messages travel; `msgpack` when left out. */
  readonly format?: Format;
  /** The platform's own when left out. */
  readonly WebSocket?: WebSocketConstructor;
  /** How long to wait for a connection, and for the answer to a request; 20 s when left out. */
  readonly requestTimeoutMs?: number;
  /** How long to wait before connecting again (200 ms to 10 s); `false`: the first loss ends the client. */
  readonly reconnect?: Partial<Backoff> | false;
  /** Sees every frame, before it is sent or looked at. It must not change the bytes. */
  readonly onFrame?: FrameListener;
}

export type FrameListener = (direction: 'in' | 'out', data: Uint8Array | string) => void;

export interface CompleteOptions {
  readonly urls: readonly string[];
  readonly credentials: () => Credentials | Promise<Credentials>;
  /** False where the credentials are a token that was given once: after its end there is no other. */
  readonly renewable: boolean;
  readonly format: Format;
  readonly WebSocket: WebSocketConstructor;
  readonly requestTimeoutMs: number;
  readonly reconnect: Backoff | false;
  readonly onFrame: FrameListener | undefined;
}

/** Throws when the client could never work: that is a mistake of who wrote the call. */
export function completeOptions(options: ClientOptions): CompleteOptions {
  const { credentials, reconnect } = options;
  const urls = typeof options.urls === 'string' ? [options.urls] : [...options.urls];
  if (urls.length === 0) throw new TypeError('A client needs at least one url.');
  const constructor = options.WebSocket ?? platformWebSocket();
  if (constructor === undefined) throw new TypeError('This platform has no WebSocket; give one as an option.');
  return {
    urls,
    credentials: typeof credentials === 'function' ? credentials : () => credentials,
    renewable: typeof credentials === 'function' || credentials.token === undefined,
    format: options.format ?? 'msgpack',
    WebSocket: constructor,
    requestTimeoutMs: options.requestTimeoutMs ?? 20_000,
    reconnect: reconnect !== false && { minDelayMs: 200, maxDelayMs: 10_000, ...reconnect },
    onFrame: options.onFrame,
  };
}
