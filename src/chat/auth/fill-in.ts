/**
 * What a header cannot say: after a login by the token of an upgrade one `login` without credentials names the device and its tag,
 * takes part in the session, and asks for what was missed. Its script is that of a login, for a socket that is there already: nobody
 * is told of a login a second time, and all else has the same order. It gives a resume token that knows what was filled in.
 */
import type { Position } from '../../log/event.ts';
import type { Credentials } from '../../protocol/connection.ts';
import type { Failure } from '../../protocol/errors/errors.ts';
import { StateUnavailable } from '../../redis/unavailable.ts';
import type { Services } from '../services.ts';
import { toldPosition } from '../inbox/socket-inbox.ts';
import { authDataOf, refusalFor, tagged, toldAtLogin, type Login } from './login.ts';
import { deviceFamily, familyOf, issueToken, tagOf } from './resume.ts';

export interface FilledIn extends Pick<
  Login,
  | 'family'
  | 'issuedAt'
  | 'synced'
  | 'restored'
  | 'heard'
  | 'pushed'
  | 'timedInbox'
  | 'countsUnread'
  | 'isUnreadLate'
  | 'authData'
> {
  /** What it was told of is so at this position of the user's log. */
  readonly at: Position;
  /** Up to there the inbox is told by it. */
  readonly isInboxTold: boolean;
}

const NO_ECHO = new Uint8Array(0);

/** Whether credentials leave open who it is that logs in. */
export const namesNobody = ({ token, userName, anonymous, resumeToken, signature }: Credentials): boolean =>
  [token, userName, anonymous, resumeToken, signature].every((one) => one === undefined);

/** Rejects with `StateUnavailable` where Redis cannot be asked, or does not know the socket any more. */
export async function fillIn(
  services: Services,
  socketId: string,
  first: Pick<Login, 'identified' | 'nodeId' | 'inbox'>,
  credentials: Credentials,
  isOpen: () => boolean,
): Promise<FilledIn | Failure> {
  const { nodeId } = first;
  const { deviceId } = credentials;
  const identified = { ...first.identified, deviceId, tag: tagOf(credentials) };
  const { userName } = identified;
  const family = familyOf(deviceId, identified.chainId);
  const synced = credentials.enableSync === true;
  const key = await services.resumeKeys.newest();
  const added = await services.users.login(userName, {
    socketId,
    nodeId,
    echo: NO_ECHO,
    shown: { ...identified.shown, device: deviceFamily(deviceId) },
    tagged: tagged(identified, family, credentials),
    synced,
  });
  if (added === 'lost') throw new StateUnavailable('this node was swept, or the socket has gone');
  if (typeof added === 'string' || 'retryAfterMs' in added) return refusalFor(added, identified);
  const { at, issuedAt } = added;
  const token = issueToken(key, services.settings, identified, issuedAt);
  const socket = { userName, socketId, nodeId, synced, hasOthers: added.nconnected > 1 };
  const told = await toldAtLogin(services, socket, credentials, added, isOpen);
  const isInboxTold = credentials.inbox !== undefined;
  // Who names no position begins where it has logged in: what came since is live.
  const inbox = toldPosition(isInboxTold ? added.inbox : first.inbox, told.timedInbox);
  const authData = authDataOf(services, identified, { socketId, token, inbox });
  return { family, issuedAt, synced, ...told, authData, at, isInboxTold };
}
