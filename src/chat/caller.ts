/**
 * What a handler sees of the socket that makes a request, and how it answers. A handler never touches a socket: it
 * sends frames through its caller, and asks the `Audience` to begin or end delivery.
 */
import type { Point, TopicEvent } from '../log/event.ts';
import type { Args, DeclaredErrors, GeneralErrors, RequestName, Result } from '../protocol/catalogue.ts';
import type { Format } from '../protocol/wire/codec.ts';
import type { Failure } from '../protocol/errors.ts';
import type { StoredResult } from '../protocol/wire/stored.ts';
import type { ResumeFamily } from '../store/user/user-store.ts';
import type { SessionTurn, TurnHolder } from './session/session-turns.ts';

export type RoomMove = 'preparing' | 'leaving' | 'unsure';

/** A join that has been asked for and is not completed: an answer may go out before the bus has caught up with it. */
export interface PendingJoin {
  readonly roomName: string;
  /** The script has run: leaving from here on takes this join back. */
  ran: boolean;
  /** What took the socket out before has not come to this node yet. */
  again: boolean;
  over: boolean;
  /** Another join that came to nothing has left the user's side to this one. */
  owes: boolean;
  /** A restriction that has taken the socket out, if it had joined before it: it hears nothing of what came later. */
  outAt: Point | undefined;
}

/**
 * What a socket is about to do in rooms: it prepares a join, has asked for one, has asked to leave, or is `unsure` whether
 * it has left, where the answer of Redis did not come. And what waits for its answers about the session. Empty most of
 * the time, so it keeps nothing then: there is one for each socket.
 */
export class RoomMoves implements TurnHolder {
  #moves: Map<string, RoomMove> | undefined;
  #joins: PendingJoin[] | undefined;
  #told: WeakSet<TopicEvent> | undefined;
  #turns: SessionTurn[] | undefined;

  of(roomName: string): RoomMove | undefined {
    return this.#moves?.get(roomName);
  }

  set(roomName: string, move: RoomMove): void {
    this.#moves ??= new Map();
    this.#moves.set(roomName, move);
  }

