/**
 * The place of a request's answer among the notices of the session. A client keeps its picture of the session from both:
 * what the session was told before the request took effect must come before the answer, what was told later after it, or
 * a leave by another device looks as if it had come before one's own join. Delivering is left to the hub, which asks here.
 */
import { isUpTo, type Point, type TopicEvent } from '../../log/event.ts';
import { addressOf } from '../../log/recipients.ts';
import type { AnyFrame } from '../../protocol/wire/frame.ts';
import type { SocketInbox } from '../inbox/socket-inbox.ts';
import type { SocketRooms } from '../membership/socket-rooms.ts';
import { isSince, remember } from '../membership/points.ts';

/** A socket that waits for an answer. */
export interface Waiting {
  readonly socketId: string;
  readonly notices: SocketNotices;
  readonly rooms: SocketRooms;
  readonly inbox: SocketInbox;
  send(frame: AnyFrame): void;
}

/** What it takes to tell a socket; see `Audience`. */
export interface Notifier {
  leaving(roomName: string, socketId: string): void;
  notify(socketId: string, event: TopicEvent): void;
  goOn(socketId: string): void;
}

/** Notices that wait for one answer. More are told as they come: their order is lost, not they. */
const KEPT_MAX = 1000;

/** What is held back until one request of a socket is answered. */
export class HeldNotices {
  readonly #socket: Waiting;
  readonly #audience: Notifier;
  /** Undefined for a request about the whole session. */
  readonly #roomName: string | undefined;
  #kept: TopicEvent[] = [];
  #at: Point | undefined;
  #toldAt: Point | undefined;
  #joinedAt: Point | undefined;

  /** Call before the script is sent; `end` must follow, whatever becomes of the request. */
  constructor(socket: Waiting, audience: Notifier, roomName?: string) {
    this.#socket = socket;
    this.#audience = audience;
    this.#roomName = roomName;
    socket.notices.begin(this);
  }

  take(event: TopicEvent, about: string): boolean {
    if ((this.#roomName !== undefined && this.#roomName !== about) || this.#kept.length >= KEPT_MAX) return false;
    this.#kept.push(event);
    return true;
  }

  /**
   * The request took effect there; the last echo that it caused is at `toldAt`. A join has put the socket into the room's log
   * at `joinedAt`.
   */
  tookEffect(at: Point, { toldAt = at, joinedAt }: { toldAt?: Point | undefined; joinedAt?: Point } = {}): void {
    this.#at = at;
    this.#toldAt = toldAt;
    this.#joinedAt = joinedAt;
  }

  /** Call right before the response: tells what came earlier, and the echoes that the request caused. */
  before(): void {
    const later = this.#kept.findIndex((event) => !isUpTo(event, this.#at) && !this.#isOwnEcho(event));
    const earlier = this.#kept.splice(0, later < 0 ? this.#kept.length : later);
    // What tells that the socket is out again of what it is about to hear that it has joined comes after that.
    const deferred = earlier.filter((event) => !this.#tell(event));
    // That the room is out of the session is not true any more, for the request has added it again: when that is over, too, it is told.
    for (const event of deferred.filter(endsEntry)) this.#pass(event, false);
    this.#kept.unshift(...deferred.filter((event) => !endsEntry(event)));
  }

  /** The socket is past it in its inbox, if it is there. */
  #pass(event: TopicEvent, isTold: boolean): void {
    this.#socket.inbox.pass(this.#socket, event, isTold);
  }

  /** False where it is not the time yet. What was told by other ways is not told again. */
  #tell(event: TopicEvent): boolean {
    const { about, recipients, removal } = addressOf(event);
    const { rooms, socketId } = this.#socket;
    if (about !== undefined && removal?.at !== undefined && (removal.socketId ?? socketId) === socketId) {
      if (this.#joinedAt !== undefined && !isSince(this.#joinedAt, removal.at)) return false;
      // That it is out of the session as well nothing else tells.
      if (recipients.to === 'synced') {
        this.#pass(event, true);
        return true;
      }
      if (removal.socketId === undefined ? rooms.wasToldLost(about, removal.at) : rooms.wasToldOut(about, removal.at)) {
        this.#pass(event, false);
        return true;
      }
      if (removal.socketId === undefined) rooms.toldLost(about, removal.at);
    }
    if (about !== undefined && removal !== undefined && removal.at === undefined)
      this.#audience.leaving(about, socketId);
    this.#pass(event, true);
    return true;
  }

  /** Echoes do not touch the picture of the session; but none overtakes a notice that does. */
  #isOwnEcho(event: TopicEvent): boolean {
    return isUpTo(event, this.#toldAt) && addressOf(event).recipients.to !== 'synced';
  }

  /** Call right after the response, or where there is none: tells the rest, unless another request waits for it. */
  end(): void {
    const { notices } = this.#socket;
    notices.end(this, this.#roomName, this.#at);
    for (const event of this.#kept) this.#audience.notify(this.#socket.socketId, event);
    this.#kept = [];
    this.#audience.goOn(this.#socket.socketId);
  }
}

/** Whether it tells devices that a room is out of their session, and they out of it. */
function endsEntry(event: TopicEvent): boolean {
  const { recipients, removal } = addressOf(event);
  return recipients.to === 'synced' && removal !== undefined;
}

/** Stands for all rooms. */
const EVERY_ROOM = '';

/** What one socket waits for, and what it was answered already. Empty most of the time, so it keeps nothing then. */
export class SocketNotices {
  #held: HeldNotices[] | undefined;
  /** Of what point in the user's log the last answer about a room was, until the log has passed it here. */
  #answeredAt: Map<string, Point> | undefined;

  begin(held: HeldNotices): void {
    this.#held ??= [];
    this.#held.push(held);
  }

  end(held: HeldNotices, roomName: string | undefined, at: Point | undefined): void {
    const left = this.#held?.filter((other) => other !== held) ?? [];
    this.#held = left.length === 0 ? undefined : left;
    if (at === undefined) return;
    this.#answeredAt ??= new Map();
    remember(this.#answeredAt, roomName ?? EVERY_ROOM, at);
  }

  /** Whether a request that waits for its answer holds a notice about a room back. */
  take(event: TopicEvent, about: string): boolean {
    return this.#held?.some((held) => held.take(event, about)) ?? false;
  }

  /** Whether a notice of the session is older than what the socket was answered since. Ask in the order of the log. */
  isStale(event: TopicEvent, about: string): boolean {
    if (this.#answeredAt === undefined) return false;
    const isOlder = [about, EVERY_ROOM].some((roomName) => isUpTo(event, this.#answeredAt?.get(roomName)));
    for (const [roomName, at] of this.#answeredAt) if (!isUpTo(event, at)) this.#answeredAt.delete(roomName);
    if (this.#answeredAt.size === 0) this.#answeredAt = undefined;
    return isOlder;
  }
}
