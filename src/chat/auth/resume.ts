/**
 * Resume tokens: a login gives one, and by it the same user and device log in again without other credentials. Logins that
 * come of each other are a chain, which ends, however often it is resumed: no token and no socket of it outlives that.
 * Their times are by Redis's clock, which all nodes share.
 */
import { createHash } from 'node:crypto';
import type { Instance } from '../../bus/instance.ts';
import type { Failure } from '../../protocol/errors.ts';
import { isValidName } from '../../protocol/names/rule.ts';
import type { NewToken, ResumeFamily } from '../../store/user/user-store.ts';
import { newSecret } from '../../redis/tokens.ts';
import type { Identity } from './authenticator.ts';
import type { Services } from '../services.ts';
import { badToken, tokenExpired } from './token-faults.ts';

/** What a resumed login goes on with. */
export interface Chain {
  /** Of the token that was shown. */
  readonly shown: string;
  readonly family: string;
  readonly endsAt: number;
}

export interface Resumed extends Identity {
  readonly chain: Chain;
}

/** The identity that a resume token stands for. It is bound to the device that it was given to. */
export async function resume(
  services: Services,
  token: string,
  deviceId: string | undefined,
): Promise<Resumed | Failure<'badToken' | 'tokenExpired'>> {
  const { users, authenticator, settings } = services;
  const [name = '', secret = ''] = token.split('.');
  const userName = Buffer.from(name, 'base64url').toString('utf8');
  if (!isValidName(userName, settings.limits) || secret === '') return badToken('it is no resume token');
  const shown = hashOf(secret);
  const stored = await users.readResumeToken(userName, shown);
  if (stored === undefined) return badToken('it is not known, or not any more');
  // Written below, perhaps by another version of it.
  const parsed: unknown = JSON.parse(stored.record);
  const record = new Map<string, unknown>(typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : []);
  const noted = record.get('endsAt');
  // Chains had no end once: what is left of those ends with the token.
  const endsAt = typeof noted === 'number' ? noted : stored.expiresAt;
  const now = services.instance.redisNow();
  const expiresAt = Math.min(stored.expiresAt, endsAt);
  if (expiresAt <= now) return tokenExpired(expiresAt);
  if ((record.get('deviceId') ?? null) !== (deviceId ?? null)) return badToken('it was given to another device');
  // Claims were checked when they came; those that are not passed on any more are left out.
  const claims = authenticator.claimsOf(record.get('claims')) ?? {};
  // Sockets are closed by this node's clock.
  const closesAt = Date.now() + (endsAt - now);
  return { userName, expiresAt: endsAt, closesAt, claims, chain: { shown, family: stored.family, endsAt } };
}

export interface Issued {
  /** For the client. */
  readonly token: string;
  readonly stored: NewToken;
  readonly family: ResumeFamily;
}

/**
 * The resume token of a login: good for a while after now, but not beyond the end of its chain. A chain that begins ends a
 * while after the token that it began with; where there was none, or one that never expires, a while after now.
 */
export function issueToken(
  services: { instance: Pick<Instance, 'redisNow'> } & { settings: Pick<Services['settings'], 'resumeTokenMs'> },
  login: Pick<Identity, 'userName' | 'expiresAt' | 'claims'> & {
    readonly deviceId: string | undefined;
    readonly chain: Chain | undefined;
    /** Whether the token that was shown is the same user's: a hook may name another. */
    readonly isSameUser: boolean;
  },
): Issued {
  const { userName, claims, deviceId, chain, isSameUser } = login;
  const { resumeTokenMs } = services.settings;
  const issuedAt = Math.floor(services.instance.redisNow());
  const endsAt = chain?.endsAt ?? Math.min((login.expiresAt ?? issuedAt) + resumeTokenMs, Number.MAX_SAFE_INTEGER);
  const expiresAt = Math.min(issuedAt + resumeTokenMs, endsAt);
  const secret = newSecret();
  const hash = hashOf(secret);
  const resumed = isSameUser ? chain : undefined;
  const family = deviceId === undefined ? (resumed?.family ?? hash) : `device.${hashOf(deviceId)}`;
  const record = JSON.stringify({ issuedAt, endsAt, deviceId: deviceId ?? null, claims });
  return {
    token: `${Buffer.from(userName, 'utf8').toString('base64url')}.${secret}`,
    stored: { hash, issuedAt, expiresAt, family, record, shown: resumed?.shown },
    family: { name: family, deviceId },
  };
}

/** Only hashes are stored: who reads Redis cannot log in with what is found there. */
const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url');
