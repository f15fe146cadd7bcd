/** Small tools for frames in tests: building them from pieces and measuring what they cost. */

const utf8 = new TextEncoder();

/** The bytes a transport would hand over for an encoded frame. */
export function bytesOf(frame: Uint8Array | string): Uint8Array {
  return typeof frame === 'string' ? utf8.encode(frame) : frame;
}

/** Bytes from hexadecimal, spaces ignored. */
export function hex(digits: string): Uint8Array {
  return Uint8Array.from(Buffer.from(digits.replaceAll(/\s/g, ''), 'hex'));
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

export function repeat(part: Uint8Array, times: number): Uint8Array {
  return concat(...Array.from({ length: times }, () => part));
}

export function u64be(number: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(number));
  return bytes;
}
