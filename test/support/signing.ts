// What an operator's own server does that signs for its users; the same in the service is not used, so that the two are held against
// each other.
import { createHmac, randomBytes } from 'node:crypto';
import type { ValueMap } from '../../src/protocol/params/values.ts';

export const signatureSecret = 'a secret of the operator, for tests only';

export interface Signing {
  readonly timestamp?: number;
  readonly nonce?: string;
}

/** A field `signature`; `text` is what was agreed to, before the time. */
export function signed(
  text: string,
  { timestamp = Date.now(), nonce = randomBytes(8).toString('hex') }: Signing = {},
): ValueMap {
  const signature = createHmac('sha256', signatureSecret).update(`${text}:${timestamp}:${nonce}`).digest('hex');
  return { signature: { signature, timestamp, nonce } };
}
