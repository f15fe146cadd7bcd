/** The options of a client and their defaults. What each does is left to the part that takes it. */
import type { Credentials } from '../protocol/connection.ts';
import type { Format } from '../protocol/wire/codec.ts';
import type { BackoffOptions } from './connection/backoff.ts';
import type { FrameListener } from './connection/link.ts';
import type { Signature, SignatureFactories } from './connection/signatures.ts';
import { platformWebSocket, type WebSocketConstructor } from './connection/web-socket.ts';
import type { MessageClass } from './plugin/message-classes.ts';
import type { Plugin } from './plugin/plugin.ts';

/** What of a login is a client's own, whoever logs in. Credentials may say it as well, and decide where they do. */
export interface LoginOptions {
  /** What comes of messages that were missed: counts (`unread`, when left out), the messages (`push`), or nothing. */
  readonly offlineMessages?: 'unread' | 'push' | 'none';
  /** Shares the session with the user's other devices. */
  readonly enableSync?: boolean;
  /** One device of a kind at a time: with the same tag the later login takes over. */
  readonly tag?: string;
  /** The first login takes the tag from nobody, as later ones never do. */
  readonly isReconnect?: boolean;
  /** Names this device, so that it is no conflict with itself. */
  readonly deviceId?: string;
}

export interface ClientOptions extends LoginOptions, Partial<SignatureFactories> {
  /** Addresses of the service (`wss://host/ws`), tried in order; the first that opens wins, a reconnect begins with another. */
  readonly urls: string | readonly string[];
  /**
   * Who logs in. A function is asked for each login that a resume token does not cover, and before a token expires; with
   * a token given as a plain value the client ends when that expires (4504).
   */
  readonly credentials: Credentials | (() => Credentials | Promise<Credentials>);
  /** Messages travel as JSON text instead of MessagePack. */
  readonly noBinary?: boolean;
  /** The platform's own when left out. */
  readonly WebSocket?: WebSocketConstructor;
  /** How long to wait for a connection, for the answer to a request, and for the functions given here; 20 s when left out. */
  readonly requestTimeoutMs?: number;
  /** How long to wait before connecting again (1 s to 300 s, doubled); `false`: the first loss ends the client. */
  readonly reconnect?: Partial<BackoffOptions> | false;
  /** Messages that may wait to be sent, of all rooms and directs; 1,000 when left out. */
  readonly offlineQueue?: number;
  readonly plugins?: readonly Plugin[];
  readonly messageClasses?: readonly MessageClass[];
  /** Sees every frame, before it is sent or looked at. It must not change the bytes. */
  readonly onFrame?: FrameListener;
}

export interface CompleteOptions {
  readonly urls: readonly string[];
  readonly credentials: () => Credentials | Promise<Credentials>;
  /** False where the credentials are a token that was given once: after its end there is no other. */
  readonly renewable: boolean;
  readonly login: LoginOptions & { readonly offlineMessages: 'unread' | 'push' | 'none' };
  readonly format: Format;
  readonly WebSocket: WebSocketConstructor;
  readonly requestTimeoutMs: number;
  readonly reconnect: BackoffOptions | false;
  readonly offlineQueue: number;
  readonly plugins: readonly Plugin[];
  readonly messageClasses: readonly MessageClass[];
  readonly signatures: Partial<SignatureFactories>;
  readonly onFrame: FrameListener | undefined;
}

export type { Signature };

/** Throws when the client could never work: that is a mistake of who wrote the call. */
export function completeOptions(options: ClientOptions): CompleteOptions {
  const { credentials, reconnect } = options;
  const urls = typeof options.urls === 'string' ? [options.urls] : [...options.urls];
  if (urls.length === 0) throw new TypeError('A client needs at least one url.');
  const constructor = options.WebSocket ?? platformWebSocket();
  if (constructor === undefined) throw new TypeError('This platform has no WebSocket; give one as an option.');
  const { enableSync, tag, isReconnect, deviceId, offlineMessages = 'unread' } = options;
  const { requestTimeoutMs = 20_000, offlineQueue = 1_000 } = options;
  const { signatureFactory, conversationSignatureFactory, blacklistSignatureFactory } = options;
  const waits = { minDelayMs: 1_000, maxDelayMs: 300_000, factor: 2, jitter: 'full' as const };
  const complete: CompleteOptions = {
    urls,
    credentials: typeof credentials === 'function' ? credentials : () => credentials,
    renewable: typeof credentials === 'function' || credentials.token === undefined,
    login: withoutAbsent({ enableSync, tag, isReconnect, deviceId, offlineMessages }),
    format: options.noBinary === true ? 'json' : 'msgpack',
    WebSocket: constructor,
    requestTimeoutMs,
    reconnect: reconnect !== false && { ...waits, ...withoutAbsent(reconnect ?? {}) },
    offlineQueue,
    plugins: options.plugins ?? [],
    messageClasses: options.messageClasses ?? [],
    signatures: withoutAbsent({ signatureFactory, conversationSignatureFactory, blacklistSignatureFactory }),
    onFrame: options.onFrame,
  };
  const { minDelayMs, maxDelayMs, factor } = complete.reconnect || waits;
  const atLeast = { offlineQueue: 0, requestTimeoutMs: 1, minDelayMs: 1, maxDelayMs: 1, factor: 1 };
  const numbers = { offlineQueue, requestTimeoutMs, minDelayMs, maxDelayMs, factor };
  for (const [name, least] of Object.entries(atLeast)) {
    const value: unknown = numbers[name as keyof typeof numbers];
    if (typeof value !== 'number' || !(value >= least)) throw new TypeError(`${name} is a number, at least ${least}.`);
  }
  return complete;
}

type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

function withoutAbsent<T extends object>(fields: T): Present<T> {
  // Only what is undefined is left out, as the type says.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>;
}
