/** Texts that tell one client from all others. */

/** 64 random bits; of a lesser kind where the platform has no better: they only have to be another client's. */
export function randomText(): string {
  const bytes = new Uint8Array(8);
  const platform: { crypto?: { getRandomValues(bytes: Uint8Array<ArrayBuffer>): unknown } } = globalThis;
  if (platform.crypto === undefined) bytes.forEach((_, index) => (bytes[index] = Math.random() * 256));
  else platform.crypto.getRandomValues(bytes);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
