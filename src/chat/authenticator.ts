/** Who somebody is, by credentials: a token, a name in open mode, or a random name. Resuming is login.ts's work. */
import { errors, jwtVerify } from 'jose';
import { fail, type Failure } from '../protocol/errors.ts';
import { isValidName, normaliseName } from '../protocol/names.ts';
import type { Credentials } from '../protocol/types.ts';
import { newSocketId } from '../state/tokens.ts';

export interface Identity {
  readonly userName: string;
  /** When the login ends unless refreshed, in ms since the epoch. */
  readonly expiresAt: number | undefined;
}

export interface AuthenticatorOptions {
  readonly mode: 'open' | 'jwt';
  readonly jwtSecret: string | undefined;
  readonly algorithms: readonly string[];
  readonly audience: string | undefined;
  readonly issuer: string | undefined;
  readonly userClaim: string;
  readonly allowAnonymous: boolean;
  readonly nameBytes: number;
}

export type AuthFailure = Failure<'noLogin' | 'notAllowed' | 'invalidName' | 'badToken' | 'tokenExpired'>;

export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #key: Uint8Array | undefined;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.#key = options.jwtSecret === undefined ? undefined : new TextEncoder().encode(options.jwtSecret);
  }

  /** Never rejects. */
  async identify(credentials: Credentials): Promise<Identity | AuthFailure> {
    if (credentials.token !== undefined) return this.verify(credentials.token);
    if (credentials.anonymous === true) {
      if (!this.#options.allowAnonymous) return fail('notAllowed');
      return { userName: `anonymous-${newSocketId()}`, expiresAt: undefined };
    }
    if (this.#options.mode !== 'open' || credentials.userName === undefined) return fail('noLogin');
    return this.#named(credentials.userName, undefined);
  }

  /** Checks a token's signature, algorithm, audience, issuer and times. Never rejects. */
  async verify(token: string): Promise<Identity | AuthFailure> {
    if (this.#key === undefined) return fail('badToken');
    const { algorithms, audience, issuer, userClaim } = this.#options;
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: [...algorithms],
        ...(audience === undefined ? {} : { audience }),
        ...(issuer === undefined ? {} : { issuer }),
      });
      const name = payload[userClaim];
      if (typeof name !== 'string') return fail('badToken');
      return this.#named(normaliseName(name), payload.exp === undefined ? undefined : payload.exp * 1000);
    } catch (error) {
      return error instanceof errors.JWTExpired ? fail('tokenExpired') : fail('badToken');
    }
  }

  #named(userName: string, expiresAt: number | undefined): Identity | AuthFailure {
    return isValidName(userName, this.#options.nameBytes) ? { userName, expiresAt } : fail('invalidName', [userName]);
  }
}
