/**
 * From credentials to a logged-in socket: who it is, its place among the user's sockets, and what the client is told.
 * The user's topic is followed before the script runs, and live notices begin right behind it.
 */
import type { Result } from '../../protocol/catalogue.ts';
import { fail, failBecause, Failure, unavailable } from '../../protocol/errors/errors.ts';
import { countFrame, notificationFrame, type AnyFrame } from '../../protocol/wire/frame.ts';
import { StoredResult } from '../../protocol/wire/stored.ts';
import type { Credentials } from '../../protocol/connection.ts';
import type { InboxPosition } from '../../protocol/inbox.ts';
import type { ValueMap } from '../../protocol/params/values.ts';
import { StateUnavailable } from '../../redis/unavailable.ts';
import type { Position } from '../../log/event.ts';
import { userTopic } from '../../redis/keys.ts';
import { newEpoch } from '../../redis/tokens.ts';
import { isAnonymous } from '../../store/user/anonymous.ts';
import type { Added, Full, Shown, Tagged } from '../../store/user/user-store.ts';
import type { AuthFailure, Identity } from './authenticator.ts';
import { givenNameRefusal } from './given-name.ts';
import { askToConnect, type Refused } from '../hooks/points.ts';
import { deviceFamily, familyOf, issueToken, resume, tagOf, type Resumed } from './resume.ts';
import type { Heard } from '../direct/arrivals.ts';
import { missedAtLogin } from '../direct/missed.ts';
import { inboxAtLogin } from '../inbox/at-login.ts';
import type { Services } from '../services.ts';
import { toldPosition } from '../inbox/socket-inbox.ts';
import { restore } from '../session/session.ts';
import type { Signed } from './signature.ts';
import { SwitchOver } from '../membership/switch-over.ts';
import { tokenRevoked } from './token-faults.ts';

const CONFLICT_FRAME = notificationFrame('loginConflict', [{ reason: 'another device has logged in with this tag' }]);

export interface Login {
  readonly userName: string;
  readonly nodeId: string;
  /** When the socket is closed, in ms since the epoch by this node's clock. */
  readonly closesAt: number | undefined;
  /** What its resume tokens are voided with. */
  readonly family: string;
  /** When its token was issued, in microseconds by Redis's clock. */
  readonly issuedAt: number;
  readonly synced: boolean;
  /** The user had no other socket. */
  readonly isAlone: boolean;
  /** What the socket is told of its user's inbox and session, and of what it has missed or not read, between `loginConfirmed` and the response. */
  readonly restored: readonly AnyFrame[];
  /** What is in it of messages. */
  readonly heard: readonly Heard[];
  /** Those of them that were pushed as missed, and may come live once more. */
  readonly pushed: readonly Heard[];
  /** Positions in its inbox are told with their times. */
  readonly timedInbox: boolean;
  /** The socket is told what is unread; and whether that is yet to begin, for not all could be asked. */
  readonly countsUnread: boolean;
  readonly isUnreadLate: boolean;
  /** In one form for the notification and for the answer. */
  readonly authData: StoredResult<Result<'login'>>;
  /** Puts the socket onto its user's live notices; call in the turn in which the response goes out. */
  readonly switchOver: SwitchOver;
  /** Where it has put the socket into the user's log. */
  readonly at: Position;
  /** How far its inbox has come there. */
  readonly inbox: InboxPosition;
  /** Who it is: for what fills in a login by header. */
  readonly identified: Identified;
}

/**
 * Logs a socket in, while `isOpen`. Refusals are values; rejects with `StateUnavailable` where Redis cannot be asked, having left
 * nothing that is not cleaned up later.
 */
