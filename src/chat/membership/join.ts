/**
 * Joining a room: one socket at a time, its user a member while any socket is joined. Leaving has its own file, and so has
 * joining several rooms at once.
 */
import { isAfter, takesOut, type Point, type TopicEvent } from '../../log/event.ts';
import { spreadUnits } from '../../protocol/cost.ts';
import { fail, failBecause, type Failure } from '../../protocol/errors.ts';
import { countFrame, notificationFrame } from '../../protocol/wire/frame.ts';
import { invalidName, isValidName } from '../../protocol/name-rule.ts';
import { StateUnavailable } from '../../redis/unavailable.ts';
import { roomTopic } from '../../redis/keys.ts';
import type { Joined, JoinRules, Since } from '../../store/membership/membership-store.ts';
import { Answer, type Caller, type Handlers, type PendingJoin } from '../caller.ts';
import { fileRoom, judgeGroup, type Filed } from '../session/filing.ts';
import { leaveRoom } from './leave.ts';
import { lossFrame } from '../room/losses.ts';
import { askToJoin, tellLeft, type Refused } from '../hooks/points.ts';
import type { Services } from '../services.ts';
import { resetFrame, SwitchOver, type Completion } from './switch-over.ts';

/** A join whose script has run: what it gave, and what is to happen in the turn of the response. */
export interface Join {
  readonly joined: Joined;
  /** Resolves once this node has heard of it, or the bus is late. */
  reached(): Promise<unknown>;
  before(): void;
  after(): void;
}

/** Both scripts of a join have run. */
interface Ran {
  readonly joined: Joined;
  /** By a socket that takes part in the session. */
  readonly filed: Filed | undefined;
}

type JoinFailure = Failure<'noRoom' | 'notAllowed' | 'invalidName' | 'tooManyRooms'> | Refused;

export function membershipHandlers(services: Services): Pick<Handlers, 'roomJoin' | 'roomLeave'> {
  return {
    async roomJoin(caller, { roomName, options }) {
      const join = await joinRoom(services, caller, roomName, { group: options?.group });
      if (!('joined' in join)) return join;
      await join.reached();
      return new Answer(join.joined.njoined, join);
    },

    roomLeave: (caller, { roomName }) => leaveRoom(services, caller, roomName),
  };
}

/** What a client says of a join. */
interface JoinWish {
  readonly since?: Since | undefined;
  /** Of the session. */
  readonly group: string | undefined;
  /** What was missed may take so much of the reply. */
  readonly bytesMax?: number;
}

/** Runs the scripts of a join. What is to happen besides is the answer's, in whose turn live delivery begins. */
export async function joinRoom(
  services: Services,
  caller: Caller,
  roomName: string,
  { since, group, bytesMax }: JoinWish,
): Promise<Join | JoinFailure> {
  const { settings, topics, reconciler } = services;
  if (!isValidName(roomName, settings.limits)) return fail('noRoom', [roomName]);
  const refused = services.hooks && (await askToJoin(services, caller, roomName));
  if (refused !== undefined) return refused;
  // A room joined again is in both: it counts once.
  const taken = new Set([...caller.rooms.keys(), ...caller.moves.joining()]);
  const full = !taken.has(roomName) && taken.size >= settings.limits.roomsPerSocket;
  const verdict = judgeGroup(caller, group, settings.limits) ?? (full ? 'tooManyRooms' : undefined);

  const topic = roomTopic(roomName);
  const frame = notificationFrame('roomUserJoined', [roomName, caller.userName]);
  caller.moves.set(roomName, 'preparing');
  const feed = await topics.follow(topic, caller.nodeId).catch((error: unknown) => {
    caller.moves.end(roomName, 'preparing');
    throw error;
  });
  // In one turn with the hold: what takes this socket out from here on is told in the join's own turn.
  caller.moves.end(roomName, 'preparing');
  const pending = caller.moves.beginJoin(roomName);
  const switchOver = new SwitchOver(topics, feed);
  const giveUp = (): void => {
    switchOver.abandon();
    caller.moves.endJoin(pending);
    // Lost meanwhile: that was left to this join to tell.
    tellLosses(caller, roomName, switchOver.delivered);
    if (pending.owes) forgetRoom(services, caller, roomName);
  };
  let ran: Ran | JoinFailure;
  try {
    const rules = { since, bytesMax, verdict, filing: caller.synced };
    ran = await runJoin(services, caller, { roomName, group, frame, rules, switchOver, pending });
  } catch (error) {
    // The script may have run: the follow is passed on until what it left behind is known.
    giveUp();
    reconciler.suspect(topic, caller.nodeId, error);
    throw error;
  }
  if ('code' in ran) {
    giveUp();
    topics.unfollow(topic, caller.nodeId);
    return ran;
  }
  return turnOf(services, caller, { roomName, frame, ...ran, switchOver, pending });
}

