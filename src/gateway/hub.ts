/**
 * Which of this node's sockets are in which topic, and the delivery of events to them: rooms by native fan-out, one
 * native topic per room and format, users by a loop over their few sockets. Frames are passed on unread.
 */
import type { Topic, TopicListener } from '../bus/bus.ts';
import type { Instance } from '../bus/instance.ts';
import type { Topics } from '../bus/topics.ts';
import { evictionsOf, isAfter, leftOutOf } from '../log/event.ts';
import type { Eviction, Point, Position, TopicEvent } from '../log/event.ts';
import type { Audience } from '../chat/caller.ts';
import { resetFrame } from '../chat/membership/join.ts';
import { isSince } from '../chat/membership/socket-rooms.ts';
import { removalFrame } from '../chat/room/removals.ts';
import type { Echoes } from '../chat/user/echoes.ts';
import type { Distribution } from '../ops/distribution.ts';
import type { Format } from '../protocol/wire/codec.ts';
import { transcodeToJson } from '../protocol/wire/frame.ts';
import { roomTopic, topicKind, topicName, type TopicKey } from '../redis/keys.ts';
import type { FanOut } from './fan-out.ts';
import { Notices } from './notices.ts';
import type { ClientSocket } from './client-socket.ts';

interface RoomAudience {
  /** The one copy of these texts that all its sessions keep. */
  readonly name: string;
  epoch: string;
  readonly sessions: Set<ClientSocket>;
  /** How many of them speak JSON. */
  json: number;
}

export interface HubDeps {
  readonly fanOut: Pick<FanOut, 'publish'>;
  readonly instance: Pick<Instance, 'nodeId' | 'redisNow'>;
  /** A socket has lost a room. */
  onLost(session: ClientSocket, roomName: string): void;
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

const nativeTopic = (roomName: string, format: Format): string => `${format}/${roomName}`;

export class Hub implements TopicListener, Audience {
  readonly #deps: HubDeps;
  #peers: (HubPeers & { readonly notices: Notices }) | undefined;
  readonly #sessions = new Map<string, ClientSocket>();
  readonly #rooms = new Map<string, RoomAudience>();
  /** A user has few sockets: an array costs a fifth of a set. */
  readonly #users = new Map<string, ClientSocket[]>();
  /** Sockets that are being logged in: Redis may know them already. */
  readonly arriving = new Set<string>();
  #roomDeliveries = 0;
  #untilAge = 1;

  constructor(deps: HubDeps) {
    this.#deps = deps;
  }

  /** To be called before the first socket, and the first event. */
  start(peers: HubPeers): void {
    const { instance } = this.#deps;
    const onLost = (session: ClientSocket, roomName: string, at: Point): void => this.#lost(session, roomName, at);
    const detach = (roomName: string, session: ClientSocket, at?: Point): boolean =>
      this.#detach(roomName, session, at);
    this.#peers = { ...peers, notices: new Notices({ ...peers, instance, onLost, detach }) };
  }

  get #started(): HubPeers & { readonly notices: Notices } {
    if (this.#peers === undefined) throw new Error('the hub was not started');
    return this.#peers;
  }

