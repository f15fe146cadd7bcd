/** What a direct conversation tells who listens to it. */
import type { CountedField } from '../message/counted.ts';
import type { Message } from '../message/message.ts';
import type { TypingChange } from '../typing.ts';
import type { Marks } from './receipts.ts';

/** What of a conversation may change without an event of its own. */
export type DirectField = CountedField;

export interface DirectEvents {
  /** The other one wrote, each message once and in order. A transient one has no id. */
  message: [message: Message];
  /** The user wrote this on another device. */
  echo: [message: Message];
  /** One's own messages have come further. `update` follows for each of them. */
  status: [marks: Marks];
  /** The other one began or stopped typing. */
  typing: [change: TypingChange];
  /** What lies before `lastMessageId` and was not emitted is not to be had any more. */
  reset: [place: { readonly lastMessageId: number }];
  /** The status of a message that was sent here has changed, or what `changed` names. */
  update: [change: Message | { readonly changed: readonly DirectField[] }];
  error: [error: unknown];
}
