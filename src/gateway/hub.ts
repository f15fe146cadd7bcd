/**
 * Which of this node's sockets are in which topic, and the delivery of events to them: rooms by native fan-out, one
 * native topic per room and format, users by a loop over their few sockets. Frames are passed on unread.
 */
import type { Topic, TopicListener } from '../bus/bus.ts';
import type { Instance } from '../bus/instance.ts';
import type { Topics } from '../bus/topics.ts';
import { evictionsOf, isAfter } from '../log/event.ts';
import type { Eviction, Point, Position, TopicEvent } from '../log/event.ts';
import { addressOf, isRecipient, type Address, type Recipients, type Removal } from '../log/recipients.ts';
import type { Audience } from '../chat/caller.ts';
import { resetFrame } from '../chat/membership/join.ts';
import { isSince } from '../chat/membership/socket-rooms.ts';
import { lossFrame } from '../chat/room/losses.ts';
import type { Echoes } from '../chat/user/echoes.ts';
import type { Distribution } from '../ops/distribution.ts';
import type { Format } from '../protocol/wire/codec.ts';
import { countIn, notificationTest, transcodeToJson } from '../protocol/wire/frame.ts';
import { roomTopic, topicKind, topicName, type TopicKey } from '../redis/keys.ts';
import type { FanOut } from './fan-out.ts';
import type { Session } from './session.ts';

interface RoomAudience {
  /** The one copy of these texts that all its sessions keep. */
  readonly name: string;
  epoch: string;
  readonly sessions: Set<Session>;
  /** How many of them speak JSON. */
  json: number;
}

export interface HubDeps {
  readonly fanOut: Pick<FanOut, 'publish'>;
  readonly instance: Pick<Instance, 'nodeId' | 'redisNow'>;
  /** A socket has lost a room. */
  onLost(session: Session, roomName: string): void;
  /** How old messages are when they are handed to the sockets. */
  readonly messageAges: Distribution;
}

/** What is made after the hub, for it needs the hub itself. */
export interface HubPeers {
  readonly topics: Pick<Topics, 'unfollow' | 'positionOf'>;
  readonly echoes: Pick<Echoes, 'arrived'>;
}

/** Messages per one whose age is measured. */
const MESSAGES_PER_AGE = 16;

const isArrival = notificationTest('socketConnectEcho', 2);
const isDeparture = notificationTest('socketDisconnectEcho', 2);

const TO_ALL = { to: 'all' } as const;

const nativeTopic = (roomName: string, format: Format): string => `${format}/${roomName}`;

export class Hub implements TopicListener, Audience {
  readonly #deps: HubDeps;
  #peers: HubPeers | undefined;
  readonly #sessions = new Map<string, Session>();
  readonly #rooms = new Map<string, RoomAudience>();
  /** A user has few sockets: an array costs a fifth of a set. */
  readonly #users = new Map<string, Session[]>();
  /** Sockets that are being logged in: Redis may know them already. */
  readonly arriving = new Set<string>();
  deliveries = 0;
  #untilAge = 1;

  constructor(deps: HubDeps) {
    this.#deps = deps;
  }

  /** To be called before the first socket, and the first event. */
  start(peers: HubPeers): void {
    this.#peers = peers;
  }

