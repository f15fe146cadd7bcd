/** Checks and reads bytes as UTF-8. Decoders that replace bad bytes silently are used only after `isUtf8`. */

/**
 * True if `bytes[start, end)` is well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF, nothing
 * cut off (Unicode, table 3-7).
 */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    const lead = bytes[at] ?? 0;
    if (lead < 0x80) {
      at++;
      continue;
    }
    const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (lead < 0xc2 || lead > 0xf4 || at + length > end) return false;
    const second = bytes[at + 1] ?? 0;
    const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    if (second < low || second > high) return false;
    for (let i = at + 2; i < at + length; i++) if (((bytes[i] ?? 0) & 0xc0) !== 0x80) return false;
    at += length;
  }
  return true;
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text of UTF-8, a byte order mark being part of it; undefined where it is none. */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}