/** What is to happen in the turn of the response. */
function turnOf(
  services: Services,
  caller: Caller,
  join: Ran & {
    readonly roomName: string;
    readonly frame: Uint8Array;
    readonly switchOver: SwitchOver;
    readonly pending: PendingJoin;
  },
): Join {
  const { roomName, frame, joined, filed, switchOver, pending } = join;
  return {
    joined,
    reached: () => Promise.all([switchOver.reached(), filed?.reached()]),
    before: () => {
      // Lost and joined again before the node heard of the loss.
      tellLosses(caller, roomName, switchOver.before);
      if (joined.announced) {
        caller.send(frame);
        caller.spend(spreadUnits(services.audience.hearers(roomName), frame.length));
      }
      filed?.before();
    },
    after: () => {
      try {
        completeJoin(services, caller, { roomName, joined, switchOver, pending });
      } finally {
        filed?.after();
      }
    },
  };
}

async function runJoin(
  services: Services,
  caller: Caller,
  join: {
    roomName: string;
    group: string | undefined;
    frame: Uint8Array;
    rules: JoinRules;
    switchOver: SwitchOver;
    pending: PendingJoin;
  },
): Promise<Ran | JoinFailure> {
  const { memberships, users, userlistChanges, departures } = services;
  const { roomName, group, rules } = join;
  const { socketId, userName, nodeId, echoExcept } = caller;
  const joined = await memberships.join({ roomName, userName, socketId, nodeId }, join.frame, rules);
  join.pending.ran = true;
  if (joined === 'noRoom') return fail('noRoom', [roomName]);
  if (joined === 'lost') throw new StateUnavailable('this node was swept');
  if (joined === 'invalidName') return invalidName(group ?? '', services.settings.limits);
  if (typeof joined === 'string') return fail(joined);
  if (joined.changesPending) userlistChanges.note(roomName);
  join.switchOver.begin(joined.at);
  join.pending.again = joined.changed && caller.rooms.has(roomName);
  // The other sockets are told one by one.
  caller.spend(spreadUnits(2 * services.audience.socketsOf(userName).length, 0));
  const echo = countFrame('roomJoinedEcho', [roomName, socketId]);
  if (caller.synced) {
    const filed = await fileRoom(services, caller, { roomName, group, joined, echo });
    if (filed !== 'full') return { joined, filed };
    if (joined.changed) await departures.leaveRoom(roomName, nodeId, [caller], { echo: 'later', cause: 'leave' });
    return failBecause('tooManyRooms', [], 'the session of its user holds no more');
  }
  if (joined.changed) {
    const { njoined } = joined;
    await users.noteRoom(userName, { socketId, echoExcept, roomName, joined: true, njoined, echo });
  }
  return { joined, filed: undefined };
}

/** A join whose answer goes out. */
interface Answered {
  readonly roomName: string;
  readonly joined: Joined;
  readonly switchOver: SwitchOver;
  readonly pending: PendingJoin;
}

/** Live delivery begins, unless the socket has it already, or has gone meanwhile. */
function completeJoin(services: Services, caller: Caller, join: Answered): void {
  const { joined, switchOver } = join;
  // Where Redis has added a socket, the feed may have yet to deliver what had taken it out.
  if (joined.changed && switchOver.postponed(caller, () => completeJoin(services, caller, join))) return;
  try {
    beginDelivery(services, caller, join);
  } catch (error) {
    breakOffJoin(services, caller, join, error);
    throw error;
  }
}

/** A defect: Redis has the socket in the room, and nobody delivers anything to it. */
function breakOffJoin({ reconciler }: Services, caller: Caller, join: Answered, error: unknown): void {
  const { roomName, switchOver, pending } = join;
  switchOver.abandon();
  caller.moves.endJoin(pending);
  // What has been attached is taken out where the socket closes; else the follow is passed on until it is known.
  if (!caller.rooms.has(roomName)) reconciler.suspect(roomTopic(roomName), caller.nodeId, error);
  caller.startAfresh();
}

