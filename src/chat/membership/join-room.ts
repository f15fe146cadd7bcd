/** Joining a room: the scripts of a join, and what is to happen in the turn of its answer. One join's own life is in join.ts. */
import { spreadUnits } from '../../protocol/params/cost.ts';
import { fail, failBecause, type Failure } from '../../protocol/errors/errors.ts';
import { countFrame, notificationFrame } from '../../protocol/wire/frame.ts';
import { invalidName } from '../../protocol/names/rule.ts';
import { StateUnavailable } from '../../redis/unavailable.ts';
import { roomTopic } from '../../redis/keys.ts';
import type { Creation } from '../../store/membership/creation.ts';
import type { Joined, JoinRules, Since } from '../../store/membership/membership-store.ts';
import type { Actor } from '../actor.ts';
import type { Caller } from '../caller.ts';
import { askToJoin, type Refused } from '../hooks/points.ts';
import type { Services } from '../services.ts';
import { addEntry, holdNotices, judgeGroup, type EntryAdded } from '../session/entries.ts';
import type { HeldNotices } from '../session/held-notices.ts';
import { Join } from './join.ts';
import { keepOneTransient } from './one-transient.ts';

/** A join whose scripts have run: what it gave, and what is to happen in the turn of the response. */
export interface JoinDone {
  readonly joined: Joined;
  /** Resolves once this node has heard of it, or the bus is late. */
  reached(): Promise<unknown>;
  before(): void;
  after(): void;
}

export type JoinFailure = Failure<'noRoom' | 'roomExpired' | 'notAllowed' | 'invalidName' | 'tooManyRooms'> | Refused;

/** Which socket joins, and who asks for that. */
export interface Joiner {
  readonly by: Actor;
  readonly socket: Caller;
}

/** What a client says of a join. */
interface JoinWish {
  readonly since?: Since | undefined;
  /** Of the session. */
  readonly group: string | undefined;
  /** What was missed may take so much of the reply. */
  readonly bytesMax?: number;
  /** What the room is made with where there is none. */
  readonly creation?: Creation;
  /** The session has no part in it. */
  readonly isUnfiled?: boolean;
}

/** Runs the scripts of a join. What is to happen besides is the answer's, in whose turn live delivery begins. */
export async function joinRoom(
  services: Services,
  joiner: Joiner,
  roomName: string,
  { since, group, bytesMax, creation, isUnfiled = false }: JoinWish,
): Promise<JoinDone | JoinFailure> {
  const { settings, topics, repairs } = services;
  const { by, socket: caller } = joiner;
  const refused = services.hooks && (await askToJoin(services, caller, roomName, creation !== undefined));
  if (refused !== undefined) return refused;
  // It is being taken out of it, and is to be in it when that is over.
  for (let left = caller.rooms.leftBehind(roomName); left !== undefined; left = caller.rooms.leftBehind(roomName)) {
    await left;
  }
  // A room joined again is in both: it counts once.
  const taken = caller.rooms.taken();
  const full = !taken.has(roomName) && taken.size >= settings.limits.roomsPerSocket;
  const verdict = judgeGroup(caller, group, settings.limits) ?? (full ? 'tooManyRooms' : undefined);

  const topic = roomTopic(roomName);
  // What the session is told from here on may be of before the join, or of after it.
  const isFiled = caller.synced && !isUnfiled;
  const held = isFiled ? holdNotices(services, by, caller, roomName) : undefined;
  const join = new Join(services, caller, roomName);
  const giveUp = (): boolean => {
    const isFollowed = join.giveUp();
    held?.end();
    return isFollowed;
  };
  try {
    join.hold(await topics.follow(topic, caller.nodeId));
  } catch (error) {
    giveUp();
    throw error;
  }
  let ran: JoinDone | JoinFailure;
  try {
    const rules = { since, bytesMax, verdict, inSession: isFiled, creation };
    ran = await runJoin(services, joiner, { join, held, group }, rules);
  } catch (error) {
    // The script may have run: the follow is passed on until what it left behind is known.
    repairs.check(topic, caller.nodeId, error, giveUp() ? 1 : 0);
    throw error;
  }
  if ('code' in ran && giveUp()) topics.unfollow(topic, caller.nodeId);
  return ran;
}

/** A join under way, and what it holds back. */
interface Asked {
  readonly join: Join;
  readonly held: HeldNotices | undefined;
  readonly group: string | undefined;
}

async function runJoin(
  services: Services,
  { by, socket: caller }: Joiner,
  asked: Asked,
  rules: JoinRules,
): Promise<JoinDone | JoinFailure> {
  const { memberships, audience, userlistChanges, leaves, settings } = services;
  const { socketId, userName, nodeId } = caller;
  const { join, group } = asked;
  const { roomName } = join;
  const frame = notificationFrame('roomUserJoined', [roomName, userName]);
  const joined = await memberships.join({ roomName, userName, socketId, nodeId }, frame, rules);
  if (joined === 'noRoom' || joined === 'roomExpired') return fail(joined, [roomName]);
  if (joined === 'lost') throw new StateUnavailable('this node was swept');
  if (joined === 'invalidName') return invalidName(group ?? '', settings.limits);
  if (typeof joined === 'string') return fail(joined);
  join.ran(joined);
  if (joined.changesPending) userlistChanges.note(roomName);
  // The other sockets are told one by one.
  by.spend(spreadUnits(2 * audience.socketsOf(userName).length, 0));
  const added = await tellUser(services, { by, socket: caller }, asked, joined, rules.inSession === true);
  if (added === 'full') {
    if (joined.changed) await leaves.leaveRoom(roomName, nodeId, [caller], { echo: 'later', cause: 'leave' });
    return failBecause('tooManyRooms', [], 'the session of its user holds no more');
  }
  return {
    joined,
    reached: () => Promise.all([join.reached(), added?.reached()]),
    before: () => {
      join.before();
      if (joined.announced) {
        caller.send(frame);
        by.spend(spreadUnits(audience.hearers(roomName), frame.length));
      }
      added?.before();
    },
    after: () => {
      try {
        join.after();
      } finally {
        keepOneTransient(services, caller, roomName, joined.isTransient);
        added?.after();
      }
    },
  };
}

/** The user's side of a join: what its other sockets hear of it, and its session where this one takes part in that. */
async function tellUser(
  services: Services,
  { by, socket: caller }: Joiner,
  { join: { roomName }, group, held }: Asked,
  joined: Joined,
  isFiled: boolean,
): Promise<EntryAdded | 'full' | undefined> {
  const { socketId } = caller;
  const except = by.exceptSocket ?? '';
  const echo = countFrame('roomJoinedEcho', [roomName, socketId]);
  if (isFiled) return addEntry(services, caller, { roomName, group, joined, echo, except }, held);
  if (joined.changed) await services.echoes.send(caller, joined.time, { except, frame: echo, count: joined.njoined });
  return undefined;
}
