/** What a room is, and what who looks at it is to it: read when it is joined, and kept by what the room's object hears. */
import { useEffect, useState } from 'react';
import { RequestError, type Message, type Room, type RoomField } from '../../client/index.ts';

export type Standing = Awaited<ReturnType<Room['info']>>;
export type Role = NonNullable<Standing['role']>;

/** Who is in a transient room is counted, and told nobody: it is asked for. */
const COUNT_MS = 10_000;

/** Between two readings that fail for the moment, at least. */
const AGAIN_MS = 1_000;

/** What the room's object keeps up to date. */
const LIVE: readonly RoomField[] = ['role', 'muted', 'slowModeMs', 'members', 'users'];

/** Undefined until it is known, and where it may not be. */
export function useStanding(room: Room, isJoined: boolean): Standing | undefined {
  const [known, setKnown] = useState<{ readonly room: Room; readonly standing: Standing }>();
  useEffect(() => {
    if (!isJoined) return;
    let [isWanted, isKnown, isReading] = [true, false, false];
    let again: ReturnType<typeof setTimeout> | undefined;
    const show = (standing: Standing): void => {
      isKnown = true;
      setKnown({ room, standing: upToDate(room, standing) });
    };
    const read = (): void => {
      clearTimeout(again);
      isReading = true;
      room
        .info()
        .then((standing) => (isWanted ? show(standing) : undefined))
        // What was known stands.
        .catch((error: unknown) => {
          if (!isWanted || !(error instanceof RequestError && error.temporary)) return;
          again = setTimeout(read, Math.max(AGAIN_MS, error.retryAfterMs ?? 0));
        })
        .finally(() => (isReading = false));
    };
    const updated = (change: Message | { readonly changed: readonly RoomField[] }): void => {
      // A message has something else of that name.
      if (!Array.isArray(change.changed) || !change.changed.some((field: RoomField) => LIVE.includes(field))) return;
      // It is there after all, or may be seen by now.
      if (!isKnown && !isReading) return read();
      setKnown((before) => (before?.room === room ? { room, standing: upToDate(room, before.standing) } : before));
    };
    read();
    const timer = setInterval(() => {
      if (room.kind === 'transient' && document.visibilityState === 'visible') read();
    }, COUNT_MS);
    room.on('update', updated).on('reset', read);
    return () => {
      isWanted = false;
      clearInterval(timer);
      clearTimeout(again);
      room.off('update', updated).off('reset', read);
    };
  }, [room, isJoined]);
  return known?.room === room ? known.standing : undefined;
}

function upToDate({ role, muted, slowModeMs, members, userCount }: Room, standing: Standing): Standing {
  return {
    ...standing,
    muted,
    role: role === undefined ? standing.role : role,
    slowModeMs: slowModeMs ?? standing.slowModeMs,
    memberCount: members.count ?? standing.memberCount,
    occupantCount: standing.kind === 'transient' ? standing.occupantCount : (userCount ?? standing.occupantCount),
  };
}

export const isChief = (role: Role | null): boolean => role === 'owner' || role === 'admin';

/** People are added to what has members, or is ours to give some. */
export const mayAdd = ({ kind, role, invites }: Standing): boolean =>
  kind === 'normal' && (isChief(role) || (role === 'member' && invites === 'members'));

/** Whether who is `own` may do something about who is `role`. */
export const mayManage = (own: Role | null, role: Role): boolean =>
  role !== 'owner' && (own === 'owner' || own === 'admin');

export const mayWrite = ({ writers, role }: Standing): boolean =>
  writers === 'all' || role === 'owner' || (writers === 'admins' && role === 'admin');
