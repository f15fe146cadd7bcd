/**
 * Which of this node's sockets are in which topic, and the delivery of events to them: rooms by native fan-out, one
 * native topic per room and format, users by a loop over their few sockets. Frames are passed on unread.
 */
import type { Topic, TopicListener } from '../bus/bus.ts';
import { evictionsOf, hearersOf, isAfter } from '../log/event.ts';
import type { Eviction, Point, Position, TopicEvent } from '../log/event.ts';
import type { Audience } from '../chat/caller.ts';
import { lossFrame } from '../chat/room/losses.ts';
import { resetFrame } from '../chat/membership/switch-over.ts';
import type { Distribution } from '../ops/distribution.ts';
import type { Format } from '../protocol/wire/codec.ts';
import { transcodeToJson } from '../protocol/wire/frame.ts';
import { roomTopic, topicKind, topicName, type TopicKey } from '../redis/keys.ts';
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
  /** Native fan-out to the subscribers of a native topic. */
  publish(nativeTopic: string, data: Uint8Array | string): void;
  /** A socket has left a room by an event, not by itself. */
  onDetached(topic: TopicKey, nodeId: string): void;
  /** A socket has lost a room. */
  onLost(session: Session, roomName: string): void;
  nodeId(): string;
  /** About what Redis's clock shows. */
  redisNow(): number;
  /** How old messages are when they are handed to the sockets. */
  readonly messageAges: Distribution;
}

/** Messages per one whose age is measured. */
const MESSAGES_PER_AGE = 16;

const nativeTopic = (roomName: string, format: Format): string => `${format}/${roomName}`;

