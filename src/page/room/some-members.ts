/** The members of a room as far as they are looked at: a page at first, more when they are asked for. */
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { Member, Message, Room, RoomField } from '../../client/index.ts';

export interface SomeMembers {
  /** By name. */
  readonly members: readonly Member[];
  /** In all. */
  readonly count: number | undefined;
  readonly hasMore: boolean;
  readonly isLoading: boolean;
  readonly error: unknown;
  readonly more: () => void;
}

interface Reading {
  readonly cursor: string | undefined;
  readonly isLoading: boolean;
  readonly error: unknown;
}

const byName = (one: Member, other: Member): number =>
  one.userName < other.userName ? -1 : Number(one.userName > other.userName);

export function useSomeMembers(room: Room, pageSize: number): SomeMembers {
  const { members, count } = useKnownMembers(room);
  const [reading, setReading] = useState<Reading>({ cursor: undefined, isLoading: true, error: undefined });
  const read = useCallback(
    (cursor?: string) => {
      let isWanted = true;
      setReading({ cursor, isLoading: true, error: undefined });
      room.members.list({ limit: pageSize, ...(cursor === undefined ? {} : { cursor }) }).then(
        (page) => (isWanted ? setReading({ cursor: page.cursor, isLoading: false, error: undefined }) : undefined),
        (error: unknown) => (isWanted ? setReading({ cursor, isLoading: false, error }) : undefined),
      );
      return () => {
        isWanted = false;
      };
    },
    [room, pageSize],
  );
  useEffect(() => read(), [read]);
  const { cursor, isLoading, error } = reading;
  const hasMore = cursor !== undefined && !room.members.isWhole;
  return { members, count, hasMore, isLoading, error, more: () => void read(cursor) };
}

interface Known {
  readonly members: readonly Member[];
  readonly count: number | undefined;
}

/** What the room's object has, which keeps it up to date. */
function useKnownMembers(room: Room): Known {
  const known = useRef<Known>(undefined);
  const subscribe = useCallback(
    (changed: () => void) => {
      const heard = (change: Message | { readonly changed: readonly RoomField[] }): void => {
        if (!isOfMembers(change)) return;
        known.current = undefined;
        changed();
      };
      known.current = undefined;
      room.on('update', heard);
      return () => {
        room.off('update', heard);
      };
    },
    [room],
  );
  return useSyncExternalStore(
    subscribe,
    () => (known.current ??= { members: [...room.members.values()].sort(byName), count: room.members.count }),
  );
}

const isOfMembers = (change: Message | { readonly changed: readonly RoomField[] }): boolean =>
  Array.isArray(change.changed) && change.changed.includes('members');
