/** How a login is told: in which order, in how many turns, and what of the user's log comes after it. */
import { setImmediate } from 'node:timers/promises';
import type { FilledIn } from '../../chat/auth/fill-in.ts';
import type { Login } from '../../chat/auth/login.ts';
import { wasPushed } from '../../chat/direct/missed.ts';
import { isLogged } from '../../chat/inbox/socket-inbox.ts';
import { isUpTo, type TopicEvent } from '../../log/event.ts';
import { addressOf } from '../../log/recipients.ts';
import type { Services } from '../../chat/services.ts';
import type { RequestLike } from '../answers.ts';
import type { ClientSocket } from '../client-socket.ts';
import type { Connection } from '../connection.ts';
import type { Hub } from '../hub/hub.ts';

/** Frames about a session or an inbox that a login is told at once. */
const RESTORED_PER_TURN = 100;

/** What a login has been told so far. `confirmed`: and not yet answered. */
export interface LoginTelling {
  readonly message: RequestLike | undefined;
  readonly began: number;
  told: 'nothing' | 'confirmed' | 'all';
}

/** A long session is told in several turns. What is live waits until it is told whole. */
export async function tellLogin(
  connection: Connection,
  telling: LoginTelling,
  { userName, authData, restored }: Pick<Login, 'userName' | 'authData' | 'restored'>,
): Promise<void> {
  const { message } = telling;
  for (let at = 0; at === 0 || at < restored.length; at += RESTORED_PER_TURN) {
    if (at > 0) await setImmediate();
    connection.cork(() => {
      if (telling.told === 'nothing') connection.notifyStored('loginConfirmed', [userName], authData);
      telling.told = 'confirmed';
      for (const frame of restored.slice(at, at + RESTORED_PER_TURN)) connection.sendFrame(frame);
      if (at + RESTORED_PER_TURN < restored.length) return;
      if (message?.type === 0) connection.respond(message.id, null, authData);
      telling.told = 'all';
    });
  }
}

/** Once a login is told: what of it may be answered, and what of it is yet to come. */
export function wasTold(
  { arrivals, unreadNews }: Pick<Services, 'arrivals' | 'unreadNews'>,
  socket: ClientSocket,
  { heard, isUnreadLate }: Pick<Login, 'heard' | 'isUnreadLate'>,
): void {
  for (const one of heard) arrivals.told(socket, one);
  if (isUnreadLate) unreadNews.later(socket);
}

/** What was kept for a socket while it was logging in, or had not filled that in: it comes behind what it was told by then. */
export function deliverKept(
  hub: Pick<Hub, 'deliverTo' | 'passOver'>,
  socket: ClientSocket,
  event: TopicEvent,
  pushed: Login['pushed'],
  filled: FilledIn | undefined,
): void {
  if (filled !== undefined && isLogged(event) && isUpTo(event, filled.at)) {
    // The socket is past it.
    if (filled.isInboxTold) return;
    // Of the session it knows as it is.
    if (addressOf(event).recipients.to === 'synced') return hub.passOver(socket, event);
  }
  if (wasPushed([...pushed, ...(filled?.pushed ?? [])], event.frame)) return hub.passOver(socket, event);
  hub.deliverTo(socket, event);
}
