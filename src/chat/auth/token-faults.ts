/**
 * What is wrong with a token, in words for whoever made it: every cause has its own. None tells a key, a secret, or what
 * was in the token. Checking tokens is the authenticator's.
 */
import { errors } from 'jose';
import { failBecause, type Failure } from '../../protocol/errors/errors.ts';

export const badToken = (because: string): Failure<'badToken'> => failBecause('badToken', [], because);

export const tokenRevoked = (): Failure<'badToken'> => badToken('it was revoked');

/** `at`: when it ended, ms since the epoch, as far as that is a time. */
export function tokenExpired(at: unknown): Failure<'tokenExpired'> {
  const known = typeof at === 'number' && Math.abs(at) <= DATE_MAX_MS;
  const ended = known ? `it ended at ${isoTime(at)}, and it is ${isoTime(Date.now())} here` : undefined;
  return failBecause('tokenExpired', [], ended);
}

const DATE_MAX_MS = 8.64e15;
const isoTime = (ms: number): string => new Date(ms).toISOString();

/** The refusal for what the library throws when it checks a token. */
export function refusalOf(error: unknown): Failure<'badToken' | 'tokenExpired'> {
  if (error instanceof errors.JWTExpired) return tokenExpired(Number(error.payload.exp) * 1000);
  if (error instanceof errors.JWSSignatureVerificationFailed) return badToken('its signature is not that of its key');
  if (error instanceof errors.JWTClaimValidationFailed) return badToken(claimFault(error));
  return badToken('it is no signed JWT');
}

function claimFault({ claim, reason }: { readonly claim: string; readonly reason: string }): string {
  if (reason === 'missing') return `it has no \`${claim}\``;
  if (reason === 'invalid') return `its \`${claim}\` is no number`;
  if (claim === 'aud') return 'it is meant for another audience (`aud`)';
  if (claim === 'iss') return 'it is of another issuer (`iss`)';
  if (claim === 'nbf') return 'it does not count yet (`nbf`)';
  return `its \`${claim}\` is not accepted`;
}
