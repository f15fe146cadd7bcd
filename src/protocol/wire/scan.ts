/**
 * Structural check of one MessagePack value before anything is built from it: sizes, depth, types, keys and UTF-8, in
 * one pass without recursion or allocation. A decoder alone would allocate whatever the bytes claim. What the value
 * means is left to the codec.
 */
import { KeySet } from './key-set.ts';
import { malformedReasons, type MalformedReason } from './malformed.ts';
import { isUtf8 } from './utf8.ts';

const TRUNCATED = -1;
const TOO_MANY_VALUES = -2;
const TOO_DEEP = -3;
const EXTENSION = -4;
const BAD_KEY = -5;
const PROTO_KEY = -6;
const DUPLICATE_KEY = -7;
const BAD_UTF8 = -8;
const NO_TYPE = -9;

const reasons: ReadonlyMap<number, MalformedReason> = new Map([
  [TOO_MANY_VALUES, malformedReasons.tooManyValues],
  [TOO_DEEP, malformedReasons.tooDeep],
  [EXTENSION, malformedReasons.extension],
  [BAD_KEY, malformedReasons.badKey],
  [PROTO_KEY, malformedReasons.protoKey],
  [DUPLICATE_KEY, malformedReasons.duplicateKey],
]);

/** What a negative result of `scanValue` means. */
export function scanReason(code: number): MalformedReason {
  return reasons.get(code) ?? malformedReasons.notDecodable;
}

/** What the last scan saw besides. */
export const lastScan = {
  /** A number may be non-finite or beyond 53 bits, or a map has a `$bytes` key: the values need a closer look. */
  suspicious: false,
  /** There are bytes in the value, which a decoder would not copy. */
  binary: false,
  /** Values, map keys counted. */
  values: 0,
};

// Kinds of head bytes; STR and above have a count, those above BIN hold other values.
const PLAIN = 0;
const WIDE = 1;
const EXT = 2;
const NONE = 3;
const STR = 4;
const BIN = 5;
const ARRAY = 6;
const MAP = 7;

const kinds = new Uint8Array(256);
/** Bytes after the head: of the payload for plain and wide kinds, of the count for the others (0: count in the head). */
const sizes = new Uint8Array(256);
const countMasks = new Uint8Array([0, 0, 0, 0, 0x1f, 0, 0x0f, 0x0f]);

function assign(first: number, last: number, kind: number, size: number): void {
  kinds.fill(kind, first, last + 1);
  sizes.fill(size, first, last + 1);
}
assign(0x80, 0x8f, MAP, 0);
assign(0x90, 0x9f, ARRAY, 0);
assign(0xa0, 0xbf, STR, 0);
assign(0xc1, 0xc1, NONE, 0);
assign(0xc7, 0xc9, EXT, 0);
assign(0xd4, 0xd8, EXT, 0);
for (const [first, kind, width] of [
  [0xc4, BIN, 1],
  [0xcc, PLAIN, 1],
  [0xd0, PLAIN, 1],
  [0xd9, STR, 1],
] as const) {
  for (let i = 0; i < 3; i++) assign(first + i, first + i, kind, width << i);
}
for (const wide of [0xcb, 0xcf, 0xd3]) assign(wide, wide, WIDE, 8);
assign(0xca, 0xca, WIDE, 4);
for (const [head, kind] of [
  [0xdc, ARRAY],
  [0xde, MAP],
] as const) {
  assign(head, head, kind, 2);
  assign(head + 1, head + 1, kind, 4);
}

export const DEPTH_MAX = 64;
// The containers around the current one: values still to come in each, and the number of each map (0: an array).
const lefts = new Int32Array(DEPTH_MAX);
const maps = new Int32Array(DEPTH_MAX);
const keys = new KeySet();
/** Stands for a map of one entry, whose key cannot be there twice. */
const LONE_MAP = -1;

/**
 * Offset after the value that starts at `offset`, or a negative reason. At most `depthMax` (≤ 64) containers inside
 * each other and `valuesMax` values, map keys counted. Work is linear in the bytes up to the end of the value.
 */
