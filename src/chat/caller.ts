/**
 * What a handler sees of the socket that makes a request, if one does. A handler never touches a socket: it sends frames
 * through its caller, and asks the `Audience` to begin or end delivery. What it acts with: actor.ts; what it answers:
 * outcome.ts.
 */
import type { Point, TopicEvent } from '../log/event.ts';
import type { Args, RequestName, RequestOn } from '../protocol/catalogue.ts';
import type { AnyFrame } from '../protocol/wire/frame.ts';
import type { Actor, UserActor } from './actor.ts';
import type { SocketInbox } from './inbox/socket-inbox.ts';
import type { SocketRooms } from './membership/socket-rooms.ts';
import type { Outcome, UnderWay } from './outcome.ts';
import type { SocketNotices } from './session/held-notices.ts';

/** One logged-in socket. */
export interface Caller {
  readonly socketId: string;
  readonly userName: string;
  /** The socket takes part in its user's session. */
  readonly synced: boolean;
  /** The node instance that the socket was logged in by. */
  readonly nodeId: string;
  /** False once the socket is gone: what is still under way for it must be undone. */
  readonly open: boolean;
  /** Rooms whose live events reach this socket, and those that are on their way in or out. */
  readonly rooms: SocketRooms;
  /** What waits for its answers about the session. */
  readonly notices: SocketNotices;
  /** Its user has no other socket, by all that this node knows. */
  readonly isAlone: boolean;
  /** How far the socket may be in its user's inbox. */
  readonly inbox: SocketInbox;
  /** Sends a notification frame (msgpack; transcoded where the socket speaks JSON). Does nothing once closed. */
  send(frame: AnyFrame): void;
  /** When the login ends unless refreshed, in ms since the epoch by this node's clock. */
  closesAt: number | undefined;
  /** The logins that end with this one when it is ended on purpose: of its device, or of its chain. */
  readonly family: string;
  /** The same of a login by header before it named its device. */
  readonly chainFamily: string | undefined;
  /** When its resume token was issued, in microseconds by Redis's clock. */
  readonly issuedAt: number;
  /** Its user goes for good, and is not expected back. */
  onPurpose: boolean;
  /** It may have left a will, which is posted if it goes otherwise. */
  hasWill: boolean;
  /** Closes so that the client comes back: what this node knows of the socket is not true any more. */
  startAfresh(): void;
  /** Closes normally, and for good as far as its user says, once the response under way has been sent. */
  disconnect(): void;
}

/** Who delivers a topic's events to the sockets of this node. */
export interface Audience {
  /** How many sockets on this node an event of a room reaches. */
  hearers(roomName: string): number;
  /** Begins delivery of a room's events to a socket, which has joined at a point. False when it has it already. */
  attachRoom(roomName: string, socketId: string, since: Point): boolean;
  /** Ends it, unless the socket has joined after the point at which it is out. False when there was none. */
  detachRoom(roomName: string, socketId: string, at?: Point): boolean;
  /** A socket is being told that it is taken out of a room: it hears nothing of that from here on. */
  leaving(roomName: string, socketId: string): void;
  /** Tells a socket what its user was told, if that is for it. */
  notify(socketId: string, event: TopicEvent): void;
  /** Tells a socket what has waited for notices before it that were held back, as far as those are told. */
  goOn(socketId: string): void;
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

/** A request that is about a user is made in the name of one, and one about a socket for one: see `on` of a declaration. */
export type Handler<N extends RequestName> = (
  by: N extends RequestOn<'anything'> ? Actor : UserActor,
  args: Args<N>,
  socket: N extends RequestOn<'anything' | 'user'> ? Caller | undefined : Caller,
) => Promise<Outcome<N> | UnderWay<Outcome<N>>> | Outcome<N> | UnderWay<Outcome<N>>;

/** One handler for each request but `login`, which makes a caller out of a guest (see login.ts). */
export type Handlers = { readonly [N in Exclude<RequestName, 'login'>]: Handler<N> };

/** Those of the requests that a noun declares: its file in chat/ lacks none of them. */
export type HandlersOf<Requests> = Pick<Handlers, keyof Requests & keyof Handlers>;
