/** Who somebody is, by credentials: a token, a name in open mode, or a random name. Resuming is login.ts's work. */
import { decodeProtectedHeader, jwtVerify, type JWTHeaderParameters, type JWTPayload } from 'jose';
import { Failure, failBecause, unavailable } from '../../protocol/errors/errors.ts';
import { normaliseName, type NameLimits } from '../../protocol/names/form.ts';
import type { Credentials, Signature } from '../../protocol/connection.ts';
import type { ValueMap } from '../../protocol/params/values.ts';
import type { SignatureKind } from '../../config/signatures.ts';
import { anonymousName } from '../../store/user/anonymous.ts';
import { newSocketId } from '../../redis/tokens.ts';
import { pickClaims } from './claims.ts';
import { givenNameRefusal } from './given-name.ts';
import { checkSignature, type Signed } from './signature.ts';
import { badToken, refusalOf, tokenExpired } from './token-faults.ts';
import type { TokenKeys } from './token-keys.ts';

export interface Identity {
  readonly userName: string;
  /** When the login ends unless refreshed, in ms since the epoch, by the token's word. */
  readonly expiresAt: number | undefined;
  /** When its open sockets are closed, by this node's clock; undefined for never. */
  readonly closesAt: number | undefined;
  /** What the operator passes on of the token. */
  readonly claims: ValueMap;
  /** Of a token, in microseconds since the epoch: 0 where it does not say. Undefined where none is shown. */
  readonly issuedAt: number | undefined;
  /** Of a signature: it counts once. */
  readonly signed?: Signed | undefined;
}

export interface AuthenticatorOptions {
  readonly mode: 'open' | 'jwt';
  /** The only ones accepted, whatever a token says; all go with the keys. */
  readonly algorithms: readonly string[];
  readonly audience: string | undefined;
  readonly issuer: string | undefined;
  readonly userClaim: string;
  /** How far the clock of whoever made a token may differ. */
  readonly leewayMs: number;
  /** Names of the claims to pass on. */
  readonly claims: readonly string[];
  readonly allowAnonymous: boolean;
  readonly signatureSecret: string | undefined;
  /** What needs a signature where no token is shown. */
  readonly signatures: readonly SignatureKind[];
  /** Redis's clock, in ms. */
  readonly now: () => number;
  readonly limits: NameLimits;
  /** Told of good tokens that are refused for what they carry. */
  onUnfit(reason: string): void;
}

export type AuthFailure = Failure<
  'noLogin' | 'notAllowed' | 'invalidName' | 'badToken' | 'tokenExpired' | 'badSignature' | 'unavailable'
>;

/** A token is looked at before anybody has vouched for it; real ones are far shorter. */
const TOKEN_LENGTH_MAX = 16_384;

