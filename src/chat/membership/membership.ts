/** Joining and leaving a room: one socket at a time, its user an occupant while any socket is joined; and who is in it. */
import { fail } from '../../protocol/errors/errors.ts';
import type { membershipRequests } from '../../protocol/membership.ts';
import type { PageWish } from '../../store/access/list-page.ts';
import type { HandlersOf } from '../caller.ts';
import { ok } from '../outcome.ts';
import type { Services } from '../services.ts';
import { pageOfList } from '../access/lists.ts';
import { joinOrCreate } from './create.ts';
import { joinRoom } from './join-room.ts';
import { leaveRoom } from './leave.ts';

/** `roomsJoin` has a file of its own. */
type MembershipHandlers = Omit<HandlersOf<typeof membershipRequests>, 'roomsJoin'>;

export function membershipHandlers(services: Services): MembershipHandlers {
  const { access, memberships, settings } = services;
  return {
    async roomJoin(by, { roomName, options }, socket) {
      const joiner = { by, socket };
      const join =
        options?.create === true
          ? await joinOrCreate(services, joiner, roomName, options)
          : await joinRoom(services, joiner, roomName, { group: options?.group });
      if (!('joined' in join)) return join;
      await join.reached();
      return ok(join.joined.njoined, join);
    },

    roomLeave: (by, { roomName }, socket) => leaveRoom(services, by, socket, roomName),

    async roomUserlistGet(by, { roomName, options = {} }) {
      const read = (wish: PageWish): ReturnType<typeof access.readList> =>
        access.readList(roomName, by.rights, 'userlist', wish);
      const found = await pageOfList(read, options, settings);
      // That list there is.
      if (found === 'noList') throw new Error('a room without a userlist');
      return typeof found === 'string' ? fail(found, [roomName]) : ok(found);
    },

    async roomUserSeen(by, { roomName, userName }) {
      const seen = await memberships.readSeen(roomName, by.rights, userName);
      return typeof seen === 'string' ? fail(seen, [roomName]) : ok(seen);
    },
  };
}
