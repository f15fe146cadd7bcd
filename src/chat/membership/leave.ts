/**
 * Leaving a room on request: one socket, or, where it takes part in its user's session, all that do. What Redis is asked
 * for is leaves.ts's; here is the turn of the response, in which live delivery ends.
 */
import type { Point } from '../../log/event.ts';
import { fail } from '../../protocol/errors/errors.ts';
import { roomTopic, userTopic } from '../../redis/keys.ts';
import type { Actor } from '../actor.ts';
import type { Caller } from '../caller.ts';
import { Failed, ok, type Outcome, type Turn } from '../outcome.ts';
import { holdNotices } from '../session/entries.ts';
import type { Services } from '../services.ts';

type Left = Outcome<'roomLeave'>;

/** `njoined` undefined: there is no such room. What happens in the turn of that happens all the same. */
const leftIn = (turn: Turn, roomName: string, njoined: number | undefined): Left =>
  njoined === undefined ? new Failed(fail('noRoom', [roomName]), turn) : ok(njoined, turn);

export async function leaveRoom(services: Services, by: Actor, caller: Caller, roomName: string): Promise<Left> {
  // Once it is out it says nothing more.
  const flushed = services.transients.flush(caller.socketId, roomTopic(roomName));
  if (flushed !== undefined) await flushed;
  return caller.synced ? leaveTogether(services, by, caller, roomName) : leaveAlone(services, by, caller, roomName);
}

/** Takes this socket out; live delivery to it ends in the turn of the response. */
async function leaveAlone(services: Services, by: Actor, caller: Caller, roomName: string): Promise<Left> {
  const { topics, leaves } = services;
  const echoExcept = by.exceptSocket ?? '';
  const left = await whileLeaving(services, caller, roomName, () =>
    leaves.leaveRoom(roomName, caller.nodeId, [caller], { echo: 'changed', echoExcept, cause: 'leave' }),
  );
  if (left !== 'noRoom') await topics.reached(roomTopic(roomName), left.at.seq);
  const after = (): void => completeLeave(services, caller, roomName, left === 'noRoom' ? undefined : left.at);
  return leftIn({ after }, roomName, left === 'noRoom' ? undefined : (left.njoined[0] ?? 0));
}

/**
 * A socket that takes part in the session takes the room out of it, and all the user's sockets that take part out of the
 * room. The user's topic is followed, and so in the manifest, until that is done: should this node die in the middle,
 * whoever sweeps after it goes on.
 */
async function leaveTogether(services: Services, by: Actor, caller: Caller, roomName: string): Promise<Left> {
  const { topics, leaves, repairs } = services;
  const topic = userTopic(caller.userName);
  await topics.follow(topic, caller.nodeId);
  const held = holdNotices(services, by, caller, roomName);
  try {
    const { at, room, told } = await whileLeaving(services, caller, roomName, () =>
      leaves.leaveTogether(roomName, caller, by.exceptSocket ?? ''),
    );
    held?.tookEffect(at, { toldAt: told });
    await Promise.all([
      room === 'noRoom' || topics.reached(roomTopic(roomName), room.at.seq),
      told === undefined || topics.reached(topic, told.seq, told.epoch),
    ]);
    topics.unfollow(topic, caller.nodeId);
    const before = (): void => held?.before();
    const after = (): void => {
      try {
        completeLeave(services, caller, roomName, room === 'noRoom' ? undefined : room.at);
      } finally {
        held?.end();
      }
    };
    return leftIn({ before, after }, roomName, room === 'noRoom' ? undefined : room.njoined);
  } catch (error) {
    held?.end();
    // What was begun is finished, whatever the caller is told.
    const finish = async (): Promise<void> => {
      await leaves.finishLeaves(caller.userName, caller.nodeId, { roomName, socketId: caller.socketId });
      topics.unfollow(topic, caller.nodeId);
    };
    repairs.retry(finish, error);
    throw error;
  }
}

async function whileLeaving<T>(
  { repairs }: Services,
  caller: Caller,
  roomName: string,
  leave: () => Promise<T>,
): Promise<T> {
  const joined = caller.rooms.has(roomName);
  if (joined) caller.rooms.setLeave(roomName, 'asked');
  try {
    return await leave();
  } catch (error) {
    // It may have happened all the same: then this socket must not go on hearing the room.
    if (joined) {
      if (caller.rooms.has(roomName)) caller.rooms.setLeave(roomName, 'unsure');
      else caller.rooms.endLeave(roomName);
      repairs.check(roomTopic(roomName), caller.nodeId, error, 0);
    }
    throw error;
  }
}

/** Whatever the answer was, it says that the socket is out: `at` is where in the log, undefined where there is no room. */
function completeLeave({ audience }: Services, caller: Caller, roomName: string, at: Point | undefined): void {
  const { rooms } = caller;
  const since = rooms.joinsOf(roomName).findLast(({ point }) => point !== undefined)?.point ?? rooms.live.get(roomName);
  rooms.endLeave(roomName);
  audience.detachRoom(roomName, caller.socketId);
  // Joined, and left before the bus had brought what came until then.
  for (const join of rooms.joinsOf(roomName)) join.left();
  const outAt = at ?? (since && { epoch: since.epoch, seq: Infinity });
  if (outAt !== undefined) rooms.toldLeft(roomName, outAt);
}
