/**
 * Signatures of the operator's own server, in place of tokens: it has agreed to one thing, by one user, at about one time. A
 * signature counts once: its nonce is noted in the step that it allows.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { failBecause, type Failure } from '../../protocol/errors/errors.ts';
import type { Signature } from '../../protocol/connection.ts';

/** How far the time of a signature may be from Redis's, in ms. */
export const SIGNATURE_MS = 10 * 60 * 1000;

/** A signature that is right; whether its nonce was seen before is for the script to say. */
export interface Signed {
  readonly nonce: string;
  /** When it is refused for its age, in ms by Redis's clock: so long the nonce is kept. */
  readonly keptUntil: number;
  /** In microseconds. */
  readonly issuedAt: number;
}

/** `parts` are what was agreed to, as the contract names them: `login`, the user, nothing; or `block`, the user, the room, the names. */
export function checkSignature(
  secret: string | undefined,
  parts: readonly string[],
  { signature, timestamp, nonce }: Signature,
  redisNow: number,
): Signed | Failure<'badSignature'> {
  if (secret === undefined) return failBecause('badSignature', [], 'no signatures are checked here');
  const text = [...parts, timestamp, nonce].join(':');
  const right = Buffer.from(createHmac('sha256', secret).update(text).digest('hex'));
  const shown = Buffer.from(signature);
  if (shown.length !== right.length || !timingSafeEqual(shown, right)) {
    return failBecause('badSignature', [], 'it is not that of what is asked for');
  }
  if (Math.abs(redisNow - timestamp) > SIGNATURE_MS)
    return failBecause('badSignature', [], 'its time is over, or to come');
  return { nonce, keptUntil: timestamp + SIGNATURE_MS, issuedAt: timestamp * 1000 };
}
