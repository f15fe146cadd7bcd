/** A member of a room as it was when it was looked at: a value, replaced by another one when something of it changes. */
import type { Role } from '../../protocol/member.ts';

export interface Member {
  readonly userName: string;
  readonly role: Role;
  /** Where it may not post: until when (milliseconds), null for good; absent where it may. */
  readonly silencedUntil?: number | null;
  /** Has a connection, in whatever room, as far as that is known. */
  readonly online: boolean | undefined;
}

/** Who did something: null is the service; undefined, where it was found later that it had happened. */
export type Doer = string | null | undefined;

/** Of names that were added or removed, those for which it was not done, and why. */
export interface MembersDone {
  readonly done: readonly string[];
  readonly failed: readonly { readonly userName: string; readonly error: Error }[];
}
