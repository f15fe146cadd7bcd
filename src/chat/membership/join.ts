/**
 * One join of one socket, from the moment it is asked for until the room is heard or it has come to nothing. Whatever takes
 * the socket out of the room meanwhile is judged here, by where in the log it stands to the join.
 *
 * Who tells a socket that a room was taken away:
 * - one that hears the room: the room's own event (gateway/hub/hub.ts);
 * - one that is joining it: its join, in the turn of the answer or when the log has come so far;
 * - the user's other sockets: the hub too, on nodes that had sockets of the user in the room; on others the notice to the user.
 */
import type { Feed } from '../../bus/feed.ts';
import { isUpTo, leftOutOf, takesOut, type Point, type Position, type TopicEvent } from '../../log/event.ts';
import { notificationFrame } from '../../protocol/wire/frame.ts';
import { roomTopic } from '../../redis/keys.ts';
import type { Joined } from '../../store/membership/membership-store.ts';
import type { Caller } from '../caller.ts';
import { tellLeft } from '../hooks/points.ts';
import { removalFrame } from '../room/removals.ts';
import type { Services } from '../services.ts';
import type { PendingJoin } from './socket-rooms.ts';
import { isSince } from './points.ts';
import { isBehind, SwitchOver } from './switch-over.ts';

/** A join that is not over is in the `rooms` of its socket. */
export class Join implements PendingJoin {
  readonly roomName: string;
  readonly #services: Services;
  readonly #caller: Caller;
  #switchOver: SwitchOver | undefined;
  #joined: Joined | undefined;
  #over = false;
  #isAnswered = false;
  /** Points at which the user has lost the room, by what was told on its own topic: they are this join's to tell. */
  #removals: Point[] | undefined;
  /** The socket heard the room up to here, having joined before, until something took it out while this was under way. */
  #heard: Point | undefined;
  /** A staged eviction has taken the socket out, if it had joined before that point: it hears nothing of what came later. */
  #stagedOut: Point | undefined;
  /** The client believes that it heard everything, and it did not. */
  #hasHole = false;

  constructor(services: Services, caller: Caller, roomName: string) {
    this.roomName = roomName;
    this.#services = services;
    this.#caller = caller;
    caller.rooms.begin(this);
  }

  /** Call in the turn in which the script is sent. What takes the socket out from here on is this join's to tell. */
  hold(feed: Feed): void {
    this.#switchOver = new SwitchOver(this.#services.topics, feed);
  }

  get isHolding(): boolean {
    return this.#switchOver !== undefined;
  }

  /** Where in the log the socket has joined, once that is known. */
  get point(): Position | undefined {
    return this.#joined?.at;
  }

  /** Whether Redis has added a socket that still hears the room: what took it out has not come to this node yet. */
  get isAgain(): boolean {
    return this.#joined?.changed === true && this.#caller.rooms.has(this.roomName);
  }

  /** Call in the turn of the script's reply. */
  ran(joined: Joined): void {
    this.#joined = joined;
    this.#switchOver?.begin(joined.at);
  }

  /** Resolves once this node has heard of it, or the bus is late. */
  reached(): Promise<unknown> | true {
    return this.#switchOver?.reached() ?? true;
  }

