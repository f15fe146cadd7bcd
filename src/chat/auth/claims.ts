/** The claims of a token that are told to its user: which, and within what bounds. Tokens are the authenticator's. */
import { findFault } from '../../protocol/wire/fault.ts';
import { valuesMax } from '../../protocol/params/limits.ts';
import { encodeValue } from '../../protocol/wire/msgpack.ts';
import { scanValue } from '../../protocol/wire/scan.ts';
import type { Value, ValueMap } from '../../protocol/params/values.ts';

/** All of them together, in MessagePack: every login carries them, and every resume token keeps a copy. */
export const claimsBytesMax = 4096;
const CLAIMS_DEPTH = 8;

/** The named claims of a payload, which was JSON; undefined where they are too large, or no values of the protocol. */
export function pickClaims(payload: unknown, names: readonly string[]): ValueMap | undefined {
  if (names.length === 0 || typeof payload !== 'object' || payload === null) return {};
  const all = new Map<string, unknown>(Object.entries(payload));
  const picked = Object.fromEntries(names.flatMap((name) => (all.has(name) ? [[name, all.get(name)]] : [])));
  // What comes of JSON is made of values; whether the protocol carries them is checked below.
  const claims = picked as ValueMap;
  const bytes = encoded(claims);
  if (bytes === undefined || bytes.length > claimsBytesMax) return undefined;
  if (scanValue(bytes, 0, CLAIMS_DEPTH, valuesMax) < 0 || findFault([claims]) >= 0) return undefined;
  return claims;
}

function encoded(value: Value): Uint8Array | undefined {
  try {
    return encodeValue(value);
  } catch {
    // Nested more deeply than the encoder goes.
    return undefined;
  }
}
