// Which signature algorithms go with which key, and what is wrong with a public key. Checking tokens is left to
// chat/auth/authenticator.ts.
import { createPublicKey, type KeyObject } from 'node:crypto';

/** Names of RFC 7518, 8037 and 9864. `none` is not among them, and nothing accepts it. */
export const signatureAlgorithms = [
  ...(['HS256', 'HS384', 'HS512'] as const),
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const),
] as const;
export type SignatureAlgorithm = (typeof signatureAlgorithms)[number];

/** What may need a signature of the operator's own server. */
export const signatureKinds = ['login', 'members', 'blacklist'] as const;
export type SignatureKind = (typeof signatureKinds)[number];

/** What tokens are checked with, by the setting that gives it. */
export interface KeySource {
  readonly setting: 'PARLEY_JWT_SECRET' | 'PARLEY_JWT_PUBLIC_KEY' | 'PARLEY_JWKS_URL';
  /** Every algorithm that this kind of key can be used with. */
  readonly algorithms: readonly SignatureAlgorithm[];
  /** Those accepted unless the operator chooses. */
  readonly usual: readonly SignatureAlgorithm[];
}

export interface KeySettings {
  readonly jwtSecret: string | undefined;
  readonly jwtPublicKey: string | undefined;
  readonly jwksUrl: string | undefined;
}

const rsa = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const;
const edwards = ['EdDSA', 'Ed25519'] as const;
/** By the curve's name in OpenSSL. */
const ofCurve: Readonly<Record<string, SignatureAlgorithm>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};
/** Shortest RSA key that these algorithms allow (RFC 7518, 3.3). */
const rsaBitsMin = 2048;

/** The sources that are configured; a service has one. */
export function keySources({ jwtSecret, jwtPublicKey, jwksUrl }: KeySettings): KeySource[] {
  const sources: KeySource[] = [];
  if (jwtSecret !== undefined)
    sources.push({ setting: 'PARLEY_JWT_SECRET', algorithms: ['HS256', 'HS384', 'HS512'], usual: ['HS256'] });
  if (jwtPublicKey !== undefined)
    sources.push({ setting: 'PARLEY_JWT_PUBLIC_KEY', ...algorithmsOf(createPublicKey(jwtPublicKey)) });
  if (jwksUrl !== undefined) {
    const algorithms = [...rsa, ...Object.values(ofCurve), ...edwards];
    sources.push({ setting: 'PARLEY_JWKS_URL', algorithms, usual: ['RS256', 'ES256', ...edwards] });
  }
  return sources;
}

function algorithmsOf(key: KeyObject): Pick<KeySource, 'algorithms' | 'usual'> {
  if (key.asymmetricKeyType === 'rsa') return { algorithms: rsa, usual: ['RS256'] };
  if (key.asymmetricKeyType === 'ed25519') return { algorithms: edwards, usual: edwards };
  const algorithm = ofCurve[key.asymmetricKeyDetails?.namedCurve ?? ''];
  const algorithms = algorithm === undefined ? [] : [algorithm];
  return { algorithms, usual: algorithms };
}

/**
 * A PEM text in its own lines. On its way through editors, environment variables and secret stores its line breaks may have become
 * `\\n` in two letters, those of another system, or spaces.
 */
export function pemLines(text: string): string {
  const [, begin = '', body = '', end = ''] = /(-----BEGIN [^-]+-----)([^-]*)(-----END [^-]+-----)/.exec(text) ?? [];
  const lines = body.replaceAll(/\\[rn]|\s/g, '').match(/.{1,64}/g) ?? [];
  return `${[begin, ...lines, end].join('\n')}\n`;
}

/** Why a text is not the PEM of a public key that tokens can be checked with, if it is not. Does not repeat it. */
export function publicKeyProblem(text: string): string | undefined {
  const kinds = text.match(/-----BEGIN [A-Z0-9 ]+-----/g) ?? [];
  // A private key would be accepted by the parser too, and must not lie around where only its public half is needed.
  if (kinds.some((kind) => kind.includes('PRIVATE'))) return 'holds a private key; give only its public half';
  if (kinds.length !== 1 || !/BEGIN (?:RSA )?PUBLIC KEY/.test(kinds[0] ?? ''))
    return 'must be one public key in PEM form (-----BEGIN PUBLIC KEY-----)';
  let key: KeyObject;
  try {
    key = createPublicKey(pemLines(text));
  } catch {
    return 'is damaged: it looks like the PEM form of a public key, but cannot be read as one';
  }
  if (algorithmsOf(key).algorithms.length === 0)
    return 'must be an RSA, Ed25519, or P-256, P-384 or P-521 key; tokens are not signed with others';
  const bits = key.asymmetricKeyDetails?.modulusLength ?? rsaBitsMin;
  return bits < rsaBitsMin ? `is an RSA key of ${bits} bits; it must have ${rsaBitsMin} or more` : undefined;
}

/** Why a text is not the address of a key set, if it is not. */
export function jwksUrlProblem(value: string): string | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    return 'must be an address such as https://id.example.com/.well-known/jwks.json';
  return url.username === '' && url.password === '' ? undefined : 'may not contain a user name or password';
}
