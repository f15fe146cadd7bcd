/** What comes of a post besides the message. None of it is waited for, and none of it is done again. */
import type { Posted } from '../../store/message/message-store.ts';
import type { UnreadStore } from '../../store/unread/unread-store.ts';
import type { Absences, Pushed } from './absences.ts';
import type { Quotas } from '../quota/quotas.ts';

export interface FollowUpDeps {
  readonly unreads: Pick<UnreadStore, 'signalMention'>;
  readonly quotas: Pick<Quotas, 'grow'>;
  readonly absences: Pick<Absences, 'inRoom'>;
}

/** What was posted, by whom. */
export interface Followed extends Pushed {
  readonly roomName: string;
  readonly author: string | undefined;
}

export function followUp(
  { unreads, quotas, absences }: FollowUpDeps,
  { roomName, author, ...pushed }: Followed,
  { id, repeated, mentioned = [], wish }: Posted,
): void {
  // Who does not hear of it finds it by the next count.
  for (const userName of mentioned) {
    if (userName !== author) unreads.signalMention(userName, roomName).catch(() => undefined);
  }
  if (wish !== undefined) void quotas.grow(roomName, wish);
  if (id !== undefined && !repeated) absences.inRoom(roomName, author, id, pushed);
}
