/** Where the keys come from that tokens are checked with. What a good token is, is the authenticator's matter. */
import { createPublicKey } from 'node:crypto';
import type { CryptoKey, JWTHeaderParameters, KeyObject } from 'jose';
import { RemoteKeys, type RemoteKeysOptions } from './remote-keys.ts';

/**
 * A key; `unknown`: the issuer has none that fits this header; `unavailable`: that cannot be found out at the moment,
 * and the same token may be good later.
 */
export type FoundKey = CryptoKey | KeyObject | Uint8Array | 'unknown' | 'unavailable';

export interface TokenKeys {
  /** The key for a token with this header, which nobody has vouched for yet. Never rejects. */
  find(header: JWTHeaderParameters): Promise<FoundKey>;
  /** Gets ready for the first token. */
  start(): void;
  stop(): void;
}

export interface TokenKeySettings {
  readonly jwtSecret: string | undefined;
  readonly jwtPublicKey: string | undefined;
  readonly jwksUrl: string | undefined;
  readonly jwks: Omit<RemoteKeysOptions, 'url' | 'onError'>;
}

/** The keys that are configured (one kind of them); undefined where there are none, and no token is good. */
export function createTokenKeys(
  { jwtSecret, jwtPublicKey, jwksUrl, jwks }: TokenKeySettings,
  onError: RemoteKeysOptions['onError'],
): TokenKeys | undefined {
  if (jwtSecret !== undefined) return oneKey(new TextEncoder().encode(jwtSecret));
  if (jwtPublicKey !== undefined) return oneKey(createPublicKey(jwtPublicKey));
  if (jwksUrl !== undefined) return new RemoteKeys({ ...jwks, url: jwksUrl, onError });
  return undefined;
}

function oneKey(key: KeyObject | Uint8Array): TokenKeys {
  return { find: () => Promise.resolve(key), start: () => undefined, stop: () => undefined };
}
