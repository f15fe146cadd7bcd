/** Whom to tell of changes of members, and of what, as lib/access/members.lua notes it. */
import { pairs, type Reply } from '../../redis/reply.ts';
import type { Life } from '../room/room-store.ts';

export interface MemberChange {
  /** `reminded`: it is a member, and told so unless it knows. `deleted`: with the room. */
  readonly what: 'added' | 'reminded' | 'removed' | 'deleted';
  /** By the room's clock and its log, which order the changes of one user. */
  readonly at: number;
  readonly seq: number;
  readonly life: Life;
  /** Undefined for the service. */
  readonly by: string | undefined;
  /** The socket that has asked for it, and is not told; undefined for none. */
  readonly exceptSocket: string | undefined;
}

/** Whom to tell. */
export interface Due {
  readonly userName: string;
  /** In the order in which they are told. */
  readonly changes: readonly MemberChange[];
  /** As it is noted. */
  readonly note: string;
}

/** What `noteMembers` returns. */
export const duesIn = (reply: Reply | undefined): Due[] =>
  pairs(reply).map(([userName, note]) => dueIn(userName, note));

/** A line to a change. */
export const linesOf = (note: string): string[] => note.split('\n');

export const dueIn = (userName: string, note: string): Due => ({
  userName,
  note,
  changes: linesOf(note).map(changeIn),
});

/** `+|=|- node time seq life socket by`; what is noted is never `=`. */
function changeIn(line: string): MemberChange {
  const [sign, , at, seq, life = '', socketId, ...by] = line.split(' ');
  return {
    what: sign === '+' ? 'added' : sign === '=' ? 'reminded' : 'removed',
    at: Number(at),
    seq: Number(seq),
    life,
    // A name may hold spaces.
    by: by.join(' ') || undefined,
    exceptSocket: socketId === '-' ? undefined : socketId,
  };
}
