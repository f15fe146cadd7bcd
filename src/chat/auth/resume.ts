/**
 * Resume tokens: a login gives one, and by it the same user and device log in again without other credentials. Logins that
 * come of each other are a chain, which ends, however often it is resumed: no token and no socket of it outlives that.
 * Nothing is stored of a token: it says itself, signed, what it stands for, and only what is ended before its time leaves a mark.
 * Times are by Redis's clock, which all nodes share.
 */
import { createHash } from 'node:crypto';
import type { Credentials } from '../../protocol/connection.ts';
import type { Failure } from '../../protocol/errors/errors.ts';
import type { Services } from '../services.ts';
import type { Identity } from './authenticator.ts';
import type { ResumeKey } from '../../store/user/resume-key-store.ts';
import { sign } from './resume-keys.ts';
import { badToken, tokenExpired } from './token-faults.ts';

/** What a resumed login goes on with. */
export interface Chain {
  readonly id: string;
  readonly endsAt: number;
}

/** What a token says. A change of it needs another `v`. */
interface Content {
  readonly v: 1;
  readonly userName: string;
  readonly deviceId: string | null;
  readonly tag: string | null;
  readonly chain: string;
  /** In microseconds: the place of its login among what was revoked. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly endsAt: number;
  readonly claims: unknown;
}

export interface Resumed extends Identity {
  readonly deviceId: string | undefined;
  readonly tag: string | undefined;
  readonly chain: Chain;
}

/** The identity that a resume token stands for; whether it was revoked is for the login's script to say. Where the credentials name a device or a tag, they are the token's. */
export async function resume(
  { authenticator, instance, resumeKeys, settings }: Services,
  token: string,
  named: Pick<Credentials, 'deviceId' | 'tag'>,
): Promise<Resumed | Failure<'badToken' | 'tokenExpired'>> {
  const text = await resumeKeys.verify(token);
  if (text === undefined) return badToken('it is no resume token of this service, or not any more');
  // Written below, by whoever has the key.
  const content = JSON.parse(text) as Content;
  if (content.v !== 1) return badToken('it is of another version');
  const { userName, chain: id, issuedAt, endsAt } = content;
  const deviceId = content.deviceId ?? undefined;
  const now = instance.redisNow();
  const expiresAt = Math.min(content.expiresAt, endsAt, issuedAt / 1000 + settings.resumeTokenMs);
  if (expiresAt <= now) return tokenExpired(expiresAt);
  const tag = content.tag ?? undefined;
  if (named.deviceId !== undefined && named.deviceId !== deviceId) return badToken('it was given to another device');
  if (tagOf(named) !== undefined && tagOf(named) !== tag) return badToken('it was given with another tag');
  // Claims were checked when they came; those that are not passed on any more are left out.
  const claims = authenticator.claimsOf(content.claims) ?? {};
  // Sockets are closed by this node's clock.
  const closesAt = Date.now() + (endsAt - now);
  return { userName, expiresAt: endsAt, closesAt, issuedAt, claims, deviceId, tag, chain: { id, endsAt } };
}

/** Stands for none. */
const NO_TAG = 'default';
export const tagOf = ({ tag }: { readonly tag?: string | undefined }): string | undefined =>
  tag === NO_TAG ? undefined : tag;

/** A login for which a token is to be issued. */
export interface Resumable extends Pick<Identity, 'userName' | 'expiresAt' | 'claims'> {
  readonly deviceId: string | undefined;
  readonly tag: string | undefined;
  /** That of the token that was shown, or, where none was or it is another user's, a new one. */
  readonly chainId: string;
  /** When the chain ends that is gone on with. */
  readonly endsAt: number | undefined;
}

/**
 * The resume token of a login: good for a while after now, but not beyond the end of its chain. A chain that begins ends a
 * while after the token that it began with; where there was none, or one that never expires, a while after now.
 */
export function issueToken(
  key: ResumeKey,
  { resumeTokenMs }: Pick<Services['settings'], 'resumeTokenMs'>,
  { userName, expiresAt: shownUntil, claims, deviceId, tag, chainId, endsAt: chainEndsAt }: Resumable,
  issuedAt: number,
): string {
  const now = Math.floor(issuedAt / 1000);
  const endsAt = chainEndsAt ?? Math.min((shownUntil ?? now) + resumeTokenMs, Number.MAX_SAFE_INTEGER);
  const expiresAt = Math.min(now + resumeTokenMs, endsAt);
  const content: Content = {
    v: 1,
    userName,
    deviceId: deviceId ?? null,
    tag: tag ?? null,
    chain: chainId,
    issuedAt,
    expiresAt,
    endsAt,
    claims,
  };
  return sign(key, JSON.stringify(content));
}

/** Of logins that name a device; its name may be long. */
export const deviceFamily = <D extends string | undefined>(deviceId: D): D | string =>
  deviceId === undefined ? deviceId : `device.${createHash('sha256').update(deviceId).digest('base64url')}`;

/** What a login ends with, and has its tag with: those of one device, or of one chain. */
export const familyOf = (deviceId: string | undefined, chain: string): string =>
  deviceFamily(deviceId) ?? `chain.${chain}`;
