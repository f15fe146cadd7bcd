/**
 * What one socket has to do with rooms: those it hears, with the point of the log from which on, those it is joining, is
 * leaving, or was told that it is out of. By these points whatever comes late about a room is judged: it counts for a socket
 * that joined before it, and not for one that has joined since.
 */
import { isAfter, type Point } from '../../log/event.ts';
import { isSince, remember } from './points.ts';
import { ToldRemovals } from './told-removals.ts';

/** A join under way, as a socket keeps it; see `join.ts`. */
export interface PendingJoin {
  readonly roomName: string;
  /** What passes in the room is kept for it. */
  readonly isHolding: boolean;
  /** Where in the log the socket has joined, once that is known. */
  readonly point: Point | undefined;
  /** Whether Redis has added a socket that still hears the room: what took it out has not come to this node yet. */
  readonly isAgain: boolean;
  /** The user has lost the room there. False where the answer is out: then whoever asks tells it. */
  loses(at: Point): boolean;
  /** The socket, which heard the room, was taken out there. */
  lostAt(at: Point): void;
  /** A staged eviction begins there, and the socket is out of the room by it or was in between. */
  stagedOut(at: Point): void;
  /** The answer to it is out. */
  readonly isAnswered: boolean;
  /** The socket is out of the room, after the joins that have run. */
  left(): void;
  /** Another join leaves it to this one, which was answered before, to tell that the user has lost the room there. */
  owe(at: Point): void;
  /** Removals behind its point that it has yet to tell, or has told. */
  readonly owed: readonly Point[];
  /** A later join was answered, and stands for this one. */
  supersede(): void;
}

/** Whether it has asked to leave, or Redis has not answered that. */
export type Leave = 'asked' | 'unsure';

/**
 * How a socket stands to a point of a room's log from which on its user is out of it: it joined `before`, or `after`; it is
 * `asking` and nobody knows yet; or it is `out`.
 */
export type Standing = 'before' | 'after' | 'asking' | 'out';

/** There is one for each socket, so it keeps nothing but the rooms that are heard most of the time. */
export class SocketRooms {
  /** Rooms whose events reach the socket → the point at which it joined. Changed by the hub only. */
  readonly live = new Map<string, Point>();
  #joins: PendingJoin[] | undefined;
  #leaves: Map<string, Leave> | undefined;
  #untold: Map<string, Point> | undefined;
  #removals: ToldRemovals | undefined;
  #afterJoins: Map<string, (() => void)[]> | undefined;
  #leftBehind: Map<string, Promise<void>> | undefined;
  /** The transient room of which it was told last that it is in it (one-transient.ts). */
  transient: string | undefined;

  has(roomName: string): boolean {
    return this.live.has(roomName);
  }

  /** It hears the room, and joined it later in the log than that. */
  joinedAfter(roomName: string, at: Point): boolean {
    const since = this.live.get(roomName);
    return since !== undefined && isAfter(since, at);
  }

  begin(join: PendingJoin): void {
    this.#joins = [...(this.#joins ?? []), join];
  }

