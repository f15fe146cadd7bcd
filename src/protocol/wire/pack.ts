/** Pieces of MessagePack put together by hand, where a part of a value is encoded already. */
import { DEPTH_MAX, scanValue } from './scan.ts';

const FIXARRAY = 0x90;
const ARRAY16 = 0xdc;
const ARRAY32 = 0xdd;
const FIXMAP = 0x80;
const MAP16 = 0xde;
const MAP32 = 0xdf;

export const arrayHeader = (count: number): Uint8Array => header(count, FIXARRAY, ARRAY16, ARRAY32);

export const mapHeader = (count: number): Uint8Array => header(count, FIXMAP, MAP16, MAP32);

function header(count: number, fix: number, head16: number, head32: number): Uint8Array {
  if (count < 16) return Uint8Array.of(fix | count);
  if (count < 0x10000) return Uint8Array.of(head16, count >> 8, count & 0xff);
  return Uint8Array.of(head32, count >>> 24, (count >> 16) & 0xff, (count >> 8) & 0xff, count & 0xff);
}

/** How many entries an encoded map has, and what its head takes. */
function mapHead(bytes: Uint8Array): readonly [count: number, size: number] {
  const [head = 0, a = 0, b = 0, c = 0, d = 0] = bytes.subarray(0, 5);
  if (head >> 4 === FIXMAP >> 4) return [head & 0x0f, 1];
  return head === MAP16 ? [a * 0x100 + b, 3] : [((a * 0x100 + b) * 0x100 + c) * 0x100 + d, 5];
}

/** The value of an entry of an encoded map, still encoded; undefined where there is none of that key. Nothing is decoded. */
export function entryOf(bytes: Uint8Array, key: Uint8Array): Uint8Array | undefined {
  const [count, size] = mapHead(bytes);
  let at = size;
  for (let i = 0; i < count; i++) {
    const valueAt = at + stringSize(bytes, at);
    const end = scanValue(bytes, valueAt, DEPTH_MAX, Infinity);
    if (end < 0) return undefined;
    if (equals(bytes.subarray(at, valueAt), key)) return bytes.subarray(valueAt, end);
    at = end;
  }
  return undefined;
}

export const equals = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, at) => byte === other[at]);

/** An encoded map with one more entry at its end, of a key that is not in it. */
export function mapWith(bytes: Uint8Array, key: Uint8Array, value: Uint8Array): Uint8Array {
  const [count, size] = mapHead(bytes);
  return concat([mapHeader(count + 1), bytes.subarray(size), key, value]);
}

/** Bytes that the string at a place takes, its head included; 0 where there is none. */
export function stringSize(bytes: Uint8Array, at: number): number {
  const [head = 0, a = 0, b = 0, c = 0, d = 0] = bytes.subarray(at, at + 5);
  if (head >> 5 === 0b101) return 1 + (head & 0x1f);
  if (head === 0xd9) return 2 + a;
  if (head === 0xda) return 3 + a * 0x100 + b;
  return head === 0xdb ? 5 + ((a * 0x100 + b) * 0x100 + c) * 0x100 + d : 0;
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
