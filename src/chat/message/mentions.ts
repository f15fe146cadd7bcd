/** Whom a message mentions, as its options say, and that they learn of it. */
import { isValidName } from '../../protocol/names/rule.ts';
import type { NameLimits } from '../../protocol/names/form.ts';
import type { MessageOptions } from '../../protocol/message.ts';
import type { Mentions } from '../../store/message/post.ts';
import type { UnreadStore } from '../../store/unread/unread-store.ts';
import type { Actor } from '../actor.ts';

/** Each once, and nobody who cannot be; undefined where nobody is mentioned. */
export function mentionsIn(
  options: Pick<MessageOptions, 'mentions' | 'mentionAll'> | undefined,
  limits: NameLimits,
): Mentions | undefined {
  const { mentions = [], mentionAll: all = false } = options ?? {};
  if (mentions.length === 0) return all ? { names: [], all } : undefined;
  return { names: [...new Set(mentions)].filter((name) => isValidName(name, limits)), all };
}

/** As fields of the message. */
export const mentioningOf = (mentions: Mentions | undefined): { mentions?: readonly string[]; mentionAll?: boolean } =>
  mentions === undefined ? {} : { mentions: mentions.names, mentionAll: mentions.all };

/** What telling one user costs, in units of an ordinary request. */
const UNITS_PER_MENTION = 0.2;

/** Who says that they are mentioned, and who pays for telling them; nobody for a will. */
export interface Mentioning {
  readonly roomName: string;
  readonly author: string | undefined;
  readonly by?: Pick<Actor, 'spend'> | undefined;
}

/** Lets the nodes of users know that they are mentioned in a room. Who does not hear of it finds it by the next count. */
export function signalMentions(
  { unreads }: { readonly unreads: Pick<UnreadStore, 'signalMention'> },
  { roomName, author, by }: Mentioning,
  mentioned: readonly string[] = [],
): void {
  by?.spend(mentioned.length * UNITS_PER_MENTION);
  for (const userName of mentioned) {
    if (userName !== author) unreads.signalMention(userName, roomName).catch(() => undefined);
  }
}