export class Hub implements TopicListener, Audience {
  readonly #deps: HubDeps;
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
    const roomNames = [...session.rooms.keys()];
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
    session.rooms.set(room.name, { epoch: room.epoch, seq });
    session.connection.subscribe(nativeTopic(roomName, format));
    return true;
  }

  detachRoom(roomName: string, socketId: string, at?: Point): boolean {
    const session = this.#sessions.get(socketId);
    if (session === undefined || (at !== undefined && joinedAfter(session, roomName, at))) return false;
    return this.#detach(roomName, session);
  }

  hearers(roomName: string): number {
    return this.#rooms.get(roomName)?.sessions.size ?? 0;
  }

  attached(roomName: string, at: Point | undefined): Session[] {
    const sessions = [...(this.#rooms.get(roomName)?.sessions ?? [])];
    return at === undefined ? sessions : sessions.filter((session) => !joinedAfter(session, roomName, at));
  }

  joining(roomName: string): Session[] {
    return [...this.#sessions.values()].filter(({ moves }) => moves.isJoining(roomName));
  }

  find(socketId: string): Session | undefined {
    return this.#sessions.get(socketId);
  }

  socketsOf(userName: string): Session[] {
    return this.#users.get(userName) ?? [];
  }

  isConcerned(roomName: string, socketId: string): boolean {
    const session = this.#sessions.get(socketId);
    return session !== undefined && (session.rooms.has(roomName) || session.moves.isJoining(roomName));
  }

  isOpen(socketId: string): boolean {
    return this.#sessions.has(socketId) || this.arriving.has(socketId);
  }

  deliver(topic: Topic, event: TopicEvent): void {
    const key = keyOf(topic);
    if (topicKind(key) === 'user') return this.#deliverToUser(topicName(key), event);
    const roomName = topicName(key);
    if (event.kind === 'deleted') return this.#loseRoom(roomName, event.frame);
    if (event.kind === 'evicted') for (const eviction of evictionsOf(event)) this.#evict(roomName, eviction, event);
    // The notice of a leave is not for the socket that has left.
    if (event.kind === 'notice' && event.subject !== '') this.detachRoom(roomName, event.subject);
    if (event.frame.length > 0) this.#broadcast(roomName, event.frame);
    if (event.kind === 'message' && --this.#untilAge === 0) {
      this.#untilAge = MESSAGES_PER_AGE;
      // What this node knows of the clock that has made the timestamp is not exact.
      this.#deps.messageAges.observe(Math.max(0, this.#deps.redisNow() - event.timestamp));
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
      const isKnown = isRoom && (session.moves.of(name) === 'leaving' || joinedAfter(session, name, at));
      const missing = !isKnown && !members.has(session.socketId);
      // Nor are notices of the session, which the next login restores.
      if (missing || (!isRoom && session.synced)) session.startAfresh();
    }
    if (isRoom) this.#broadcast(name, resetFrame(name, at));
  }

  gone(topic: Topic): void {
    const key = keyOf(topic);
    const name = topicName(key);
    if (topicKind(key) === 'room') return this.#loseRoom(name, lossFrame(name));
    for (const session of this.#users.get(name) ?? []) session.startAfresh();
  }

  #broadcast(roomName: string, frame: Uint8Array): void {
    const room = this.#rooms.get(roomName);
    if (room === undefined) return;
    this.deliveries += room.sessions.size;
    if (room.json < room.sessions.size) this.#deps.publish(nativeTopic(roomName, 'msgpack'), frame);
    if (room.json > 0) this.#deps.publish(nativeTopic(roomName, 'json'), transcodeToJson(frame));
  }

  /** All sockets are out of the room, and all sockets of their users are told, joined or not. */
  #loseRoom(roomName: string, frame: Uint8Array): void {
    const lost = [...(this.#rooms.get(roomName)?.sessions ?? [])];
    for (const session of lost) if (this.#detach(roomName, session)) this.#deps.onLost(session, roomName);
    for (const userName of new Set(lost.map((session) => session.userName))) {
      for (const session of this.#users.get(userName) ?? []) session.send(frame);
    }
  }

  /** A user is out with all its sockets. Where one of them is here, all its sockets here are told, joined or not. */
  #evict(roomName: string, { userName, sockets, nodeIds }: Eviction, event: TopicEvent): void {
    if (!nodeIds.has(this.#deps.nodeId())) return;
    const frame = lossFrame(roomName);
    for (const session of this.#users.get(userName) ?? []) {
      const isOut = sockets.has(session.socketId) && !joinedAfter(session, roomName, event);
      const isJoining = session.moves.isJoining(roomName);
      // Detached before where it was not to hear what came before this.
      if (isOut && (this.#detach(roomName, session) || !isJoining)) this.#deps.onLost(session, roomName);
      // One that is being joined is told in its turn, or it would hear of the loss before it hears of the join.
      if (!isOut || !isJoining) session.send(frame);
    }
  }

  #deliverToUser(userName: string, event: TopicEvent): void {
    const sessions = this.#users.get(userName) ?? [];
    if (event.kind === 'disconnect') {
      for (const session of sessions) session.disconnectForced(event.subject);
      return;
    }
    if (event.frame.length === 0) return;
    const hears = hearersOf(event.subject, this.#deps.nodeId());
    for (const session of sessions) {
      if (!hears(session) || session.moves.keep(event)) continue;
      this.deliveries++;
      session.send(event.frame);
    }
  }

  #detach(roomName: string, session: Session): boolean {
    if (!session.rooms.has(roomName)) return false;
    this.#take(roomName, session);
    session.connection.unsubscribe(nativeTopic(roomName, session.connection.codec.format));
    this.#deps.onDetached(roomTopic(roomName), session.nodeId);
    return true;
  }

  #take(roomName: string, session: Session): void {
    session.rooms.delete(roomName);
    const room = this.#rooms.get(roomName);
    if (room === undefined || !room.sessions.delete(session)) return;
    if (session.connection.codec.format === 'json') room.json--;
    if (room.sessions.size === 0) this.#rooms.delete(roomName);
  }
}

function joinedAfter(session: Session, roomName: string, at: Point): boolean {
  const since = session.rooms.get(roomName);
  return since !== undefined && isAfter(since, at);
}

/** Topics come from keys.ts by way of the bus, which treats them as plain names. */
const keyOf = (topic: Topic): TopicKey => topic as TopicKey;
