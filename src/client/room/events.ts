/** What a room tells who listens to it. */
import type { CountedField } from '../message/counted.ts';
import type { Message } from '../message/message.ts';
import type { TypingChange } from '../typing.ts';
import type { User } from '../user/user.ts';
import type { RoomLoss } from './owner.ts';

/** What of a room may change without an event of its own. */
export type RoomField = CountedField | 'isJoined' | 'users' | 'group' | 'meta';

export interface RoomEvents {
  /** A message of the room, one's own too, each once and in order. A transient one has no id. */
  message: [message: Message];
  /** Somebody else began or stopped typing. */
  typing: [change: TypingChange];
  /** A user has come into the room, with the first of its devices. */
  join: [news: { readonly user: User }];
  /** A user has gone, with the last of its devices. */
  leave: [news: { readonly user: User }];
  /** What lies before `lastMessageId` and was not emitted is not to be had any more. */
  reset: [place: { readonly epoch: string; readonly lastMessageId: number }];
  /** The room was taken away, or left by another device: it is not joined again by itself. */
  removed: [loss: RoomLoss];
  /** The status of a message that was sent here has changed, or what `changed` names. */
  update: [change: Message | { readonly changed: readonly RoomField[] }];
  error: [error: unknown];
}
