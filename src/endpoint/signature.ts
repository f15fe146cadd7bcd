/**
 * Signatures of what is sent to the operator's endpoint, as Standard Webhooks says (https://www.standardwebhooks.com): HMAC-SHA256 of
 * id, time and body, by a secret that both sides have. Whoever receives it can use any library for that.
 */
import { createHmac, randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';

/** The key that a secret stands for: `whsec_` and base64, as such libraries want it, or any text for its own bytes. */
export function signingKey(secret: string): Buffer {
  return secret.startsWith(PREFIX) ? Buffer.from(secret.slice(PREFIX.length), 'base64') : Buffer.from(secret);
}

/** Why a text is no secret to sign with, if it is none (completes the sentence "NAME …", and repeats nothing of the text). */
export function signingSecretProblem(secret: string): string | undefined {
  const encoded = secret.slice(PREFIX.length);
  if (secret.startsWith(PREFIX) && !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return 'must be base64 after whsec_';
  const { length } = signingKey(secret);
  return length < 16 ? 'must stand for 16 bytes at least; whsec_ and the base64 of 32 random ones is best' : undefined;
}

/** An id that tells one request from all others. */
export const freshMessageId = (): string => `msg_${randomBytes(18).toString('base64url')}`;

/** The headers that sign a body. `id` stays the same where the same thing is sent again; the time is that of sending. */
export function signedHeaders(
  key: Uint8Array,
  id: string,
  body: Uint8Array | string,
  nowMs = Date.now(),
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  const seconds = String(Math.floor(nowMs / 1000));
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.`).update(body).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': `v1,${signature}` };
}