function beginDelivery(services: Services, caller: Caller, join: Answered): void {
  const { roomName, joined, switchOver, pending } = join;
  // Asked only now: a room joined before may have been deleted and made again meanwhile, and the feed may not know yet.
  if (caller.rooms.has(roomName) && !switchOver.isAhead) {
    switchOver.abandon();
    caller.moves.endJoin(pending);
    services.topics.unfollow(roomTopic(roomName), caller.nodeId);
    return;
  }
  // Lost and in again, and the answer did not wait until this node heard of the loss: to the client it has been in all
  // the time, and what was said in between is missing.
  const isUntold = (event: TopicEvent): boolean => isLoss(event, caller) && caller.moves.isFirst(event);
  if (switchOver.before.some(isUntold)) caller.send(resetFrame(roomName, joined.at));
  switchOver.complete(caller, completionOf(services, caller, join));
}

function completionOf(
  services: Services,
  caller: Caller,
  { roomName, joined, switchOver, pending }: Answered,
): Completion {
  const { audience, topics, departures, reconciler } = services;
  const unfollow = (): void => topics.unfollow(roomTopic(roomName), caller.nodeId);
  const tellTakenOut = ({ epoch, seq }: Point): void => {
    const work = (): Promise<void> => departures.tellTakenOut(roomName, caller, { epoch, seq });
    work().catch((error: unknown) => reconciler.finishLater(work, error));
  };
  // Whoever takes a room out of the session sees to what the user's side has noted, and tells it too.
  let isForgotten = false;
  const isOut = (event: TopicEvent): boolean => {
    if (!takesOut(event, caller.socketId)) return false;
    if (event.kind === 'evicted') tellLosses(caller, roomName, [event]);
    else if (caller.synced) tellTakenOut(event);
    isForgotten = event.kind === 'notice' && caller.synced;
    // Whoever took it out by a notice has told the hook.
    if (event.kind !== 'notice') tellLeft(services.hooks, caller, roomName, { njoined: 0, cause: 'lost' });
    return true;
  };
  return {
    attach: (since) => {
      caller.moves.endJoin(pending);
      // Joined twice, and the other one was quicker: its follow is the one that counts.
      if (!audience.attachRoom(roomName, caller.socketId, since)) unfollow();
    },
    // Left meanwhile, or heard already: of two joins under way the first one to be completed has attached it.
    isOver: () => pending.over || (caller.rooms.has(roomName) && !switchOver.isAhead),
    isOut: (event) => {
      if (event.kind !== 'restricted' || !isAt(event, pending.outAt)) return isOut(event);
      const loss = switchOver.delivered.find((later) => isAfter(later, event) && takesOut(later, caller.socketId));
      // Where it has not come yet, nobody is joining any more when it does: it is told like others then.
      return loss === undefined || isOut(loss);
    },
    over: () => {
      caller.moves.endJoin(pending);
      unfollow();
      if ((joined.changed || pending.owes) && !isForgotten) forgetRoom(services, caller, roomName);
    },
    closed: () => {
      caller.moves.endJoin(pending);
      void departures.undoJoin(roomName, caller);
    },
    reset: (at) => resetFrame(roomName, at),
  };
}

const isAt = (event: Point, point: Point | undefined): boolean =>
  event.epoch === point?.epoch && event.seq === point.seq;

/** Taken out before the user's side had noted the join: what told it of the loss may have come first. */
function forgetRoom({ users, reconciler }: Services, caller: Caller, roomName: string): void {
  if (caller.rooms.has(roomName) || caller.moves.passOn(roomName)) return;
  const { userName, socketId } = caller;
  const note = { socketId, roomName, joined: false, echoExcept: '', njoined: 0, echo: new Uint8Array(0) };
  const forget = (): Promise<void> => users.noteRoom(userName, note);
  forget().catch((error: unknown) => reconciler.finishLater(forget, error));
}

/** Evictions that a join kept for its own turn; each is told once. */
function tellLosses(caller: Caller, roomName: string, events: readonly TopicEvent[]): void {
  for (const event of events) {
    if (isLoss(event, caller) && caller.moves.isFirst(event)) caller.send(lossFrame(roomName));
  }
}

const isLoss = (event: TopicEvent, { socketId }: Caller): boolean =>
  event.kind === 'evicted' && takesOut(event, socketId);
