/** Whom a message mentions, as its options say. */
import { isValidName } from '../../protocol/names/rule.ts';
import type { NameLimits } from '../../protocol/names/form.ts';
import type { MessageOptions } from '../../protocol/message.ts';
import type { Mentions } from '../../store/message/post.ts';

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