export async function login(
  services: Services,
  socketId: string,
  credentials: Credentials,
  isOpen: () => boolean,
): Promise<Login | AuthFailure | Failure<'tooManySockets' | 'tooManyRequests' | 'sessionConflict'> | Refused> {
  const { users, topics, repairs } = services;
  const identified = await identify(services, socketId, credentials);
  if (identified instanceof Failure) return identified;
  const { userName, closesAt, shown, signed } = identified;
  // A token or a hook may take its time.
  if (!isOpen()) throw new StateUnavailable('nobody waits for the login any more');
  const debtMs = services.debtMs(userName);
  if (debtMs > 0) return fail('tooManyRequests', [], debtMs);
  const family = familyOf(identified.deviceId, identified.chainId);
  const topic = userTopic(userName);
  const { nodeId } = services.instance;
  const synced = credentials.enableSync === true;
  // Before the login has happened: it is not to fail for want of it.
  const key = await services.resumeKeys.newest();
  const feed = await topics.follow(topic, nodeId);
  const switchOver = new SwitchOver(topics, feed);
  try {
    const echo = countFrame('socketConnectEcho', [socketId]);
    const arrival = { socketId, nodeId, echo, shown, signed, tagged: tagged(identified, family, credentials), synced };
    const added = await services.formerMembers.making(userName, () => users.login(userName, arrival));
    if (added === 'lost') throw new StateUnavailable('this node was swept');
    if (typeof added === 'string' || 'retryAfterMs' in added) {
      switchOver.abandon();
      topics.unfollow(topic, nodeId);
      return refusalFor(added, identified);
    }
    switchOver.begin(added.at);
    tellArrival(services, userName, added);
    const token = issueToken(key, services.settings, identified, added.issuedAt);
    const socket = { userName, socketId, nodeId, synced, hasOthers: added.nconnected > 1 };
    const told = await toldAtLogin(services, socket, credentials, added, isOpen);
    const inbox = toldPosition(added.inbox, told.timedInbox);
    const authData = authDataOf(services, identified, { socketId, token, inbox });
    return {
      userName,
      nodeId,
      closesAt,
      family,
      issuedAt: added.issuedAt,
      synced,
      isAlone: !socket.hasOthers,
      ...told,
      authData,
      switchOver,
      at: added.at,
      inbox: added.inbox,
      identified,
    };
  } catch (error) {
    switchOver.abandon();
    repairs.check(topic, nodeId, error);
    throw error;
  }
}

/** Of a login alone: what fills one in is no arrival. */
function tellArrival({ presence, webhooks }: Services, userName: string, { isNews, nconnected }: Added): void {
  if (isNews) void presence.note(userName, 0);
  if (nconnected === 1) webhooks?.tell('presence', 'userOnline', { userName });
}

/** What a login with a tag is for the others that have it. */
export const tagged = (
  { tag }: Pick<Identified, 'tag'>,
  own: string,
  { isReconnect = false }: Pick<Credentials, 'isReconnect'>,
): Tagged | undefined => (tag === undefined ? undefined : { tag, own, isReconnect, frame: CONFLICT_FRAME });

/** A socket that is being told. */
interface Arriving {
  readonly userName: string;
  readonly socketId: string;
  readonly nodeId: string;
  readonly synced: boolean;
  readonly hasOthers: boolean;
}

/** The inbox comes first, then the session as it is, then what was missed and is not in the inbox, or what is unread. */
export async function toldAtLogin(
  services: Services,
  socket: Arriving,
  credentials: Pick<Credentials, 'inbox' | 'inboxTimestamps' | 'offlineMessages'>,
  { inbox: head, entries }: Pick<Added, 'inbox' | 'entries'>,
  isOpen: () => boolean,
): Promise<Pick<Login, 'restored' | 'heard' | 'pushed' | 'timedInbox' | 'countsUnread' | 'isUnreadLate'>> {
  const { userName, synced, hasOthers } = socket;
  const { offlineMessages, inboxTimestamps = false } = credentials;
  const inbox = await inboxAtLogin(services, socket, credentials, head);
  const session = synced ? await restore(services, socket, entries, isOpen) : [];
  const missed = offlineMessages === 'push' ? await missedAtLogin(services, userName, inbox.isWhole) : undefined;
  const unread = offlineMessages === 'unread' ? await services.unreadNews.atLogin(userName, hasOthers) : undefined;
  const pushed = missed?.heard ?? [];
  const last = [missed?.frame, unread?.frame].filter((frame) => frame !== undefined);
  return {
    restored: [...inbox.frames, ...session, ...last],
    heard: [...inbox.heard, ...pushed],
    pushed,
    timedInbox: inboxTimestamps,
    countsUnread: unread !== undefined,
    isUnreadLate: unread?.isLate ?? false,
  };
}

