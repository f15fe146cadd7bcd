/**
 * Makes an encoder quick with long strings. The library counts the bytes of a string one by one before it writes it, for
 * 16 KB some fifty times as long as the platform's own encoder takes to write them.
 */
import type { Encoder } from '@msgpack/msgpack';

/** What of the library this builds on, which its types keep private; a test sees that it is still there and asked. */
interface Internals {
  bytes: Uint8Array;
  pos: number;
  ensureBufferSizeToWrite(size: number): void;
  writeStringHeader(byteLength: number): void;
  encodeString(text: string): void;
}

/** Shorter ones are not worth the call. */
const LONG = 200;
const HEADER_MAX = 5;
/** UTF-8 takes so many bytes for a unit of UTF-16, at most. */
const BYTES_PER_UNIT = 3;

export function withLongStrings(encoder: Encoder): Encoder {
  const internals = encoder as unknown as Internals;
  const writeShort = internals.encodeString.bind(encoder);
  const platform = new TextEncoder();
  internals.encodeString = (text) => {
    if (text.length < LONG) return writeShort(text);
    internals.ensureBufferSizeToWrite(HEADER_MAX + text.length * BYTES_PER_UNIT);
    const begin = internals.pos + HEADER_MAX;
    const { written } = platform.encodeInto(text, internals.bytes.subarray(begin));
    internals.writeStringHeader(written);
    internals.bytes.copyWithin(internals.pos, begin, begin + written);
    internals.pos += written;
  };
  return encoder;
}
