/**
 * What a socket that names a position in its login has missed of its user's notices: told behind `loginConfirmed`, up to the
 * position of the login itself, or a reset where the log cannot fill it. A login that names none asks for nothing.
 */
import { addressOf, isRecipient } from '../../log/recipients.ts';
import { storedDirectIn } from '../../protocol/direct.ts';
import type { Credentials } from '../../protocol/connection.ts';
import type { InboxPosition } from '../../protocol/inbox.ts';
import { notificationFrame, type AnyFrame } from '../../protocol/wire/frame.ts';
import type { Heard } from '../direct/arrivals.ts';
import type { Services } from '../services.ts';
import { inboxFrame, toldPosition } from './socket-inbox.ts';

export interface InboxTold {
  readonly frames: readonly AnyFrame[];
  /** The messages among them. */
  readonly heard: readonly Heard[];
  /** All that the log had is told. */
  readonly isWhole: boolean;
}

const NOTHING: InboxTold = { frames: [], heard: [], isWhole: false };
/** In replies: what is told at once must not make a slow reader of anybody. */
const REPLIES = 2;

export async function inboxAtLogin(
  { inboxes, settings }: Pick<Services, 'inboxes' | 'settings'>,
  socket: { readonly userName: string; readonly socketId: string; readonly nodeId: string; readonly synced: boolean },
  { inbox: named, inboxTimestamps = false }: Pick<Credentials, 'inbox' | 'inboxTimestamps'>,
  head: InboxPosition,
): Promise<InboxTold> {
  if (named === undefined) return NOTHING;
  const missed = await inboxes.readBehind(socket.userName, named, head, REPLIES * settings.replyBytes);
  if (missed === 'lost')
    return { ...NOTHING, frames: [notificationFrame('inboxReset', [{ ...toldPosition(head, inboxTimestamps) }])] };
  const frames: AnyFrame[] = [];
  const heard: Heard[] = [];
  for (const event of missed) {
    const { recipients } = addressOf(event);
    // What a room's own event has told to nodes it has not told to a socket that was not there.
    const isTold = recipients.to === 'notOn' || isRecipient(recipients, socket);
    frames.push(inboxFrame(event, isTold, inboxTimestamps));
    const message = isTold ? storedDirectIn(event.frame) : undefined;
    if (message !== undefined) heard.push({ author: message.author, first: message.id, last: message.id });
  }
  return { frames, heard, isWhole: true };
}
