/** Rooms as things: creating, deleting, and what a reader may know of them. Joining and posting have their own files. */
import { fail, type Failure } from '../protocol/errors.ts';
import { notificationFrame } from '../protocol/frame.ts';
import { isValidName } from '../protocol/names.ts';
import type { UserlistPage } from '../protocol/types.ts';
import { roomTopic, userTopic } from '../state/keys.ts';
import type { Caller, Handlers } from './caller.ts';
import type { Services } from './services.ts';

type RoomHandlers = Pick<
  Handlers,
  | 'roomCreate'
  | 'roomDelete'
  | 'roomGetAccessList'
  | 'roomUserlistGet'
  | 'roomGetOwner'
  | 'roomNotificationsInfo'
  | 'roomUserSeen'
>;

export function roomHandlers(services: Services): RoomHandlers {
  const { rooms, settings } = services;
  return {
    async roomCreate(caller, { roomName, whitelistOnly }) {
      if (!settings.roomsManagement) return fail('notAllowed');
      if (!isValidName(roomName, settings.limits.nameBytes)) return fail('invalidName', [roomName]);
      const created = await rooms.create(roomName, {
        owner: caller.userName,
        whitelistOnly,
        userlistUpdates: settings.userlistUpdates,
        accessListsUpdates: settings.accessListsUpdates,
        historyMax: settings.historyMaxSize,
      });
      return created === 'ok' ? null : fail('roomExists', [roomName]);
    },

    roomDelete: (caller, { roomName }) => deleteRoom(services, caller, roomName),

    async roomGetAccessList(caller, { roomName, listName }) {
      const max = settings.limits.userlistPage;
      const found = await rooms.readUserlist(roomName, caller.userName, '', max);
      if (typeof found === 'string') return fail(found, [roomName]);
      if (listName !== 'userlist') return fail('noList', [listName]);
      return found.count > max ? fail('listTooLong', [found.count]) : found.names;
    },

    async roomUserlistGet(caller, { roomName, options }) {
      const limit = Math.min(options?.limit ?? settings.limits.userlistPage, settings.limits.userlistPage);
      // One more than asked for tells whether this page is the last.
      const found = await rooms.readUserlist(roomName, caller.userName, options?.cursor ?? '', limit + 1);
      return typeof found === 'string' ? fail(found, [roomName]) : userlistPage(found, limit);
    },

    async roomGetOwner(caller, { roomName }) {
      const info = await rooms.readInfo(roomName, caller.userName);
      if (typeof info === 'string') return fail(info, [roomName]);
      return info.owner === '' ? null : info.owner;
    },

    async roomNotificationsInfo(caller, { roomName }) {
      const info = await rooms.readInfo(roomName, caller.userName);
      if (typeof info === 'string') return fail(info, [roomName]);
      return { enableUserlistUpdates: info.userlistUpdates, enableAccessListsUpdates: info.accessListsUpdates };
    },

    async roomUserSeen(caller, { roomName, userName }) {
      const seen = await rooms.readSeen(roomName, caller.userName, userName);
      return typeof seen === 'string' ? fail(seen, [roomName]) : seen;
    },
  };
}

async function deleteRoom(
  { rooms, settings, reconciler, ...services }: Services,
  { userName }: Caller,
  roomName: string,
): Promise<null | Failure<'notAllowed' | 'noRoom'>> {
  if (!settings.roomsManagement) return fail('notAllowed');
  if (!isValidName(roomName, settings.limits.nameBytes)) return fail('noRoom', [roomName]);
  const frame = notificationFrame('roomAccessRemoved', [roomName]);
  const deleted = await rooms.delete(roomName, userName, frame);
  if (deleted === 'noRoom') return fail('noRoom', [roomName]);
  if (deleted === 'notAllowed') return fail('notAllowed');
  const tell = (): Promise<void> => tellFormerMembers({ ...services, rooms }, roomName, deleted.epoch, userName);
  // The room is gone whatever happens now.
  await tell().catch((error: unknown) => reconciler.finishLater(tell, error));
  await services.topics.reached(roomTopic(roomName), deleted.seq);
  return null;
}

function userlistPage(found: { count: number; names: string[] }, limit: number): UserlistPage {
  const names = found.names.slice(0, limit);
  return { names, cursor: found.names.length > limit ? (names.at(-1) ?? null) : null, count: found.count };
}

/**
 * Tells the sockets that were not in the room; those that were learn it from the room's own event. The members wait
 * under a key of their own, so that a node that dies here leaves no room half deleted.
 */
async function tellFormerMembers(
  { rooms, users, topics }: Pick<Services, 'rooms' | 'users' | 'topics'>,
  roomName: string,
  epoch: string,
  callerName: string,
): Promise<void> {
  const frame = notificationFrame('roomAccessRemoved', [roomName]);
  for await (const page of rooms.takeFormerMembers(roomName, epoch)) {
    await Promise.all(
      page.map(async ({ userName, socketIds, nodeIds }) => {
        const at = await users.notifyRoomLost(userName, { roomName, frame, socketIds, nodeIds });
        if (at !== undefined && userName === callerName) await topics.reached(userTopic(userName), at.seq);
      }),
    );
  }
}
