/** What a direct conversation tells who listens to it. */
import type { CountedField } from '../message/counted.ts';
import type { Message, Updated } from '../message/message.ts';
import type { TypingChange } from '../typing.ts';
import type { Marks } from './receipts.ts';

/** What of a conversation may change without an event of its own. */
export type DirectField = CountedField | 'message';

export interface DirectEvents {
  /** The other one wrote, each message once and in order. A transient one has no id. */
  message: [message: Message];
  /** The user wrote this on another device. */
  echo: [message: Message];
  /** One's own messages have come further. `update` follows for each of them. */
  status: [marks: Marks];
  /** The other one began or stopped typing. */
  typing: [change: TypingChange];
  /**
   * What lies before `lastMessageId` and was not emitted is not to be had any more. With the reason `changes` nothing is lost but
   * changes of messages up to there: what is shown of them may not be the latest version, and had better be read again.
   */
  reset: [place: { readonly lastMessageId: number; readonly reason?: 'changes' }];
  /** The status of a message that was sent here has changed, or what `changed` names: `message` of any message. */
  update: [change: Message | Updated<DirectField>];
  error: [error: unknown];
}