/** Nothing has happened. */
export function refusalFor(
  added: 'void' | 'overdue' | 'erasing' | 'former' | 'sessionConflict' | 'badSignature' | Full,
  { issuedAt }: Identified,
): Failure<'badToken' | 'badSignature' | 'sessionConflict' | 'tooManySockets' | 'unavailable'> {
  if (typeof added !== 'string') return fail('tooManySockets', [], added.retryAfterMs);
  if (added === 'sessionConflict') return fail(added);
  if (added === 'badSignature') return failBecause(added, [], 'it was used before, or its time is over');
  // Who has the tag is on a node that is being swept; or the name is nobody's for now; or nothing was shown that is not good any more.
  if (added === 'overdue' || added === 'erasing' || added === 'former' || issuedAt === undefined) return unavailable();
  return tokenRevoked();
}

export function authDataOf(
  { instance, settings }: Services,
  { userName, expiresAt, claims, authData }: Identified,
  { socketId, token, inbox }: { readonly socketId: string; readonly token: string; readonly inbox: InboxPosition },
): StoredResult<Result<'login'>> {
  return new StoredResult({
    // First: whatever they are called, they replace nothing below.
    ...claims,
    ...authData,
    id: socketId,
    userName,
    serverTime: Math.floor(instance.redisNow()),
    heartbeatMs: settings.heartbeatMs,
    tokenExpiresAt: expiresAt ?? null,
    resumeToken: token,
    inbox,
    protocol: 1,
    limits: settings.toldLimits,
  });
}

export interface Identified extends Identity {
  readonly shown: Shown;
  readonly deviceId: string | undefined;
  readonly tag: string | undefined;
  readonly signed: Signed | undefined;
  readonly chainId: string;
  /** Of the chain that is gone on with; none where credentials were shown. */
  readonly endsAt: number | undefined;
  /** What the hook adds. */
  readonly authData: ValueMap;
}

/** Who logs in, by the credentials and as the operator's hook decides. */
async function identify(
  services: Services,
  socketId: string,
  credentials: Credentials,
): Promise<Identified | AuthFailure | Refused> {
  const beganAt = Math.floor(services.instance.redisNowAtLeast()) * 1000;
  const known: (Identity & Partial<Resumed>) | AuthFailure =
    credentials.resumeToken === undefined
      ? await services.authenticator.identify(credentials)
      : await resume(services, credentials.resumeToken, credentials);
  // Where they name nobody, the operator's hook may.
  if (known instanceof Failure && known.code !== 'noLogin') return known;
  const identity = known instanceof Failure ? undefined : known;
  const reason = credentials.resumeToken === undefined ? 'login' : 'resume';
  const { limits } = services.settings;
  const connected = await askToConnect(services.hooks, socketId, { credentials, reason, limits }, identity);
  if (connected instanceof Failure) return connected;
  const { userName } = connected;
  if (userName === undefined) return known instanceof Failure ? known : fail('noLogin');
  const isSameUser = userName === identity?.userName;
  const isOwnAnonymous = isSameUser && isAnonymous(userName);
  const badName = isOwnAnonymous ? undefined : givenNameRefusal(userName, limits);
  if (badName !== undefined) return badName;
  const { expiresAt, closesAt, issuedAt, claims = {}, signed, chain } = identity ?? {};
  const shows = chain === undefined ? credentials : (identity ?? credentials);
  const named = { deviceId: shows.deviceId, tag: tagOf(shows) };
  const family = chain && familyOf(named.deviceId, chain.id);
  // Where no token is shown, the login is as old as it is under way.
  const shown = { issuedAt: issuedAt ?? beganAt, device: deviceFamily(named.deviceId), family };
  // The login's script looks at the marks of its own user only, and at its nonces.
  if (signed !== undefined && !isSameUser) return failBecause('badSignature', [], 'it is for another user');
  if (identity !== undefined && !isSameUser && (await services.users.isOver(identity.userName, shown))) {
    return tokenRevoked();
  }
  const { authData } = connected;
  const chained = { chainId: isSameUser && chain !== undefined ? chain.id : newEpoch(), endsAt: chain?.endsAt };
  return { userName, expiresAt, closesAt, issuedAt, claims, ...named, ...chained, shown, signed, authData };
}