  /**
   * It was refused, or nobody knows what came of it. The caller lets go of the topic, or passes it on; false where that is
   * done already.
   */
  giveUp(): boolean {
    const delivered = this.#switchOver?.delivered ?? [];
    const isFollowed = !this.#over;
    this.#end();
    // That was left to this join to tell.
    this.#tellUnlessAnothers(this.#kept(delivered));
    return isFollowed;
  }

  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /** Call right before the answer: tells of removals before it, which the client must not take for later ones. */
  before(): void {
    const { point } = this;
    if (point === undefined) return;
    const delivered = this.#switchOver?.delivered.filter((event) => isUpTo(event, point)) ?? [];
    const before = this.#kept(delivered).filter((at) => this.#isSince(at));
    if (this.#joined?.changed !== true) return this.#tellUnlessAnothers(before);
    // A join that was answered before is over then (see `after`), and tells nothing any more.
    const others = this.#others().flatMap((join) => join.owed.filter((at) => this.#isSince(at)));
    for (const at of [...others, ...before]) this.#tellRemoval(at);
  }

  /** Call right after the answer. Live delivery begins, or does not have to; where the bus is late that happens later. */
  after(): void {
    const { rooms, socketId } = this.#caller;
    this.#isAnswered = true;
    if (this.#over || this.#joined === undefined) return;
    const { audience } = this.#services;
    const before = this.#others().filter(({ point }) => point !== undefined);
    try {
      if (!this.#joined.changed && (before.length > 0 || rooms.has(this.roomName))) {
        for (const at of this.owed) before.at(-1)?.owe(at);
        return this.#drop();
      }
      // Taken out since by what this node has not heard yet. To the client it was in all the time.
      for (const join of before) join.supersede();
      const isHere = audience.detachRoom(this.roomName, socketId);
      this.#hasHole = rooms.takeUntold(this.roomName) || isHere || before.length > 0;
      const removal = this.#removals?.find((at) => !this.#isSince(at));
      if (removal === undefined) return this.#complete();
      this.#tellHook(removal);
      this.#dropTelling();
    } catch (error) {
      this.#breakOff(error);
      throw error;
    }
  }

  supersede(): void {
    if (this.#joined !== undefined) this.#drop();
  }

  left(): void {
    // What took it out before it left was this join's to tell.
    if (this.#joined !== undefined && !this.#over) this.#dropTelling();
  }

  owe(at: Point): void {
    this.#removals = [...(this.#removals ?? []), at];
  }

  get owed(): readonly Point[] {
    return this.#kept(this.#switchOver?.delivered ?? []).filter((at) => !this.#isSince(at));
  }

  /** Removals that are this join's to tell, as they came about: whoever is told of a later one is not told of an earlier one any more. */
  #kept(delivered: readonly TopicEvent[]): Point[] {
    const out = delivered.find((event) => takesOut(event, this.#caller) && !this.#isSince(event));
    const removals: Point[] = delivered.filter(
      // A deletion is told to who was in the room until then.
      (event) => this.#isRemoval(event) && (event.kind !== 'deleted' || event === out),
    );
    return [...removals, ...(this.#removals ?? [])].toSorted((one, other) => one.seq - other.seq);
  }

  loses(at: Point): boolean {
    if (this.#isAnswered) return false;
    this.owe(at);
    return true;
  }

  /** The socket, which heard the room, was taken out there. */
  lostAt(at: Point): void {
    this.#heard = at;
  }

  /** A staged eviction begins there, and the socket is out of the room by it or was in between. */
  stagedOut(at: Point): void {
    this.#stagedOut = at;
  }

  /** Not wanted any more, the follow neither. */
  #drop(): void {
    if (this.#over) return;
    this.#end();
    this.#services.topics.unfollow(roomTopic(this.roomName), this.#caller.nodeId);
  }

  /** The same, and tells what is left to it: the user may have lost the room again with another socket since this one was taken out. */
  #dropTelling(): void {
    const { owed } = this;
    this.#drop();
    for (const at of owed) this.#tellRemoval(at);
  }

  #end(): void {
    this.#over = true;
    this.#switchOver?.abandon();
    this.#caller.rooms.end(this);
  }

  #complete(): void {
    this.#switchOver?.complete(this.#caller, {
      tellHole: (at) => {
        this.#hasHole = !this.#over;
        this.#fillHole(at);
      },
      deliver: (event) => this.#over || this.#deliver(event),
      attach: () => this.#attach(),
      failed: (error) => this.#breakOff(error),
      closed: () => {
        if (this.#over) return;
        this.#end();
        void this.#services.leaves.undoJoin(this.roomName, this.#caller);
      },
    });
  }

  #attach(): void {
    const since = this.point;
    if (this.#over || since === undefined) return;
    this.#fillHole(since);
    this.#end();
    // Whatever has become of a leave that was not answered, it is in again.
    const { rooms } = this.#caller;
    if (rooms.leaveOf(this.roomName) === 'unsure') rooms.endLeave(this.roomName);
    if (!this.#services.audience.attachRoom(this.roomName, this.#caller.socketId, since)) {
      this.#services.topics.unfollow(roomTopic(this.roomName), this.#caller.nodeId);
    }
  }

  /** False where the event has taken the socket out. */
  #deliver(event: TopicEvent): boolean {
    const { rooms } = this.#caller;
    if (event.kind === 'stagedEviction' && isUpTo(event, this.#stagedOut)) {
      // Who it is told of comes later in the log: then it is told like others, for nobody is joining any more.
      this.#dropTelling();
      return false;
    }
    if (takesOut(event, this.#caller)) {
      if (this.#isRemoval(event)) this.#tellRemoval(event);
      // Whoever took it out by a notice has told the hook, and tells the socket on the user's topic.
      if (event.kind !== 'notice') this.#tellHook(event);
      this.#dropTelling();
      // Should it join again before that comes, it has missed what is in between.
      if (this.point !== undefined && !rooms.wasToldOut(this.roomName, event))
        rooms.detachedUntold(this.roomName, this.point);
      return false;
    }
    if (event.frame.length === 0 || (this.#heard !== undefined && !isBehind(event, this.#heard))) return true;
    if (leftOutOf(event) === this.#caller.socketId) return true;
    if (this.point !== undefined) this.#fillHole(this.point);
    this.#caller.send(event.frame);
    return true;
  }

  /** Before anything newer: what came until then the client reads again. */
  #fillHole(at: Position): void {
    if (this.#hasHole) this.#caller.send(resetFrame(this.roomName, at));
    this.#hasHole = false;
  }

  /** Of a deletion only who has joined the room is told. */
  #isRemoval(event: TopicEvent): boolean {
    if (event.kind === 'deleted') return this.point?.epoch === event.epoch;
    return event.kind === 'evicted' && takesOut(event, this.#caller);
  }

  /** A join that was answered before, and is yet to begin, tells of what came after it when it has told what came before that. */
  #tellUnlessAnothers(removals: readonly Point[]): void {
    for (const at of removals) {
      const another = this.#others().find(({ point }) => point !== undefined && !isSince(point, at));
      if (another === undefined) this.#tellRemoval(at);
      else another.owe(at);
    }
  }

  #others(): PendingJoin[] {
    return this.#caller.rooms.joinsOf(this.roomName).filter((join) => join !== this);
  }

  /** Each is told once: several joins of one socket may have kept it. */
  #tellRemoval(at: Point): void {
    const { rooms } = this.#caller;
    if (rooms.wasToldLost(this.roomName, at)) return;
    rooms.toldLost(this.roomName, at);
    this.#caller.send(removalFrame(this.roomName));
  }

  #tellHook(at: Point): void {
    const isNew = this.#caller.rooms.noteLost(this.roomName, at);
    if (isNew) tellLeft(this.#services.hooks, this.#caller, this.roomName, { njoined: 0, cause: 'lost' });
  }

  #isSince(at: Point): boolean {
    return this.point === undefined || isSince(this.point, at);
  }

  /** A defect: Redis has the socket in the room, and nobody delivers anything to it. */
  #breakOff(error: unknown): void {
    const { repairs } = this.#services;
    this.#end();
    // What has been attached is taken out where the socket closes; else the follow is passed on until it is known.
    const { rooms, nodeId } = this.#caller;
    if (!rooms.has(this.roomName)) repairs.check(roomTopic(this.roomName), nodeId, error);
    this.#caller.startAfresh();
  }
}

/** The notification that tells a client to read a room again. */
export function resetFrame(roomName: string, at: Position): Uint8Array {
  return notificationFrame('roomReset', [roomName, at.epoch, at.id]);
}
