/** Joining and leaving rooms: one socket at a time, its user a member while any socket is joined. */
import { takesOut, type TopicEvent } from '../bus/event.ts';
import type { RecoveryCounters } from '../ops/counters.ts';
import { fail, toErrorValue, unavailable, type Failure } from '../protocol/errors.ts';
import { countFrame, notificationFrame } from '../protocol/frame.ts';
import { isValidName } from '../protocol/names.ts';
import type { RoomJoined, RoomPosition } from '../protocol/types.ts';
import { StateUnavailable } from '../state/commands.ts';
import { roomTopic } from '../state/keys.ts';
import type { Joined, JoinRules, Since } from '../state/room-state.ts';
import { Answer, type Caller, type Handlers } from './caller.ts';
import { processedMessage } from './history.ts';
import type { Services } from './services.ts';
import { resetFrame, SwitchOver } from './switch-over.ts';

/** A join whose script has run: what it gave, and what is to happen in the turn of the response. */
interface Join {
  readonly joined: Joined;
  before(): void;
  after(): void;
}

type JoinFailure = Failure<'noRoom' | 'notAllowed' | 'invalidName' | 'tooManyRooms'>;

export function membershipHandlers(services: Services): Pick<Handlers, 'roomJoin' | 'roomsJoin' | 'roomLeave'> {
  return {
    async roomJoin(caller, { roomName }) {
      const join = await joinRoom(services, caller, roomName, undefined);
      return 'joined' in join ? new Answer(join.joined.njoined, join) : join;
    },

    async roomsJoin(caller, { rooms }) {
      const joins = await joinAll(services, caller, rooms);
      for (const [position, join] of joins) if (sinceOf(position) !== undefined) countRecovery(services.counters, join);
      const result = joins.map(([{ roomName }, join]) =>
        'joined' in join ? joinedEntry(roomName, join.joined) : { roomName, error: toErrorValue(join) },
      );
      const done = joins.flatMap(([, join]) => ('joined' in join ? [join] : []));
      return new Answer(result, {
        before: () => done.forEach((join) => join.before()),
        after: () => done.forEach((join) => join.after()),
      });
    },

    roomLeave: (caller, { roomName }) => leaveRoom(services, caller, roomName),
  };
}

/** Joins rooms side by side. A defect in one of them is thrown once the others are complete. */
async function joinAll(
  services: Services,
  caller: Caller,
  rooms: readonly RoomPosition[],
): Promise<[RoomPosition, Join | Failure][]> {
  const seen = new Set<string>();
  const joins = await Promise.allSettled(
    rooms.map(async (position): Promise<[RoomPosition, Join | Failure]> => {
      const { roomName } = position;
      // A room named twice: the second entry would race the first for the same place.
      if (seen.has(roomName)) return [position, fail('badArgument', [0, roomName])];
      seen.add(roomName);
      try {
        return [position, await joinRoom(services, caller, roomName, sinceOf(position))];
      } catch (error) {
        if (error instanceof StateUnavailable) return [position, unavailable()];
        throw error;
      }
    }),
  );
  const done = joins.flatMap((join) => (join.status === 'fulfilled' ? [join.value] : []));
  const broken = joins.find((join) => join.status === 'rejected');
  if (broken === undefined) return done;
  for (const [, join] of done) if ('joined' in join) join.after();
  throw broken.reason;
}

/** Takes this socket out; live delivery to it ends in the turn of the response. */
async function leaveRoom(
  { settings, audience, topics, departures, reconciler }: Services,
  caller: Caller,
  roomName: string,
): Promise<Answer<number> | Failure<'noRoom'>> {
  if (!isValidName(roomName, settings.limits.nameBytes)) return fail('noRoom', [roomName]);
  const topic = roomTopic(roomName);
  const joined = caller.rooms.has(roomName);
  if (joined) caller.moves.set(roomName, 'leaving');
  const left = await departures
    .leaveRoom(roomName, caller.nodeId, [caller], 'changed', caller.echoExcept)
    .catch((error: unknown) => {
      // It may have happened all the same: then this socket must not go on hearing the room.
      if (joined) {
        caller.moves.set(roomName, 'unsure');
        reconciler.suspect(topic, caller.nodeId, error, 0);
      }
      throw error;
    });
  if (left === 'noRoom') {
    caller.moves.end(roomName, 'leaving');
    return fail('noRoom', [roomName]);
  }
  await topics.reached(topic, left.seq);
  return new Answer(left.njoined[0] ?? 0, {
    after: () => {
      caller.moves.end(roomName, 'leaving');
      audience.detachRoom(roomName, caller.socketId);
      // Joined, and left before the bus had brought what came until then.
      if (caller.moves.of(roomName) === 'joining') caller.moves.set(roomName, 'left');
    },
  });
}