export function scanValue(bytes: Uint8Array, offset: number, depthMax: number, valuesMax: number): number {
  const end = bytes.length;
  let at = offset;
  let values = 0;
  let depth = 0;
  let left = 1;
  let map = 0;
  lastScan.suspicious = lastScan.binary = false;
  keys.clear();
  for (;;) {
    while (left === 0) {
      if (depth === 0) {
        lastScan.values = values;
        return at;
      }
      depth--;
      left = lefts[depth] ?? 0;
      map = maps[depth] ?? 0;
    }
    if (at >= end) return TRUNCATED;
    if (++values > valuesMax) return TOO_MANY_VALUES;
    const head = bytes[at++] ?? 0;
    const kind = kinds[head] ?? 0;
    const size = sizes[head] ?? 0;
    if (kind === EXT) return EXTENSION;
    if (kind === NONE) return NO_TYPE;
    if (at + size > end) return TRUNCATED;
    // The values of a map come in pairs: an even number to come means that this is a key.
    const isKey = map !== 0 && (left & 1) === 0;
    if (isKey && kind !== STR) return BAD_KEY;
    left--;
    if (kind < STR) {
      if (kind === WIDE && isBeyond(bytes, at, head)) lastScan.suspicious = true;
      at += size;
      continue;
    }
    const count = size === 0 ? head & (countMasks[kind] ?? 0) : readCount(bytes, at, size);
    at += size;
    const children = kind === MAP ? count * 2 : count;
    if (children > end - at) return TRUNCATED;
    if (kind > BIN) {
      if (depth >= depthMax) return TOO_DEEP;
      lefts[depth] = left;
      maps[depth] = map;
      depth++;
      left = children;
      map = kind === ARRAY ? 0 : count === 1 ? LONE_MAP : keys.openMap();
      continue;
    }
    if (kind === BIN) lastScan.binary = true;
    const bad = kind === BIN ? 0 : isKey ? checkKey(bytes, at, at + count, map) : checkText(bytes, at, at + count);
    if (bad !== 0) return bad;
    at += count;
  }
}

function readCount(bytes: Uint8Array, at: number, size: number): number {
  let count = 0;
  for (let i = at; i < at + size; i++) count = count * 256 + (bytes[i] ?? 0);
  return count;
}

function checkText(bytes: Uint8Array, start: number, end: number): number {
  for (let i = start; i < end; i++) if ((bytes[i] ?? 0) >= 0x80) return isUtf8(bytes, i, end) ? 0 : BAD_UTF8;
  return 0;
}

const PROTO = new TextEncoder().encode('__proto__');
const BYTES = new TextEncoder().encode('$bytes');

function checkKey(bytes: Uint8Array, start: number, end: number, map: number): number {
  if (equals(bytes, start, end, PROTO)) return PROTO_KEY;
  if (equals(bytes, start, end, BYTES)) lastScan.suspicious = true;
  if (map !== LONE_MAP && !keys.add(map, bytes, start, end)) return DUPLICATE_KEY;
  return checkText(bytes, start, end);
}

function equals(bytes: Uint8Array, start: number, end: number, text: Uint8Array): boolean {
  if (end - start !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text[i]) return false;
  return true;
}

/** True if the float or 64-bit integer with this head may be non-finite or at least 2^53 in magnitude. */
function isBeyond(bytes: Uint8Array, at: number, head: number): boolean {
  const first = bytes[at] ?? 0;
  const second = bytes[at + 1] ?? 0;
  // Floats: the exponent, biased, against that of 2^53. The largest exponent is that of NaN and Infinity.
  if (head === 0xca) return (((first & 0x7f) << 1) | (second >> 7)) >= 127 + 53;
  if (head === 0xcb) return (((first & 0x7f) << 4) | (second >> 4)) >= 1023 + 53;
  // Integers: the upper 11 bits are all zero, or all one in a negative number, down to almost -2^53.
  if (first === 0 && second < 0x20) return false;
  return head !== 0xd3 || first !== 0xff || second <= 0xe0;
}
