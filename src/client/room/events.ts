/** What a room tells who listens to it. */
import type { Emitter } from '../emitter.ts';
import type { ValueMap } from '../../protocol/params/values.ts';
import type { Role } from '../../protocol/member.ts';
import type { Doer } from '../member/member.ts';
import type { CountedField } from '../message/counted.ts';
import type { Message, Updated } from '../message/message.ts';
import type { TypingChange } from '../typing.ts';
import type { User } from '../user/user.ts';
import type { RoomLoss } from './owner.ts';

/** What of a room may change without an event of its own. */
export type RoomField =
  | CountedField
  | 'message'
  | 'isJoined'
  | 'users'
  | 'group'
  | 'meta'
  | 'attributes'
  | 'members'
  | 'kind'
  | 'role'
  | 'muted'
  | 'slowModeMs'
  | 'silencedUntil';

/** What happens to a room besides its messages, and who has done it. */
export interface AffairsEvents {
  /** Users are members now, who were none. */
  'members.added': [news: { readonly userNames: readonly string[]; readonly by: Doer }];
  'members.removed': [news: { readonly userNames: readonly string[]; readonly by: Doer }];
  /** A member has another role. */
  role: [news: { readonly userName: string; readonly role: Role; readonly by: Doer }];
  /** Users may not post, until a time (milliseconds), or for good where it is null. */
  silenced: [news: { readonly userNames: readonly string[]; readonly until: number | null; readonly by: Doer }];
  /** They may post again. Of a time that is over nothing is told; of one's own there is an `update`. */
  unsilenced: [news: { readonly userNames: readonly string[]; readonly by: Doer }];
  /** Values by dotted path, null where one was removed. */
  attributes: [news: { readonly changes: Readonly<ValueMap>; readonly version: number; readonly by: Doer }];
  /** So long each user waits between two messages; 0 for not at all. */
  slowMode: [news: { readonly ms: number; readonly by: Doer }];
  /** Its user was made a member. */
  invited: [news: { readonly by: Doer; readonly attributes: Readonly<ValueMap> }];
  /** Its user is no member any more. */
  kicked: [news: { readonly by: Doer }];
  /** Another device of the user wants no push for it any more, or does again. */
  muted: [news: { readonly muted: boolean }];
}

export interface RoomEvents extends AffairsEvents {
  /** A message of the room, one's own too, each once and in order. A transient one has no id. */
  message: [message: Message];
  /** Somebody else began or stopped typing. */
  typing: [change: TypingChange];
  /** A user has come into the room, with the first of its devices. */
  join: [news: { readonly user: User }];
  /** A user has gone, with the last of its devices. */
  leave: [news: { readonly user: User }];
  /**
   * What lies before `lastMessageId` and was not emitted is not to be had any more. With the reason `changes` nothing is lost but
   * changes of messages up to there: what is shown of them may not be the latest version, and had better be read again.
   */
  reset: [place: { readonly epoch: string; readonly lastMessageId: number; readonly reason?: 'changes' }];
  /** The room was taken away, or left by another device: it is not joined again by itself. */
  removed: [loss: RoomLoss];
  /** The status of a message that was sent here has changed, or what `changed` names: `message` of any message of the room. */
  update: [change: Message | Updated<RoomField>];
  error: [error: unknown];
}

/** The events of a room have one argument each. */
export function emitOne<N extends keyof RoomEvents>(
  face: Emitter<RoomEvents>,
  event: N,
  payload: RoomEvents[N][0],
): void {
  face.emit(event, ...([payload] as RoomEvents[N]));
}
