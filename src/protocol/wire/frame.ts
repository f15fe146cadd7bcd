/**
 * Notifications as MessagePack frames made once and sent to many. Fields that only the store can know (ids, times,
 * counts) are left out at fixed places, as 64-bit integers that the store's scripts put in. A frame of a form of its own
 * is made by its noun; who receives a frame is left to the bus and the hub.
 */
import type { NotificationName } from '../catalogue.ts';
import { encodeJson } from './json.ts';
import { decodeTrusted, encodeValue } from './msgpack.ts';
import { opening, openFrame, UINT64 } from './opening.ts';
import { concat } from './pack.ts';
import type { Value } from '../params/values.ts';

/** `prefix ++ u64be(count)` is the frame of a notification whose last param is a count. */
export function countFrame(name: NotificationName, leading: readonly Value[]): Uint8Array {
  return concat([framePrefix(name, leading), UINT64]);
}

/** `prefix ++ value` is the frame of a notification whose last param the store knows, in MessagePack. */
export function framePrefix(name: NotificationName, leading: readonly Value[]): Uint8Array {
  return openFrame(name, leading);
}

/** The whole frame of a notification. */
export function notificationFrame(name: NotificationName, params: readonly Value[]): Uint8Array {
  return encodeValue([2, name, [...params]]);
}

export interface DecodedNotification {
  readonly name: string;
  readonly params: Value[];
}

/** Reads a frame made here. Anything else is a defect of the caller, and throws. */
export function decodeNotification(frame: Uint8Array): DecodedNotification {
  const value = decodeTrusted(frame);
  if (!Array.isArray(value) || value[0] !== 2) throw new TypeError('Not the frame of a notification');
  const [, name, params] = value;
  if (typeof name !== 'string' || !Array.isArray(params)) throw new TypeError('Not the frame of a notification');
  return { name, params };
}

/** The same notification as one JSON text frame. */
export function transcodeToJson(frame: Uint8Array): string {
  return encodeJson(decodeTrusted(frame));
}

/** Several notifications that travel in one frame: it is made once in each format that somebody reads. */
export class JointFrame {
  readonly #parts: readonly Uint8Array[];
  #packed: Uint8Array | undefined;
  #text: string | undefined;

  constructor(parts: readonly Uint8Array[]) {
    this.#parts = parts;
  }

  get packed(): Uint8Array {
    this.#packed ??= concat(this.#parts);
    return this.#packed;
  }

  get text(): string {
    this.#text ??= this.#parts.map(transcodeToJson).join('\n');
    return this.#text;
  }
}

/** What can be sent to a socket of either format. */
export type AnyFrame = Uint8Array | JointFrame;

/** Whether a frame is the notification of a name that has so many params. */
export function notificationTest(name: NotificationName, paramsCount: number): (frame: Uint8Array) => boolean {
  const begin = opening(name, paramsCount);
  return (frame) => frame.length > begin.length && begin.every((byte, i) => frame[i] === byte);
}

/** The count that ends a frame made by `countFrame`. */
export const countIn = (frame: Uint8Array): number =>
  Number(new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getBigUint64(frame.length - 8));
