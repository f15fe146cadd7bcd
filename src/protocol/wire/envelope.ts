/**
 * The envelope: what a message of the protocol is once its bytes are values, and the contract of a codec. Turning
 * bytes into values is left to each format.
 */
import { findFault } from './fault.ts';
import { malformedReasons, type MalformedReason } from './malformed.ts';
import type { Value, ValueMap } from '../params/values.ts';

export type Format = 'msgpack' | 'json';

/** `faultAt`: index of the first param holding a value that no param may carry, else -1. */
export interface RequestMessage {
  readonly type: 0;
  readonly id: number;
  readonly method: string;
  readonly params: Value[];
  readonly faultAt: number;
}

export interface ResponseMessage {
  readonly type: 1;
  readonly id: number;
  readonly error: Value;
  readonly result: Value;
}

export interface NotificationMessage {
  readonly type: 2;
  readonly method: string;
  readonly params: Value[];
  readonly faultAt: number;
}

export type Message = RequestMessage | ResponseMessage | NotificationMessage;

export type SkippedMessage = Exclude<Message, ResponseMessage>;

/** The messages before the first malformed one, and why that one is malformed, if any is. */
export interface DecodedFrame {
  readonly messages: Message[];
  readonly malformed: MalformedReason | undefined;
}

/**
 * A frame read message by message, so that nothing is built of what nobody will look at. `data` must stay as it is while
 * it is read; a message that was given keeps no reference into it.
 */
export interface FrameReader {
  /** The next message; undefined at the end, or where the next one is malformed. */
  next(): Message | undefined;
  /** The same of a message that is to be refused: only what an answer to it needs, without method and params. */
  skip(): SkippedMessage | undefined;
  /** Set once `next` has found it. */
  readonly malformed: MalformedReason | undefined;
  /** Values in the message that was given last, map keys counted: what it takes in memory, in units of some 100 bytes. */
  readonly values: number;
  /** Bytes that have been read. */
  readonly offset: number;
  /** The others. They are a frame, or empty. */
  rest(): Uint8Array;
}

export interface CodecOptions {
  /** A server accepts requests (types 0 and 2), a client replies (types 1 and 2). */
  readonly accept: 'requests' | 'replies';
  /** Arrays and maps inside each other in one message, itself counted. */
  readonly depth: number;
  /** Values in one message, map keys counted. */
  readonly valuesMax: number;
}

/** A result that is written in another way than by its values, see `stored.ts`. */
export abstract class PreparedResult {
  /** The one value in MessagePack, in pieces that follow one another. */
  abstract packed(): Uint8Array[];
  /** The same as JSON. */
  abstract text(): string;
}

/**
 * Guarantees: `decodeFrame` and a `FrameReader` return for any bytes, never throw, and what they give keeps no reference into
 * `data`, whose memory may be reused afterwards. What is encoded is a string for JSON (a text frame), bytes of its own for MessagePack.
 */
export interface Codec {
  readonly format: Format;
  /** For JSON `data` is the text as UTF-8. */
  readonly readFrame: (data: Uint8Array) => FrameReader;
  /** The whole of a frame at once. */
  readonly decodeFrame: (data: Uint8Array) => DecodedFrame;
  readonly encodeRequest: (id: number, method: string, params: readonly Value[]) => Uint8Array | string;
  readonly encodeResponse: (id: number, error: ValueMap | null, result: Value | PreparedResult) => Uint8Array | string;
  readonly encodeNotification: (name: string, params: readonly Value[]) => Uint8Array | string;
}

/** A request or notification of which nothing but its form is known. */
export function skipped(type: 0 | 2, id: number): SkippedMessage {
  const unread = { method: '', params: [], faultAt: -1 };
  return type === 0 ? { type, id, ...unread } : { type, ...unread };
}

export function readAll(reader: FrameReader): DecodedFrame {
  const messages: Message[] = [];
  for (let message = reader.next(); message !== undefined; message = reader.next()) messages.push(message);
  return { messages, malformed: reader.malformed };
}

/**
 * The message that a decoded value stands for, or what is wrong with its form. `suspicious`: the format saw something
 * that no param may carry, somewhere.
 */
export function toMessage(
  value: Value,
  accept: CodecOptions['accept'],
  suspicious: boolean,
): Message | MalformedReason {
  if (!Array.isArray(value)) return malformedReasons.notArray;
  const type = value[0];
  if (type === 2) return toNotification(value, suspicious);
  if (type !== (accept === 'replies' ? 1 : 0)) return malformedReasons.badType;
  if (value.length !== 4) return malformedReasons.badLength;
  const [, id, second, third] = value;
  // `>>> 0` is the identity on unsigned 32-bit integers only.
  if (typeof id !== 'number' || id >>> 0 !== id) return malformedReasons.badId;
  if (type === 1) return { type, id, error: second ?? null, result: third ?? null };
  if (typeof second !== 'string') return malformedReasons.badMethod;
  if (!Array.isArray(third)) return malformedReasons.badParams;
  return { type: 0, id, method: second, params: third, faultAt: suspicious ? findFault(third) : -1 };
}

function toNotification(value: Value[], suspicious: boolean): NotificationMessage | MalformedReason {
  if (value.length !== 3) return malformedReasons.badLength;
  const [, method, params] = value;
  if (typeof method !== 'string') return malformedReasons.badMethod;
  if (!Array.isArray(params)) return malformedReasons.badParams;
  return { type: 2, method, params, faultAt: suspicious ? findFault(params) : -1 };
}
