/** What a user has not read: asked for, and the marks of rooms. What is told without being asked for is in news.ts. */
import { fail } from '../../protocol/errors/errors.ts';
import { UNREAD_MAX, type UnreadCount, type unreadRequests } from '../../protocol/unread.ts';
import { notificationFrame } from '../../protocol/wire/frame.ts';
import { StoredResult } from '../../protocol/wire/stored.ts';
import type { HandlersOf } from '../caller.ts';
import { ok } from '../outcome.ts';
import type { Services } from '../services.ts';
import { readUnread } from './counts.ts';
import { nowOrLater } from '../repair/repairs.ts';

/** What looking at one user or room costs, in units of an ordinary request. */
export const UNITS_PER_SOURCE = 0.1;

export function unreadHandlers(services: Services): HandlersOf<typeof unreadRequests> {
  const { unreads, users, repairs } = services;
  return {
    async unreadGet(by) {
      const looked = (sources: number): void => by.spend(sources * UNITS_PER_SOURCE);
      const counts = await readUnread(services, by.author, { limit: UNREAD_MAX, format: by.format, looked });
      return ok(new StoredResult<UnreadCount[]>(counts));
    },

    async roomMessageRead(by, { roomName, upToId }) {
      const { author, rights, exceptSocket } = by;
      const reached = await unreads.markRoom(roomName, author, rights, upToId);
      if (typeof reached === 'string') return fail(reached, [roomName]);
      if (reached === 0) return ok(null);
      // The mark is the truth: where the node dies here, the others find it by their next look.
      const frame = notificationFrame('roomReadEcho', [roomName, reached]);
      const tell = (): Promise<void> => users.notifyOthers(author, exceptSocket, frame, true);
      await nowOrLater(repairs, tell);
      return ok(null);
    },
  };
}
