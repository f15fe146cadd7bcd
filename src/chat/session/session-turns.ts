/**
 * The place of a request's answer among the notices of the session. A client keeps its picture of the session from both:
 * what the session was told before the request took effect must come before the answer, what was told later after it, or
 * a leave by another device looks as if it had come before one's own join. Delivering is left to the hub, which asks here.
 */
import { roomOfNotice, type Point, type TopicEvent } from '../../log/event.ts';

/** What the turns of one socket are kept in. */
export interface TurnHolder {
  beginTurn(turn: SessionTurn): void;
  endTurn(turn: SessionTurn): void;
  /** Whether one of the turns keeps a notice of the session for later. */
  keep(event: TopicEvent): boolean;
}

/** A socket that waits for an answer. */
export interface TurnTaker {
  readonly moves: TurnHolder;
  send(frame: Uint8Array): void;
}

/** Notices that wait for one answer. More are told as they come: their order is lost, not they. */
const KEPT_MAX = 1000;

export class SessionTurn {
  readonly #taker: TurnTaker;
  /** Undefined for a request about the whole session. */
  readonly #roomName: string | undefined;
  #kept: TopicEvent[] = [];
  #at: Point | undefined;
  #toldAt: Point | undefined;

  /** Call before the script is sent; `end` must follow, whatever becomes of the request. */
  constructor(taker: TurnTaker, roomName?: string) {
    this.#taker = taker;
    this.#roomName = roomName;
    taker.moves.beginTurn(this);
  }

  keep(event: TopicEvent): boolean {
    const roomName = roomOfNotice(event);
    const isAbout = roomName !== undefined && (this.#roomName === undefined || this.#roomName === roomName);
    if (!isAbout || this.#kept.length >= KEPT_MAX) return false;
    this.#kept.push(event);
    return true;
  }

  /** The request took effect there; the last echo that it caused is at `toldAt`. */
  tookEffect(at: Point, toldAt = at): void {
    this.#at = at;
    this.#toldAt = toldAt;
  }

  /** Call right before the response: tells what came earlier, and the echoes that the request caused. */
  before(): void {
    const later = this.#kept.findIndex((event) => !isUpTo(event, this.#at) && !this.#isOwnEcho(event));
    const earlier = this.#kept.splice(0, later < 0 ? this.#kept.length : later);
    for (const { frame } of earlier) this.#taker.send(frame);
  }

  /** Echoes do not touch the picture of the session; but none overtakes a notice that does. */
  #isOwnEcho(event: TopicEvent): boolean {
    return isUpTo(event, this.#toldAt) && !isOfSession(event);
  }

  /** Call right after the response, or where there is none: tells the rest, unless another turn wants it. */
  end(): void {
    const { moves } = this.#taker;
    moves.endTurn(this);
    for (const event of this.#kept) if (!moves.keep(event)) this.#taker.send(event.frame);
    this.#kept = [];
  }
}

const isUpTo = ({ epoch, seq }: TopicEvent, at: Point | undefined): boolean => epoch === at?.epoch && seq <= at.seq;

const isOfSession = ({ subject }: TopicEvent): boolean => subject.startsWith('+');
