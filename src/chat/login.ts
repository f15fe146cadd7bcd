/**
 * From credentials to a logged-in socket: who it is, its place among the user's sockets, and what the client is told.
 * The user's topic is followed before the script runs, and live notices begin right behind it.
 */
import { createHash } from 'node:crypto';
import type { Result } from '../protocol/catalogue.ts';
import { fail, Failure } from '../protocol/errors.ts';
import { countFrame } from '../protocol/frame.ts';
import { isValidName } from '../protocol/names.ts';
import type { Credentials } from '../protocol/types.ts';
import type { ValueMap } from '../protocol/values.ts';
import { StateUnavailable } from '../state/commands.ts';
import { userTopic } from '../state/keys.ts';
import { newSecret } from '../state/tokens.ts';
import type { AuthFailure, Identity } from './authenticator.ts';
import { askToConnect, type Refused } from './hook-points.ts';
import type { Services } from './services.ts';
import { restore } from './session.ts';
import { SwitchOver } from './switch-over.ts';

export interface Login {
  readonly userName: string;
  readonly nodeId: string;
  readonly expiresAt: number | undefined;
  readonly resumeFamily: string;
  readonly synced: boolean;
  /** What the socket is told of its user's session, between `loginConfirmed` and the response. */
  readonly restored: readonly Uint8Array[];
  readonly authData: Result<'login'>;
  /** Puts the socket onto its user's live notices; call in the turn in which the response goes out. */
  readonly switchOver: SwitchOver;
}

/**
 * Logs a socket in. Refusals are values; rejects with `StateUnavailable` where Redis cannot be asked, having left
 * nothing that is not cleaned up later.
 */
export async function login(
  services: Services,
  socketId: string,
  credentials: Credentials,
): Promise<Login | AuthFailure | Failure<'tooManySockets' | 'tooManyRequests'> | Refused> {
  const { users, topics, reconciler, settings } = services;
  const identified = await identify(services, socketId, credentials);
  if (identified instanceof Failure) return identified;
  const { userName, expiresAt, claims } = identified;
  const debtMs = services.debtMs(userName);
  if (debtMs > 0) return fail('tooManyRequests', [], debtMs);
  const secret = newSecret();
  const resumeFamily = identified.resumeFamily ?? hashOf(secret);
  const topic = userTopic(userName);
  const nodeId = services.nodeId();
  const synced = credentials.enableSync === true;
  const feed = await topics.follow(topic, nodeId);
  const switchOver = new SwitchOver(topics, feed);
  try {
    const token = {
      hash: hashOf(secret),
      expiresAt: Date.now() + settings.resumeTokenMs,
      family: resumeFamily,
      record: JSON.stringify({ deviceId: credentials.deviceId ?? null, claims }),
    };
    const echo = countFrame('socketConnectEcho', [socketId]);
    const added = await users.login(userName, socketId, nodeId, echo, token, synced);
    if (added === 'lost') throw new StateUnavailable('this node was swept');
    if (added === 'tooManySockets') {
      switchOver.abandon();
      topics.unfollow(topic, nodeId);
      return fail('tooManySockets');
    }
    switchOver.begin(added.at);
    const restored = synced ? await restore(services, { userName, socketId }, added.filed) : [];
    const authData: Result<'login'> = {
      // First: whatever they are called, they replace nothing below.
      ...claims,
      ...identified.authData,
      id: socketId,
      userName,
      serverTime: Date.now(),
      heartbeatMs: settings.heartbeatMs,
      tokenExpiresAt: expiresAt ?? null,
      resumeToken: `${Buffer.from(userName, 'utf8').toString('base64url')}.${secret}`,
      inbox: { epoch: added.at.epoch, seq: 0 },
      protocol: 1,
      limits: { ...settings.limits },
    };
    return { userName, nodeId, expiresAt, resumeFamily, synced, restored, authData, switchOver };
  } catch (error) {
    switchOver.abandon();
    reconciler.suspect(topic, nodeId, error);
    throw error;
  }
}

interface Identified extends Identity {
  readonly resumeFamily: string | undefined;
  /** What the hook adds. */
  readonly authData: ValueMap;
}

/** Who logs in, by the credentials and as the operator's hook decides. */
async function identify(
  services: Services,
  socketId: string,
  credentials: Credentials,
): Promise<Identified | AuthFailure | Refused> {
  const known: Resumed | AuthFailure =
    credentials.resumeToken === undefined
      ? await services.authenticator.identify(credentials)
      : await resume(services, credentials.resumeToken, credentials.deviceId);
  // Where they name nobody, the operator's hook may.
  if (known instanceof Failure && known.code !== 'noLogin') return known;
  const identity = known instanceof Failure ? undefined : known;
  const reason = credentials.resumeToken === undefined ? 'login' : 'resume';
  const connected = await askToConnect(services.hooks, socketId, { credentials, reason }, identity);
  if (connected instanceof Failure) return connected;
  const { userName } = connected;
  if (userName === undefined) return fail('noLogin');
  if (!isValidName(userName, services.settings.limits.nameBytes)) return fail('invalidName', [userName]);
  const { expiresAt, claims = {} } = identity ?? {};
  const resumeFamily = userName === identity?.userName ? identity.resumeFamily : undefined;
  return { userName, expiresAt, claims, resumeFamily, authData: connected.authData };
}

interface Resumed extends Identity {
  /** Of the token that was shown; none where credentials were. */
  readonly resumeFamily?: string;
}

/** The identity that a resume token stands for. It is bound to the device that it was given to. */
async function resume(
  services: Services,
  token: string,
  deviceId: string | undefined,
): Promise<Resumed | Failure<'badToken' | 'tokenExpired'>> {
  const [name = '', secret = ''] = token.split('.');
  const userName = Buffer.from(name, 'base64url').toString('utf8');
  if (!isValidName(userName, services.settings.limits.nameBytes) || secret === '') return fail('badToken');
  const stored = await services.users.readResumeToken(userName, hashOf(secret));
  if (stored === undefined) return fail('badToken');
  if (stored.expiresAt <= Date.now()) return fail('tokenExpired');
  // Written above, perhaps by another version of it.
  const parsed: unknown = JSON.parse(stored.record);
  const record = new Map<string, unknown>(typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : []);
  if ((record.get('deviceId') ?? null) !== (deviceId ?? null)) return fail('badToken');
  // Claims were checked when they came; those that are not passed on any more are left out.
  const claims = services.authenticator.claimsOf(record.get('claims')) ?? {};
  return { userName, expiresAt: undefined, claims, resumeFamily: stored.family };
}

/** Only hashes are stored: who reads Redis cannot log in with what is found there. */
const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url');
