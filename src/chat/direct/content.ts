/**
 * What a message to a user may not carry. That is judged by the step that sends it, behind all that is about who may write to whom, and
 * behind repeats: a repeat may carry anything. The step gets no content, and says `messageTooLarge`; why is told here.
 */
import { failBecause, messageTooLarge, type Failure } from '../../protocol/errors/errors.ts';
import type { DirectMessageOptions } from '../../protocol/message.ts';
import type { Limits } from '../../protocol/params/limits.ts';

type Options = Pick<DirectMessageOptions, 'mentionAll'> | undefined;

export const mayCarry = (options: Options, bytes: number, { messageBytes }: Limits): boolean =>
  bytes <= messageBytes && options?.mentionAll !== true;

export function contentRefusal(
  options: Options,
  bytes: number,
  limits: Limits,
): Failure<'notAllowed' | 'messageTooLarge'> {
  if (options?.mentionAll === true) return failBecause('notAllowed', [], 'a conversation has no owner');
  return messageTooLarge(bytes, limits);
}
