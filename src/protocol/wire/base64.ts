/** Base64 (RFC 4648, with padding) without help of the platform, which differs between browsers and servers. */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const codes = new Int8Array(128).fill(-1);
for (let i = 0; i < ALPHABET.length; i++) codes[ALPHABET.charCodeAt(i)] = i;

export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const rest = bytes.length - at;
    const triple = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    text += ALPHABET.charAt(triple >> 18) + ALPHABET.charAt((triple >> 12) & 63);
    text += rest > 1 ? ALPHABET.charAt((triple >> 6) & 63) : '=';
    text += rest > 2 ? ALPHABET.charAt(triple & 63) : '=';
  }
  return text;
}

/** The bytes, or undefined if the text is not canonical base64: one text per sequence of bytes. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  const digits = text.length - padding;
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let i = 0; i < digits; i++) {
    const unit = text.charCodeAt(i);
    const code = unit < 128 ? (codes[unit] ?? -1) : -1;
    if (code < 0) return undefined;
    bits = ((bits << 6) | code) & 0xffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[at++] = bits >> held;
    }
  }
  // What is left over of the last digit must be zero.
  return (bits & ((1 << held) - 1)) === 0 ? bytes : undefined;
}
