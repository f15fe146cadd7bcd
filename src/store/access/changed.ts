/** What a change of a room's rules comes to: who is out by it, who is to be told, and what it takes of the owner's quota. */
import type { Position } from '../../log/event.ts';
import { list, number, position, text, yes, type Reply } from '../../redis/reply.ts';
import { LOG, OCCUPANTS, ROOM_LISTS } from '../key-names.ts';
import type { Due } from '../member/due.ts';
import type { Wish } from '../quota/grant.ts';
import { socketsOf, type RemovedUser } from '../room/deletions.ts';
import type { Life } from '../room/room-store.ts';

/** A change of a room's rules that was made, and who is out by it. */
export interface Changed {
  readonly at: Position;
  readonly evicted: readonly RemovedUser[];
  /** See `MembershipStore.flushChanges`. */
  readonly changesPending: boolean;
  readonly life: Life;
  /** The room is about to need more of its owner's quota. */
  readonly wish?: Wish | undefined;
  /** Who became a member by it, or is none any more. */
  readonly due?: readonly Due[] | undefined;
}

/** Nothing was done: the room needs more names of its owner's quota first. */
export interface NamesWanted {
  readonly owner: string;
  readonly life: Life;
  readonly names: number;
}

/** What lib/evict.lua wants. */
const LISTS = [...ROOM_LISTS, 'silenced'] as const;
export const EVICTING = [...LOG, ...OCCUPANTS, ...LISTS, 'changes', 'entries', 'evictedUsers'] as const;
/** What a script gives that may take users out. */
export const CHANGED = { at: position, evicted: removedUsers, changesPending: yes, life: text };

export function namesWanted(reply: Reply | undefined): NamesWanted {
  const [owner, life, names] = list(reply);
  return { owner: text(owner), life: text(life), names: number(names) };
}

/** Users, the sockets they had, and the event that took them out, as lib/evict.lua notes them. */
export function removedUsers(reply: Reply | undefined): RemovedUser[] {
  const noted = list(reply);
  return Array.from({ length: noted.length / 3 }, (_, i) => {
    const [userName, sockets, seq] = noted.slice(3 * i, 3 * i + 3);
    return { userName: text(userName), ...socketsOf(text(sockets)), seq: number(seq) };
  });
}