  get #started(): HubPeers {
    if (this.#peers === undefined) throw new Error('the hub was not started');
    return this.#peers;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Users and rooms with a socket here. */
  get counts(): { users: number; rooms: number } {
    return { users: this.#users.size, rooms: this.#rooms.size };
  }

  add(session: Session): void {
    this.#sessions.set(session.socketId, session);
  }

  /** Begins delivery of the user's notices. */
  attachUser(session: Session): void {
    const sessions = this.#users.get(session.userName);
    if (sessions === undefined) this.#users.set(session.userName, [session]);
    else sessions.push(session);
  }

  /** Forgets a closed socket; the topics it followed are let go by whoever tells Redis. Returns its rooms. */
  remove(session: Session): string[] {
    this.#sessions.delete(session.socketId);
    const others = this.#users.get(session.userName)?.filter((other) => other !== session) ?? [];
    if (others.length === 0) this.#users.delete(session.userName);
    else this.#users.set(session.userName, others);
    const roomNames = [...session.rooms.live.keys()];
    for (const roomName of roomNames) this.#take(roomName, session);
    return roomNames;
  }

  attachRoom(roomName: string, socketId: string, { epoch, seq }: Point): boolean {
    const session = this.#sessions.get(socketId);
    if (session === undefined || session.rooms.has(roomName)) return false;
    const { format } = session.connection.codec;
    let room = this.#rooms.get(roomName);
    if (room === undefined) {
      room = { name: roomName, epoch, sessions: new Set(), json: 0 };
      this.#rooms.set(roomName, room);
    }
    if (room.epoch !== epoch) room.epoch = epoch;
    room.sessions.add(session);
    if (format === 'json') room.json++;
    session.rooms.live.set(room.name, { epoch: room.epoch, seq });
    session.rooms.takeUntold(roomName);
    session.connection.subscribe(nativeTopic(roomName, format));
    return true;
  }

  detachRoom(roomName: string, socketId: string, at?: Point): boolean {
    const session = this.#sessions.get(socketId);
    if (session === undefined) return false;
    const since = session.rooms.live.get(roomName);
    if (since === undefined || !this.#detach(roomName, session, at)) return false;
    session.rooms.detachedUntold(roomName, since);
    return true;
  }

  hearers(roomName: string): number {
    return this.#rooms.get(roomName)?.sessions.size ?? 0;
  }

  attached(roomName: string, at: Point | undefined): Session[] {
    const sessions = [...(this.#rooms.get(roomName)?.sessions ?? [])];
    return at === undefined ? sessions : sessions.filter((session) => !joinedAfter(session, roomName, at));
  }

  joining(roomName: string): Session[] {
    return [...this.#sessions.values()].filter(({ rooms }) => rooms.isJoining(roomName));
  }

  find(socketId: string): Session | undefined {
    return this.#sessions.get(socketId);
  }

  socketsOf(userName: string): Session[] {
    return this.#users.get(userName) ?? [];
  }

  isConcerned(roomName: string, socketId: string): boolean {
    const session = this.#sessions.get(socketId);
    return session !== undefined && (session.rooms.has(roomName) || session.rooms.joinsOf(roomName).length > 0);
  }

  isOpen(socketId: string): boolean {
    return this.#sessions.has(socketId) || this.arriving.has(socketId);
  }

  deliver(topic: Topic, event: TopicEvent): void {
    const key = keyOf(topic);
    if (topicKind(key) === 'user') return this.#deliverToUser(topicName(key), event);
    const roomName = topicName(key);
    if (event.kind === 'deleted') return this.#loseRoom(roomName, event.frame, event);
    if (event.kind === 'evicted') for (const eviction of evictionsOf(event)) this.#evict(roomName, eviction, event);
    // The notice of a leave is not for the socket that has left.
    if (event.kind === 'notice' && event.subject !== '') this.detachRoom(roomName, event.subject, event);
    if (event.frame.length > 0) this.#broadcast(roomName, event.frame);
    if (event.kind === 'message' && --this.#untilAge === 0) {
      this.#untilAge = MESSAGES_PER_AGE;
      // What this node knows of the clock that has made the timestamp is not exact.
      this.#deps.messageAges.observe(Math.max(0, this.#deps.instance.redisNow() - event.timestamp));
    }
  }

  reset(topic: Topic, at: Position, members: ReadonlySet<string>): void {
    const key = keyOf(topic);
    const name = topicName(key);
    const isRoom = topicKind(key) === 'room';
    const here = isRoom ? this.#rooms.get(name)?.sessions : this.#users.get(name);
    for (const session of here ?? []) {
      // What this socket was told of its membership is not in the log any more: it starts afresh elsewhere or here.
      // Of a room, one that leaves is about to be answered, and one may have joined after this was read.
      const isKnown = isRoom && (session.rooms.leaveOf(name) === 'asked' || joinedAfter(session, name, at));
      const missing = !isKnown && !members.has(session.socketId);
      // Nor are notices of the session, which the next login restores.
      if (missing || (!isRoom && session.synced)) session.startAfresh();
      // Of the log as it is from here on, so that what comes late of the former one does not count for it.
      else if (isRoom && !isKnown) session.rooms.live.set(name, { epoch: at.epoch, seq: at.seq });
      if (!isRoom) session.isAlone = false;
    }
    if (isRoom) this.#broadcast(name, resetFrame(name, at));
  }

  gone(topic: Topic, epoch: string): void {
    const key = keyOf(topic);
    const name = topicName(key);
    if (topicKind(key) === 'room') return this.#loseRoom(name, lossFrame(name), { epoch, seq: Infinity });
    for (const session of this.#users.get(name) ?? []) session.startAfresh();
  }

  #broadcast(roomName: string, frame: Uint8Array): void {
    const room = this.#rooms.get(roomName);
    if (room === undefined) return;
    this.deliveries += room.sessions.size;
    if (room.json < room.sessions.size) this.#deps.fanOut.publish(nativeTopic(roomName, 'msgpack'), frame);
    if (room.json > 0) this.#deps.fanOut.publish(nativeTopic(roomName, 'json'), transcodeToJson(frame));
  }

  /** All sockets are out of the room, and all sockets of their users are told, joined or not, but for those in the next one. */
  #loseRoom(roomName: string, frame: Uint8Array, at: Point): void {
    const lost = [...(this.#rooms.get(roomName)?.sessions ?? [])];
    for (const session of lost) {
      if (this.#detach(roomName, session)) this.#deps.onLost(session, roomName);
      if (!this.#leaveToJoins(session, roomName, at)) this.#tellLost(roomName, session, frame, at);
    }
    // Where the end of the log was missed, the notice to the user may have told them what it was.
    const isMissed = at.seq === Infinity;
    for (const userName of new Set(lost.map((session) => session.userName))) {
      for (const session of this.#users.get(userName) ?? []) {
        if (isMissed && session.rooms.wasToldLostIn(roomName, at.epoch)) continue;
        if (!this.#leaveToJoins(session, roomName, at)) this.#tellLost(roomName, session, frame, at);
      }
    }
  }

  /**
   * A user is out with all its sockets. Where Redis knew one of them here, all its sockets here are told, joined or not; of
   * others, which had left by then, nobody knows here, and the notice to the user tells them.
   */
  #evict(roomName: string, { userName, sockets, nodeIds }: Eviction, event: TopicEvent): void {
    const isTold = nodeIds.has(this.#deps.instance.nodeId);
    const frame = lossFrame(roomName);
    for (const session of this.#users.get(userName) ?? []) {
      const wasHere = this.#detach(roomName, session, event);
      const isJoining = session.rooms.isJoining(roomName);
      // Detached before where it was not to hear what came before this; or told early.
      const isNew = wasHere || !(isJoining || session.rooms.wasToldLost(roomName, event));
      if (sockets.has(session.socketId) && isNew) this.#deps.onLost(session, roomName);
      // One that is being joined is told in its turn, or it would hear of the loss before it hears of the join.
      if (isTold && !isJoining) this.#tellLost(roomName, session, frame, event);
    }
  }

  /** Tells a socket that its user has lost a room, unless it was told, or has joined since. */
  #tellLost(roomName: string, session: Session, frame: Uint8Array, at: Point): void {
    const { rooms } = session;
    if (rooms.wasToldLost(roomName, at) || rooms.standing(roomName, at) === 'after') return;
    rooms.toldLost(roomName, at);
    session.send(frame);
    // Answered, and yet to begin: it does not any more.
    const over = rooms.joinsOf(roomName).filter(({ point }) => point !== undefined && !isSince(point, at));
    for (const join of over) join.left();
    if (over.length > 0) this.#deps.onLost(session, roomName);
  }

  #deliverToUser(userName: string, event: TopicEvent): void {
    const sessions = this.#users.get(userName) ?? [];
    if (event.kind === 'disconnect') {
      for (const session of sessions) session.disconnectForced(event.subject);
      return;
    }
    if (event.frame.length === 0) return;
    this.#countSockets(userName, sessions, event);
    const address = addressOf(event);
    if (address.recipients.to === 'notOn' && address.recipients.nodeIds.has(this.#deps.instance.nodeId)) {
      return this.#tellEarly(sessions, address, event.frame);
    }
    for (const session of sessions) this.#notify(session, event, address);
  }

  /** What its user was told while a socket was logging in: on no node was it among those that a room's event tells. */
  deliverTo(session: Session, event: TopicEvent): void {
    if (event.kind === 'disconnect') return session.disconnectForced(event.subject);
    if (isArrival(event.frame)) session.isAlone = false;
    const address = addressOf(event);
    const recipients = address.recipients.to === 'notOn' ? TO_ALL : address.recipients;
    if (event.frame.length > 0) this.#notify(session, event, { ...address, recipients });
  }

  notify(socketId: string, event: TopicEvent): void {
    const session = this.#sessions.get(socketId);
    if (session !== undefined) this.#notify(session, event, addressOf(event));
  }

  #notify(session: Session, event: TopicEvent, { recipients, about, removal }: Address): void {
    if (!isRecipient(recipients, session)) return;
    if (about !== undefined) {
      if (session.notices.take(event, about)) return;
      if (recipients.to === 'synced' && session.notices.isStale(event, about)) return;
      if (removal?.at !== undefined && recipients.to === 'synced') this.#tellBehind(session, about, removal.at);
      else if (removal !== undefined && !this.#isNews(session, about, recipients, removal)) return;
    }
    this.deliveries++;
    session.send(event.frame);
  }

  /** Whether a socket is to hear that it, or its user, is out of a room. From then on it hears nothing more of that. */
  #isNews(session: Session, roomName: string, recipients: Recipients, { at, socketId }: Removal): boolean {
    // What else may have taken it out has told the hook.
    const isDeletion = recipients.to === 'all' && socketId === undefined;
    if (socketId !== undefined && socketId !== session.socketId) return true;
    const { rooms } = session;
    if (at === undefined) {
      this.#detach(roomName, session);
      for (const join of rooms.joinsOf(roomName)) join.left();
      return true;
    }
    if (socketId === undefined && this.#leaveToJoins(session, roomName, at)) return false;
    const standing = rooms.standing(roomName, at);
    const isKnown = socketId === undefined ? rooms.wasToldLost(roomName, at) : rooms.wasToldOut(roomName, at);
    if (standing === 'after' || isKnown) return false;
    if (this.#detach(roomName, session, at) && isDeletion) this.#deps.onLost(session, roomName);
    if (standing === 'before') for (const join of rooms.joinsOf(roomName)) join.left();
    if (socketId === undefined) rooms.toldLost(roomName, at);
    else rooms.toldLeft(roomName, at);
    return true;
  }

  /** A loss that a socket cannot be told before an answer that it waits for: the join tells it. */
  #leaveToJoins(session: Session, roomName: string, at: Point): boolean {
    const isLeft = session.rooms.joinsOf(roomName).filter((join) => join.loses(at)).length > 0;
    if (isLeft && this.#detach(roomName, session, at)) this.#deps.onLost(session, roomName);
    return isLeft;
  }

  /** A room is out of the session because it was lost: whoever has not been told of the loss is told that first. */
  #tellBehind(session: Session, roomName: string, at: Point): void {
    if (session.rooms.standing(roomName, at) !== 'before' || this.#leaveToJoins(session, roomName, at)) return;
    if (this.#detach(roomName, session, at)) this.#deps.onLost(session, roomName);
    this.#tellLost(roomName, session, lossFrame(roomName), at);
  }

  /** A loss that the room's own event tells here: where that is late, what follows it in the user's log must not overtake it. */
  #tellEarly(sessions: readonly Session[], { about, removal }: Address, frame: Uint8Array): void {
    if (about === undefined || removal?.at === undefined) return;
    const { at } = removal;
    const position = this.#started.topics.positionOf(roomTopic(about));
    if (position === undefined || isSince(position, at)) return;
    for (const session of sessions) {
      if (this.#leaveToJoins(session, about, at)) continue;
      if (this.#detach(about, session, at)) this.#deps.onLost(session, about);
      this.#tellLost(about, session, frame, at);
    }
  }

  /** Keeps who is the only socket of its user. */
  #countSockets(userName: string, sessions: readonly Session[], { frame, timestamp }: TopicEvent): void {
    if (isArrival(frame)) {
      for (const session of sessions) session.isAlone = false;
      this.#started.echoes.arrived(userName, timestamp);
    } else if (isDeparture(frame)) {
      const isAlone = countIn(frame) === 1;
      for (const session of sessions) session.isAlone = isAlone;
    }
  }

  /** Unless it has joined after the point at which it is out. */
  #detach(roomName: string, session: Session, at?: Point): boolean {
    const since = session.rooms.live.get(roomName);
    if (since === undefined || (at !== undefined && isSince(since, at))) return false;
    const heard = at ?? this.#started.topics.positionOf(roomTopic(roomName));
    if (heard !== undefined) for (const join of session.rooms.joinsOf(roomName)) join.lostAt(heard);
    this.#take(roomName, session);
    session.connection.unsubscribe(nativeTopic(roomName, session.connection.codec.format));
    this.#started.topics.unfollow(roomTopic(roomName), session.nodeId);
    return true;
  }

  #take(roomName: string, session: Session): void {
    session.rooms.live.delete(roomName);
    const room = this.#rooms.get(roomName);
    if (room === undefined || !room.sessions.delete(session)) return;
    if (session.connection.codec.format === 'json') room.json--;
    if (room.sessions.size === 0) this.#rooms.delete(roomName);
  }
}

function joinedAfter(session: Session, roomName: string, at: Point): boolean {
  const since = session.rooms.live.get(roomName);
  return since !== undefined && isAfter(since, at);
}

/** Topics come from keys.ts by way of the bus, which treats them as plain names. */
const keyOf = (topic: Topic): TopicKey => topic as TopicKey;
