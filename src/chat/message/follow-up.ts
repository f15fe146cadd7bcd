/** What comes of a post besides the message. None of it is waited for, and none of it is done again. */
import type { Posted } from '../../store/message/message-store.ts';
import type { UnreadStore } from '../../store/unread/unread-store.ts';
import type { Quotas } from '../quota/quotas.ts';

export interface FollowUpDeps {
  readonly unreads: Pick<UnreadStore, 'signalMention'>;
  readonly quotas: Pick<Quotas, 'grow'>;
}

/** What was posted, by whom. */
export interface Followed {
  readonly roomName: string;
  readonly author: string | undefined;
  readonly pushData: Uint8Array | undefined;
}

export function followUp({ unreads, quotas }: FollowUpDeps, { roomName, author }: Followed, posted: Posted): void {
  const { mentioned = [], wish } = posted;
  // Who does not hear of it finds it by the next count.
  for (const userName of mentioned) {
    if (userName !== author) unreads.signalMention(userName, roomName).catch(() => undefined);
  }
  if (wish !== undefined) void quotas.grow(roomName, wish);
}