  get deliveries(): number {
    return this.#roomDeliveries + this.#started.notices.deliveries;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Users and rooms with a socket here. */
  get counts(): { users: number; rooms: number } {
    return { users: this.#users.size, rooms: this.#rooms.size };
  }

  /** From here on it can join rooms, and lose them; its user's notices it hears later, where the bus is late. */
  add(session: ClientSocket): void {
    this.#sessions.set(session.socketId, session);
    const sessions = this.#users.get(session.userName);
    if (sessions === undefined) this.#users.set(session.userName, [session]);
    else sessions.push(session);
  }

  /** Begins delivery of the user's notices. */
  attachUser(session: ClientSocket): void {
    session.hearsUser = true;
  }

  /** Forgets a closed socket; the topics it followed are let go by whoever tells Redis. Returns its rooms. */
  remove(session: ClientSocket): string[] {
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

  leaving(roomName: string, socketId: string): void {
    const session = this.#sessions.get(socketId);
    if (session !== undefined) this.#started.notices.leaving(roomName, session);
  }

  hearers(roomName: string): number {
    return this.#rooms.get(roomName)?.sessions.size ?? 0;
  }

  attached(roomName: string, at: Point | undefined): ClientSocket[] {
    const sessions = [...(this.#rooms.get(roomName)?.sessions ?? [])];
    return at === undefined ? sessions : sessions.filter((session) => !joinedAfter(session, roomName, at));
  }

  joining(roomName: string): ClientSocket[] {
    return [...this.#sessions.values()].filter(({ rooms }) => rooms.isJoining(roomName));
  }

  find(socketId: string): ClientSocket | undefined {
    return this.#sessions.get(socketId);
  }

  socketsOf(userName: string): ClientSocket[] {
    return this.#users.get(userName) ?? [];
  }

  isConcerned(roomName: string, socketId: string): boolean {
    const session = this.#sessions.get(socketId);
    return session !== undefined && (session.rooms.has(roomName) || session.rooms.joinsOf(roomName).length > 0);
  }

  isOpen(socketId: string): boolean {
    return this.#sessions.has(socketId) || this.arriving.has(socketId);
  }

  /** What its user was told while a socket was logging in. */
  deliverTo(session: ClientSocket, event: TopicEvent): void {
    this.#started.notices.deliverTo(session, event);
  }

  notify(socketId: string, event: TopicEvent): void {
    const session = this.#sessions.get(socketId);
    if (session !== undefined) this.#started.notices.notify(session, event);
  }

  deliver(topic: Topic, event: TopicEvent): void {
    const key = keyOf(topic);
    if (topicKind(key) === 'user')
      return this.#started.notices.deliver(topicName(key), this.#hearersOf(topicName(key)), event);
    const roomName = topicName(key);
    if (event.kind === 'deleted') return this.#loseRoom(roomName, event.frame, event);
    if (event.kind === 'evicted') for (const eviction of evictionsOf(event)) this.#evict(roomName, eviction, event);
    // The notice of a leave is not for the socket that has left.
    if (event.kind === 'notice' && event.subject !== '') this.detachRoom(roomName, event.subject, event);
    if (event.frame.length > 0) this.#broadcast(roomName, event.frame, leftOutOf(event));
    if (event.kind === 'message' && --this.#untilAge === 0) {
      this.#untilAge = MESSAGES_PER_AGE;
      // What this node knows of the clock that has made the timestamp is not exact.
      this.#deps.messageAges.observe(Math.max(0, this.#deps.instance.redisNow() - event.timestamp));
    }
  }

  /** What a socket was told of its membership is not in the log any more: where it is not there it starts afresh, elsewhere or here. */
  reset(topic: Topic, at: Position, socketIds: ReadonlySet<string>): void {
    const key = keyOf(topic);
    if (topicKind(key) === 'room') this.#resetRoom(topicName(key), at, socketIds);
    else this.#resetUser(topicName(key), socketIds);
  }

  #resetRoom(roomName: string, at: Position, socketIds: ReadonlySet<string>): void {
    for (const session of this.#rooms.get(roomName)?.sessions ?? []) {
      // It may have joined after this was read.
      if (joinedAfter(session, roomName, at)) continue;
      // Of the log as it is from here on, so that what comes late of the former one does not count for it.
      if (socketIds.has(session.socketId)) session.rooms.live.set(roomName, { epoch: at.epoch, seq: at.seq });
      // It is about to be answered that it is out.
      else if (session.rooms.leaveOf(roomName) === 'asked') this.detachRoom(roomName, session.socketId);
      else session.startAfresh();
    }
    this.#broadcast(roomName, resetFrame(roomName, at));
  }

  #resetUser(userName: string, sockets: ReadonlySet<string>): void {
    for (const session of this.#hearersOf(userName)) {
      // Nor are notices of the session, which the next login restores.
      if (session.synced || !sockets.has(session.socketId)) session.startAfresh();
      session.isAlone = false;
    }
    // Who has logged in may be among what was missed.
    this.#started.echoes.arrived(userName, 0);
  }

  gone(topic: Topic, epoch: string): void {
    const key = keyOf(topic);
    const name = topicName(key);
    if (topicKind(key) === 'room') return this.#loseRoom(name, removalFrame(name), { epoch, seq: Infinity });
    for (const session of this.#hearersOf(name)) session.startAfresh();
  }

  /** A user's sockets that are past what was told during their login. */
  #hearersOf(userName: string): ClientSocket[] {
    return this.socketsOf(userName).filter(({ hearsUser }) => hearsUser);
  }

  /** To all sockets in a room, but for one of that id. */
  #broadcast(roomName: string, frame: Uint8Array, but = ''): void {
    const room = this.#rooms.get(roomName);
    if (room === undefined) return;
    const session = but === '' ? undefined : this.#sessions.get(but);
    const by = session !== undefined && room.sessions.has(session) ? session.connection : undefined;
    this.#roomDeliveries += room.sessions.size - (by === undefined ? 0 : 1);
    if (room.json < room.sessions.size) this.#deps.fanOut.publish(nativeTopic(roomName, 'msgpack'), frame, by);
    if (room.json > 0) this.#deps.fanOut.publish(nativeTopic(roomName, 'json'), transcodeToJson(frame), by);
  }

  /** All sockets are out of the room, and all sockets of their users are told, joined or not, but for those in the next one. */
  #loseRoom(roomName: string, frame: Uint8Array, at: Point): void {
    const lost = [...(this.#rooms.get(roomName)?.sessions ?? [])];
    for (const session of lost) {
      if (this.#detach(roomName, session)) this.#lost(session, roomName, at);
      if (!this.#started.notices.leaveToJoins(session, roomName, at))
        this.#started.notices.tellLost(roomName, session, frame, at);
    }
    // Where the end of the log was missed, the notice to the user may have told them what it was.
    const isMissed = at.seq === Infinity;
    for (const userName of new Set(lost.map((session) => session.userName))) {
      for (const session of this.socketsOf(userName)) {
        if (isMissed && session.rooms.wasToldLostIn(roomName, at.epoch)) continue;
        if (!this.#started.notices.leaveToJoins(session, roomName, at))
          this.#started.notices.tellLost(roomName, session, frame, at);
      }
    }
  }

  /**
   * A user is out with all its sockets. Where Redis knew one of them here, all its sockets here are told, joined or not; of
   * others, which had left by then, nobody knows here, and the notice to the user tells them.
   */
  #evict(roomName: string, { userName, sockets, nodeIds }: Eviction, event: TopicEvent): void {
    const isTold = nodeIds.has(this.#deps.instance.nodeId);
    const frame = removalFrame(roomName);
    for (const session of this.socketsOf(userName)) {
      this.#detach(roomName, session, event);
      if (sockets.has(session.socketId)) this.#lost(session, roomName, event);
      // One that is being joined is told in its turn, or it would hear of the removal before it hears of the join.
      if (isTold && !session.rooms.isJoining(roomName)) this.#started.notices.tellLost(roomName, session, frame, event);
    }
  }

  #lost(session: ClientSocket, roomName: string, at: Point): void {
    if (session.rooms.noteLost(roomName, at)) this.#deps.onLost(session, roomName);
  }

  /** Unless it has joined after the point at which it is out. */
  #detach(roomName: string, session: ClientSocket, at?: Point): boolean {
    const since = session.rooms.live.get(roomName);
    if (since === undefined || (at !== undefined && isSince(since, at))) return false;
    const heard = at ?? this.#started.topics.positionOf(roomTopic(roomName));
    if (heard !== undefined) for (const join of session.rooms.joinsOf(roomName)) join.lostAt(heard);
    this.#take(roomName, session);
    session.connection.unsubscribe(nativeTopic(roomName, session.connection.codec.format));
    this.#started.topics.unfollow(roomTopic(roomName), session.nodeId);
    return true;
  }

  #take(roomName: string, session: ClientSocket): void {
    session.rooms.live.delete(roomName);
    const room = this.#rooms.get(roomName);
    if (room === undefined || !room.sessions.delete(session)) return;
    if (session.connection.codec.format === 'json') room.json--;
    if (room.sessions.size === 0) this.#rooms.delete(roomName);
  }
}

function joinedAfter(session: ClientSocket, roomName: string, at: Point): boolean {
  const since = session.rooms.live.get(roomName);
  return since !== undefined && isAfter(since, at);
}

/** Topics come from keys.ts by way of the bus, which treats them as plain names. */
const keyOf = (topic: Topic): TopicKey => topic as TopicKey;
