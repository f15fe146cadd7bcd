/**
 * The place of a request's answer among the notices of the session. A client keeps its picture of the session from both:
 * what the session was told before the request took effect must come before the answer, what was told later after it, or
 * a leave by another device looks as if it had come before one's own join. Delivering is left to the hub, which asks here.
 */
import { roomOfNotice, type Point, type TopicEvent } from '../bus/event.ts';

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

  /** The request took effect there. */
  tookEffect(at: Point): void {
    this.#at = at;
  }

  /** Call right before the response: tells what came earlier. */
  before(): void {
    const at = this.#at;
    const isEarlier = ({ epoch, seq }: TopicEvent): boolean => epoch === at?.epoch && seq <= at.seq;
    const earlier = this.#kept.filter(isEarlier);
    this.#kept = this.#kept.filter((event) => !isEarlier(event));
    for (const { frame } of earlier) this.#taker.send(frame);
  }

  /** Call right after the response, or where there is none: tells the rest, unless another turn wants it. */
  end(): void {
    const { moves } = this.#taker;
    moves.endTurn(this);
    for (const event of this.#kept) if (!moves.keep(event)) this.#taker.send(event.frame);
    this.#kept = [];
  }
}
