/** What comes of a post besides the message. None of it is waited for, and none of it is done again. */
import type { Posted } from '../../store/message/message-store.ts';
import type { UnreadStore } from '../../store/unread/unread-store.ts';
import type { Absences, Pushed } from './absences.ts';
import type { ChangesDue } from '../change/due.ts';
import type { Webhooks } from '../webhook/webhooks.ts';
import type { Actor } from '../actor.ts';
import type { Quotas } from '../quota/quotas.ts';
import type { MemberNews } from '../unread/member-news.ts';
import { signalMentions } from './mentions.ts';

export interface FollowUpDeps {
  readonly unreads: Pick<UnreadStore, 'signalMention'>;
  readonly quotas: Pick<Quotas, 'grow'>;
  readonly absences: Pick<Absences, 'inRoom'>;
  readonly memberNews: Pick<MemberNews, 'note'>;
  readonly changesDue: Pick<ChangesDue, 'tellNow'>;
  readonly webhooks: Pick<Webhooks, 'note'> | undefined;
}

/** What was posted, by whom. */
export interface Followed extends Pushed {
  readonly roomName: string;
  readonly author: string | undefined;
  /** Who pays for telling members; nobody for a will. */
  readonly by?: Pick<Actor, 'spend'>;
  /** The message that it replies to. */
  readonly replyTo?: number | undefined;
}

export function followUp(
  deps: FollowUpDeps,
  followed: Followed,
  { id, repeated, mentioned, wish, tellsMembers }: Posted,
): void {
  const { quotas, absences, memberNews, changesDue, webhooks } = deps;
  const { roomName, author, by, replyTo } = followed;
  signalMentions(deps, followed, mentioned);
  if (tellsMembers === true) memberNews.note(roomName, by);
  if (wish !== undefined) void quotas.grow(roomName, wish);
  if (id === undefined || repeated) return;
  // The post has counted it. Whoever comes next tells it, should this node not.
  if (replyTo !== undefined) void changesDue.tellNow(roomName);
  webhooks?.note(roomName);
  absences.inRoom(roomName, author, id, followed);
}