export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #keys: TokenKeys | undefined;

  constructor(options: AuthenticatorOptions, keys: TokenKeys | undefined) {
    this.#options = options;
    this.#keys = keys;
  }

  /** Never rejects. */
  async identify(credentials: Credentials): Promise<Identity | AuthFailure> {
    if (credentials.token !== undefined) return this.verify(credentials.token);
    if (credentials.signature !== undefined) return this.#signed(credentials.userName ?? '', credentials.signature);
    if (credentials.anonymous === true) {
      if (!this.#options.allowAnonymous) return failBecause('notAllowed', [], 'nobody logs in anonymously here');
      const userName = normaliseName(anonymousName(newSocketId()), this.#options.limits);
      return { userName, expiresAt: undefined, closesAt: undefined, issuedAt: undefined, claims: {} };
    }
    if (credentials.userName === undefined) return failBecause('noLogin', [], 'the credentials name nobody');
    if (this.#options.mode !== 'open' || this.#options.signatures.includes('login'))
      return failBecause('noLogin', [], 'a name alone is not believed here');
    return this.#named(credentials.userName, { expiresAt: undefined, issuedAt: undefined, claims: {} });
  }

  /**
   * Checks a token's signature, algorithm, audience, issuer and times. `unavailable`: its key cannot be had at the
   * moment, so nobody knows. Never rejects.
   */
  async verify(token: string): Promise<Identity | AuthFailure> {
    const { algorithms, audience, issuer, leewayMs } = this.#options;
    if (this.#keys === undefined) return badToken('no tokens are checked here');
    if (token.length > TOKEN_LENGTH_MAX) return badToken('it is too long');
    const header = headerOf(token);
    if (header === undefined) return badToken('it is no signed JWT');
    // Before a key is looked for: a token must not decide how its own signature is checked.
    if (!algorithms.includes(header.alg)) return badToken('its algorithm (`alg`) is not accepted here');
    const key = await this.#keys.find(header);
    if (key === 'unavailable') return unavailable();
    if (key === 'unknown') return badToken('no key known here goes with it (`kid`)');
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [...algorithms],
        clockTolerance: leewayMs / 1000,
        ...(audience === undefined ? {} : { audience }),
        ...(issuer === undefined ? {} : { issuer }),
      });
      return this.#identityOf(payload);
    } catch (error) {
      return refusalOf(error);
    }
  }

  /** What of a token's payload is passed on; undefined where that is more than can be. */
  claimsOf(payload: unknown): ValueMap | undefined {
    return pickClaims(payload, this.#options.claims);
  }

  start(): void {
    this.#keys?.start();
  }

  stop(): void {
    this.#keys?.stop();
  }

  #signed(userName: string, shown: Signature): Identity | AuthFailure {
    const { signatureSecret, signatures, now } = this.#options;
    const signed = checkSignature(
      signatures.includes('login') ? signatureSecret : undefined,
      ['login', userName, ''],
      shown,
      now(),
    );
    if (signed instanceof Failure) return signed;
    const named = this.#named(userName, { expiresAt: undefined, issuedAt: signed.issuedAt, claims: {} });
    return named instanceof Failure ? named : { ...named, signed };
  }

  #identityOf(payload: JWTPayload): Identity | AuthFailure {
    const { userClaim, leewayMs } = this.#options;
    const name = Object.hasOwn(payload, userClaim) ? payload[userClaim] : undefined;
    if (typeof name !== 'string') return badToken(`its \`${userClaim}\` names no user`);
    const expiresAt = payload.exp === undefined ? undefined : Math.floor(payload.exp * 1000);
    if (expiresAt !== undefined) {
      if (!Number.isSafeInteger(expiresAt)) return badToken('its `exp` is out of range');
      // The library counts in whole seconds; an open socket is closed by this very rule.
      if (expiresAt + leewayMs <= Date.now()) return tokenExpired(expiresAt);
    }
    const claims = this.claimsOf(payload);
    if (claims === undefined) {
      const because = 'the claims to pass on are too large, or no values of the protocol';
      this.#options.onUnfit(because);
      return badToken(because);
    }
    const issuedAt = issueOf(payload);
    return this.#named(normaliseName(name, this.#options.limits), { expiresAt, issuedAt, claims });
  }

  #named(
    userName: string,
    { expiresAt, ...said }: Pick<Identity, 'expiresAt' | 'issuedAt' | 'claims'>,
  ): Identity | AuthFailure {
    const { limits, leewayMs } = this.#options;
    const refused = givenNameRefusal(userName, limits);
    if (refused !== undefined) return refused;
    const closesAt = expiresAt === undefined ? undefined : expiresAt + leewayMs;
    return { userName, expiresAt, closesAt, ...said };
  }
}

/** By the token's word, to the second: one that was issued within the second in which logins are revoked is revoked, too. */
function issueOf({ iat }: JWTPayload): number {
  const at = typeof iat === 'number' ? Math.floor(iat) * 1_000_000 : 0;
  return Number.isSafeInteger(at) ? at : 0;
}

/** The header of a token, unverified; undefined where there is none. */
function headerOf(token: string): JWTHeaderParameters | undefined {
  try {
    const { alg, ...rest } = decodeProtectedHeader(token);
    return alg === undefined ? undefined : { ...rest, alg };
  } catch {
    return undefined;
  }
}