  end(join: PendingJoin): void {
    const left = this.#joins?.filter((other) => other !== join) ?? [];
    this.#joins = left.length === 0 ? undefined : left;
    // In this turn it may have something to tell yet.
    if (this.#afterJoins !== undefined) queueMicrotask(() => this.#settle(join.roomName));
  }

  /** Calls back once no join of a room is under way that may have something to tell. */
  afterJoins(roomName: string, then: () => void): void {
    this.#afterJoins ??= new Map();
    this.#afterJoins.set(roomName, [...(this.#afterJoins.get(roomName) ?? []), then]);
    queueMicrotask(() => this.#settle(roomName));
  }

  #settle(roomName: string): void {
    if (this.joinsOf(roomName).length > 0) return;
    const waiting = this.#afterJoins?.get(roomName) ?? [];
    this.#afterJoins?.delete(roomName);
    if (this.#afterJoins?.size === 0) this.#afterJoins = undefined;
    for (const then of waiting) then();
  }

  /** Joins of a room under way, in the order they were asked for: an answer may go out before the bus has caught up with it. */
  joinsOf(roomName: string): PendingJoin[] {
    return this.#joins?.filter((join) => join.roomName === roomName) ?? [];
  }

  /** Whether what passes in the room is kept for a join of this socket. */
  isJoining(roomName: string): boolean {
    return this.#joins?.some((join) => join.roomName === roomName && join.isHolding) ?? false;
  }

  /** Rooms it is in, or may be. */
  taken(): Set<string> {
    return new Set([...this.live.keys(), ...(this.#joins ?? []).map(({ roomName }) => roomName)]);
  }

  /** Rooms it is in, by all that this node knows. */
  joined(): Set<string> {
    const joins = this.#joins?.filter(({ point }) => point !== undefined) ?? [];
    return new Set([...this.live.keys(), ...joins.map(({ roomName }) => roomName)]);
  }

  /** A leave that nobody has asked for is under way. */
  leaveBehind(roomName: string, leave: Promise<void>): void {
    this.#leftBehind ??= new Map();
    this.#leftBehind.set(roomName, leave);
    void leave.then(() => this.#leftBehind?.delete(roomName));
  }

  /** Resolves once no such leave of a room is under way; undefined where there is none. */
  leftBehind(roomName: string): Promise<void> | undefined {
    return this.#leftBehind?.get(roomName);
  }

  leaveOf(roomName: string): Leave | undefined {
    return this.#leaves?.get(roomName);
  }

  setLeave(roomName: string, leave: Leave): void {
    this.#leaves ??= new Map();
    this.#leaves.set(roomName, leave);
  }

  endLeave(roomName: string): void {
    this.#leaves?.delete(roomName);
    if (this.#leaves?.size === 0) this.#leaves = undefined;
  }

  standing(roomName: string, at: Point): Standing {
    const joins = this.joinsOf(roomName);
    const answered = joins.findLast(({ point }) => point !== undefined)?.point;
    const untold = this.#untold?.get(roomName);
    const since = answered ?? this.live.get(roomName) ?? (untold?.epoch === at.epoch ? untold : undefined);
    if (since !== undefined) return isSince(since, at) ? 'after' : 'before';
    return joins.some(({ isHolding }) => isHolding) ? 'asking' : 'out';
  }

  /** The socket, which had joined there, hears a room no more, and what has taken it out is yet to be told. */
  detachedUntold(roomName: string, joinedAt: Point): void {
    this.#untold ??= new Map();
    remember(this.#untold, roomName, joinedAt);
  }

  /** Whether it was taken out of a room that it is about to hear again, and was not told so; it need not be from then on. */
  takeUntold(roomName: string): boolean {
    return this.#untold?.delete(roomName) ?? false;
  }

  /** The socket was told that its user has lost a room at a point. */
  toldLost(roomName: string, at: Point): void {
    this.#untold?.delete(roomName);
    this.#told.lost(roomName, at);
  }

  /** The socket was answered that it is out of a room, by a leave at a point. */
  toldLeft(roomName: string, at: Point): void {
    this.#untold?.delete(roomName);
    this.#told.left(roomName, at);
  }

  /** Notes that the operator's hook is told of a removal; false where it was told of that, or of one behind it. */
  noteLost(roomName: string, at: Point): boolean {
    return this.#told.note(roomName, at);
  }

  /** Whether it was told of any removal in a life of the room's log. */
  wasToldLostIn(roomName: string, epoch: string): boolean {
    return this.#removals?.isLostIn(roomName, epoch) ?? false;
  }

  /** Whether it was told of that removal, or of one behind it. */
  wasToldLost(roomName: string, at: Point): boolean {
    return this.#removals?.isLost(roomName, at) ?? false;
  }

  /** Whether it was told, in whatever way, that it is out since a point. */
  wasToldOut(roomName: string, at: Point): boolean {
    return this.#removals?.isOut(roomName, at) ?? false;
  }

  get #told(): ToldRemovals {
    return (this.#removals ??= new ToldRemovals());
  }
}
