/** A room as the list of one's rooms shows it: a value, replaced by another one when something of it changes. */
import { endOf } from '../../protocol/names/temporary.ts';
import type { RoomKind, RoomListOptions } from '../../protocol/conversation.ts';
import type { Role } from '../../protocol/member.ts';
import { hasAll } from '../../protocol/params/paths.ts';
import type { ValueMap } from '../../protocol/params/values.ts';
import type { Message } from '../message/message.ts';
import type { Room } from '../room/room.ts';
import type { RoomState } from '../room/state.ts';

export interface RoomEntry {
  readonly room: Room;
  readonly kind: RoomKind;
  /** What the user is in it. */
  readonly role: Role;
  readonly attributes: Readonly<ValueMap>;
  readonly memberCount: number;
  /** Undefined where none is kept. */
  readonly lastMessage: Message | undefined;
  /** Of its last message, which stays the same object when it gets another content; 0 where there is none. */
  readonly lastVersion: number;
  /** Of its last message, or when it was made: milliseconds. */
  readonly lastActivity: number;
  readonly unread: number;
  /** An unread message mentions the user. */
  readonly mentioned: boolean;
  /** The user wants no push for it. */
  readonly muted: boolean;
}

/** What is known of the room now. */
export function entryOf(room: Room, state: RoomState, activity: number): RoomEntry {
  const { unread, mentioned, lastMessage } = state;
  const { known, attributes, members } = state.affairs;
  return {
    room,
    kind: known.kind ?? (endOf(room.name) === undefined ? 'normal' : 'temporary'),
    role: known.role ?? 'member',
    attributes: attributes.map,
    memberCount: members.count ?? 1,
    lastMessage,
    lastVersion: lastMessage?.version ?? 0,
    lastActivity: Math.max(activity, lastMessage?.timestamp ?? 0),
    unread,
    mentioned,
    muted: known.muted,
  };
}

/** Newest activity first; of the same time as they were. */
export const byActivity = (one: RoomEntry, other: RoomEntry): number => other.lastActivity - one.lastActivity;

/** Whether they show the same. */
export function isSameEntry(one: RoomEntry, other: RoomEntry): boolean {
  return (Object.keys(one) as (keyof RoomEntry)[]).every((field) => one[field] === other[field]);
}

/** Whether a list with these options has rooms by what they are, which is known here, and not by who belongs to them. */
export const isFiltered = ({ kind, attributes, members }: RoomListOptions = {}): boolean =>
  members === undefined && (kind !== undefined || attributes !== undefined);

/** Whether it has such a room, as far as that is so by what it is. */
export function isOneOf({ kind, attributes = {} }: RoomListOptions = {}, entry: RoomEntry): boolean {
  return (kind === undefined || kind === entry.kind) && hasAll(entry.attributes, attributes);
}