  /** Forgets a move, if it is still this one. */
  end(roomName: string, move: RoomMove): void {
    if (this.#moves?.get(roomName) !== move) return;
    this.#moves.delete(roomName);
    if (this.#moves.size === 0) this.#moves = undefined;
  }

  beginTurn(turn: SessionTurn): void {
    this.#turns ??= [];
    this.#turns.push(turn);
  }

  endTurn(turn: SessionTurn): void {
    const left = this.#turns?.filter((other) => other !== turn) ?? [];
    this.#turns = left.length === 0 ? undefined : left;
  }

  keep(event: TopicEvent): boolean {
    return this.#turns?.some((turn) => turn.keep(event)) ?? false;
  }

  /** One socket may have several in one room, each answered and yet to be completed. */
  beginJoin(roomName: string): PendingJoin {
    const join = { roomName, ran: false, again: false, over: false, owes: false, outAt: undefined };
    this.#joins = [...(this.#joins ?? []), join];
    return join;
  }

  endJoin(join: PendingJoin): void {
    const left = this.#joins?.filter((other) => other !== join) ?? [];
    this.#joins = left.length === 0 ? undefined : left;
  }

  isJoining(roomName: string): boolean {
    return this.#joinsOf(roomName).length > 0;
  }

  /** Leaves it to the joins under way to see to the user's side. Returns whether there are any. */
  passOn(roomName: string): boolean {
    const heirs = this.#joinsOf(roomName);
    for (const join of heirs) join.owes = true;
    return heirs.length > 0;
  }

  isRejoining(roomName: string): boolean {
    return this.#joinsOf(roomName).some(({ again }) => again);
  }

  /** A restriction of the room has taken the socket out; joins after it stand. */
  loseJoins(roomName: string, outAt: Point): void {
    for (const join of this.#joinsOf(roomName)) join.outAt = outAt;
  }

  /** The socket has left, after the joins that have run. */
  cancelJoins(roomName: string): void {
    for (const join of this.#joinsOf(roomName)) if (join.ran) join.over = true;
  }

  /** Rooms being joined, or about to be. */
  joining(): string[] {
    const preparing = [...(this.#moves ?? [])].flatMap(([roomName, move]) => (move === 'preparing' ? [roomName] : []));
    return [...preparing, ...(this.#joins ?? []).map(({ roomName }) => roomName)];
  }

  /** Whether this is asked about an event for the first time: several joins under way may have kept it. */
  isFirst(event: TopicEvent): boolean {
    if (this.#told?.has(event) === true) return false;
    this.#told ??= new WeakSet();
    this.#told.add(event);
    return true;
  }

  #joinsOf(roomName: string): PendingJoin[] {
    return this.#joins?.filter((join) => join.roomName === roomName) ?? [];
  }
}

/** One logged-in socket. */
export interface Caller {
  readonly socketId: string;
  readonly userName: string;
  /** Whose rights are asked for: the user's, or `SERVICE` where the service acts for it. */
  readonly authority: string;
  /** The socket that echoes of its requests leave out: itself, or none (`''`) where others ask for it. */
  readonly echoExcept: string;
  /** The socket takes part in its user's session. */
  readonly synced: boolean;
  /** The node instance that the socket was logged in by. */
  readonly nodeId: string;
  /** What its replies are written in, by which they are measured. */
  readonly format: Format;
  /** False once the socket is gone: what is still under way for it must be undone. */
  readonly open: boolean;
  /** Rooms whose live events reach this socket → the point of the log at which it joined. */
  readonly rooms: ReadonlyMap<string, Point>;
  /** Rooms that are on their way in or out. */
  readonly moves: RoomMoves;
  /**
   * Tells what an act has cost beyond what its request is known to (protocol/cost.ts), in units of an ordinary request:
   * the user's next ones wait for it. The service's own acts cost nothing.
   */
  spend(units: number): void;
  /** Sends a notification frame (msgpack; transcoded where the socket speaks JSON). Does nothing once closed. */
  send(frame: Uint8Array): void;
  /** When the login ends unless refreshed, in ms since the epoch by this node's clock. */
  closesAt: number | undefined;
  /** The resume tokens that end with this login when it is ended on purpose. */
  readonly resumeFamily: ResumeFamily;
  /** Closes so that the client comes back: what this node knows of the socket is not true any more. */
  startAfresh(): void;
  /** Closes normally once the response under way has been sent. */
  disconnect(): void;
}

/** Who delivers a topic's events to the sockets of this node. */
export interface Audience {
  /** How many sockets on this node an event of a room reaches. */
  hearers(roomName: string): number;
  /** Begins delivery of a room's events to a socket, which has joined at a point. False when it has it already. */
  attachRoom(roomName: string, socketId: string, since: Point): boolean;
  /** Ends it, unless the socket has joined after a point. False when there was none. */
  detachRoom(roomName: string, socketId: string, at?: Point): boolean;
  /** The sockets that hear a room and did not join it after a point; all of them where there is none. */
  attached(roomName: string, at: Point | undefined): readonly Caller[];
  /** The sockets that are joining a room: their join has been asked for and is not completed. */
  joining(roomName: string): readonly Caller[];
  /** A user's sockets here. */
  socketsOf(userName: string): readonly Caller[];
  /** Whether a socket is open here, attached or still joining that room. */
  isConcerned(roomName: string, socketId: string): boolean;
  /** Whether a socket is open here and logged in, or about to be. */
  isOpen(socketId: string): boolean;
}

/**
 * A result whose sending has to happen in one turn with something else: `before` the response (notifications the
 * request caused for its caller), or `after` it (live delivery begins). A failure where a hook has made one of it.
 */
export class Answer<T> {
  readonly value: T;
  readonly before: (() => void) | undefined;
  readonly after: (() => void) | undefined;

  constructor(value: T, turn: { before?: () => void; after?: () => void }) {
    this.value = value;
    this.before = turn.before;
    this.after = turn.after;
  }
}

/** What a handler gives: the result, or a failure with one of the codes its request declares. */
export type Outcome<N extends RequestName> = Given<N> | Failed<N> | Answer<Given<N> | Failed<N>>;

type Given<N extends RequestName> = Result<N> | StoredResult<Result<N>>;

type Failed<N extends RequestName> = Failure<DeclaredErrors<N> | GeneralErrors>;

export type Handler<N extends RequestName> = (caller: Caller, args: Args<N>) => Promise<Outcome<N>> | Outcome<N>;

/** One handler for each request but `login`, which makes a caller out of a guest (see login.ts). */
export type Handlers = { readonly [N in Exclude<RequestName, 'login'>]: Handler<N> };
