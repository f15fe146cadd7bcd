/**
 * A socket is in one transient room at a time: of those that it joins the one whose join was answered last. The one before it is left
 * behind that answer, and the socket is told by a `roomLeftEcho` of its own; where it takes part in the session the room is taken out
 * of that, and the sockets that take part out of the room, as by any leave.
 *
 * Several of `roomsJoin` are answered in their order, so the last of them stays. A join of the room that is about to be left is
 * waited for, as it may be answered later; one that comes while it is left waits for the end of that. A session may hold several,
 * of devices that are in different ones: a device that joins them all when it comes back is in the last, and has left the others.
 */
import { unavailable } from '../../protocol/errors/errors.ts';
import { notificationFrame } from '../../protocol/wire/frame.ts';
import { actingAs } from '../actor.ts';
import type { Caller } from '../caller.ts';
import { answer } from '../outcome.ts';
import type { Services } from '../services.ts';
import { leaveRoom } from './leave.ts';
import { nowOrLater } from '../repair/repairs.ts';

/** Call in the turn of a join's answer, behind it. */
export function keepOneTransient(services: Services, caller: Caller, roomName: string, isTransient: boolean): void {
  const { rooms } = caller;
  const before = rooms.transient;
  if (isTransient) rooms.transient = roomName;
  else if (before === roomName) rooms.transient = undefined;
  if (!isTransient || before === undefined || before === roomName) return;
  rooms.afterJoins(before, () => leaveBehind(services, caller, before));
}

function leaveBehind(services: Services, caller: Caller, roomName: string): void {
  const { rooms } = caller;
  // It may have gone meanwhile, or be the one to stay; what a closed socket was in is left with it.
  const isOver = (): boolean => !caller.open || rooms.transient === roomName || !rooms.has(roomName);
  if (isOver() || rooms.leftBehind(roomName) !== undefined) return;
  const leave = async (): Promise<void> => {
    const joinedAt = rooms.live.get(roomName);
    if (isOver() || joinedAt === undefined) return;
    // Told here it comes before the answer to whatever joins the room next; in a session that has an order of its own.
    const exceptSocket = caller.synced ? undefined : caller.socketId;
    const by = actingAs(caller.userName, { bypassPermissions: true, exceptSocket });
    answer(await leaveRoom(services, by, caller, roomName), {
      mayAct: services.instance.held,
      together: (work) => work(),
      tell: (told) => {
        if (exceptSocket === undefined || typeof told !== 'number') return;
        // What has taken it out meanwhile has told it so: an event behind its join.
        if (rooms.wasToldOut(roomName, { epoch: joinedAt.epoch, seq: joinedAt.seq + 1 })) return;
        caller.send(notificationFrame('roomLeftEcho', [roomName, exceptSocket, told]));
      },
      failureOf: () => unavailable(),
      startAfresh: () => caller.startAfresh(),
    });
  };
  rooms.leaveBehind(roomName, nowOrLater(services.repairs, leave));
}