async function joinRoom(
  services: Services,
  caller: Caller,
  roomName: string,
  since: Since | undefined,
): Promise<Join | JoinFailure> {
  const { settings, topics, reconciler } = services;
  if (!isValidName(roomName, settings.limits.nameBytes)) return fail('noRoom', [roomName]);
  // A room joined again is in both: it counts once.
  const taken = new Set([...caller.rooms.keys(), ...caller.moves.joining()]);
  const full = !taken.has(roomName) && taken.size >= settings.limits.roomsPerSocket;
  const verdict = full ? 'tooManyRooms' : undefined;

  const topic = roomTopic(roomName);
  const frame = notificationFrame('roomUserJoined', [roomName, caller.userName]);
  caller.moves.set(roomName, 'preparing');
  const feed = await topics.follow(topic, caller.nodeId).catch((error: unknown) => {
    caller.moves.end(roomName, 'preparing');
    throw error;
  });
  // In one turn with the hold: what takes this socket out from here on is told in the join's own turn.
  caller.moves.set(roomName, 'joining');
  const switchOver = new SwitchOver(topics, feed);
  const giveUp = (): void => {
    switchOver.abandon();
    caller.moves.end(roomName, 'joining');
  };
  let joined: Joined | JoinFailure;
  try {
    joined = await runJoin(services, caller, { roomName, frame, rules: { since, verdict }, switchOver });
  } catch (error) {
    // The script may have run: the follow is passed on until what it left behind is known.
    giveUp();
    reconciler.suspect(topic, caller.nodeId, error);
    throw error;
  }
  if ('code' in joined) {
    giveUp();
    topics.unfollow(topic, caller.nodeId);
    return joined;
  }
  await switchOver.reached();
  const { announced } = joined;
  return {
    joined,
    before: () => {
      // Lost and joined again before the node heard of the loss.
      const isLoss = (event: TopicEvent): boolean => event.kind === 'evicted' && takesOut(event, caller.socketId);
      if (switchOver.before.some(isLoss)) caller.send(lossFrame(roomName));
      if (announced) caller.send(frame);
    },
    after: () => completeJoin(services, caller, { roomName, joined, switchOver }),
  };
}

async function runJoin(
  { rooms, users, userlistChanges }: Services,
  caller: Caller,
  join: { roomName: string; frame: Uint8Array; rules: JoinRules; switchOver: SwitchOver },
): Promise<Joined | JoinFailure> {
  const { roomName, rules } = join;
  const { socketId, userName, nodeId } = caller;
  const joined = await rooms.join({ roomName, userName, socketId, nodeId }, join.frame, rules);
  if (joined === 'noRoom') return fail('noRoom', [roomName]);
  if (joined === 'lost') throw new StateUnavailable('this node was swept');
  if (joined === 'invalidName') return fail(joined, [roomName]);
  if (typeof joined === 'string') return fail(joined);
  if (joined.changesPending) userlistChanges.note(roomName);
  join.switchOver.begin(joined.at);
  if (joined.changed) {
    const echo = countFrame('roomJoinedEcho', [roomName, socketId]);
    await users.noteRoom(userName, {
      socketId,
      echoExcept: caller.echoExcept,
      roomName,
      joined: true,
      njoined: joined.njoined,
      echo,
    });
  }
  return joined;
}

/** Live delivery begins, unless the socket has it already, or has gone meanwhile. */
function completeJoin(
  services: Services,
  caller: Caller,
  join: { readonly roomName: string; readonly joined: Joined; readonly switchOver: SwitchOver },
): void {
  const { audience, topics, departures } = services;
  const { roomName, joined, switchOver } = join;
  const unfollow = (): void => topics.unfollow(roomTopic(roomName), caller.nodeId);
  // Where Redis has added a socket that hears the room already, the feed has yet to deliver what had taken it out.
  if (joined.changed && caller.rooms.has(roomName)) {
    if (switchOver.postponed(caller, () => completeJoin(services, caller, join))) return;
  }
  // Asked only now: a room joined before may have been deleted and made again meanwhile, and the feed may not know yet.
  if (caller.rooms.has(roomName) && !switchOver.isAhead) {
    switchOver.abandon();
    caller.moves.end(roomName, 'joining');
    unfollow();
    return;
  }
  switchOver.complete(caller, {
    attach: (since) => {
      caller.moves.end(roomName, 'joining');
      // Joined twice, and the other one was quicker: its follow is the one that counts.
      if (!audience.attachRoom(roomName, caller.socketId, since)) unfollow();
    },
    isOver: () => caller.moves.of(roomName) === 'left',
    isOut: (event) => {
      if (!takesOut(event, caller.socketId)) return false;
      if (event.kind === 'evicted') caller.send(lossFrame(roomName));
      caller.moves.set(roomName, 'left');
      return true;
    },
    over: () => {
      caller.moves.end(roomName, 'left');
      unfollow();
    },
    closed: () => void departures.undoJoin(roomName, caller),
    reset: (at) => resetFrame(roomName, at),
  });
}

const lossFrame = (roomName: string): Uint8Array => notificationFrame('roomAccessRemoved', [roomName]);

function countRecovery(counters: RecoveryCounters, join: Join | JoinFailure | Failure): void {
  if (!('joined' in join)) counters.recoveriesRefused++;
  else if (join.joined.recovered) counters.recoveriesOk++;
  else counters.recoveriesFailed++;
}

function joinedEntry(roomName: string, joined: Joined): RoomJoined {
  return {
    roomName,
    njoined: joined.njoined,
    epoch: joined.at.epoch,
    lastMessageId: joined.at.id,
    recovered: joined.recovered,
    messages: joined.missed.map(processedMessage),
  };
}

const sinceOf = ({ epoch, lastMessageId, lastTimestamp }: RoomPosition): Since | undefined =>
  epoch === undefined || lastMessageId === undefined
    ? undefined
    : { epoch, id: lastMessageId, timestamp: lastTimestamp };
