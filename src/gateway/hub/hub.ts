/**
 * Which of this node's sockets are in which topic, and the delivery of events to them: rooms by native fan-out, one
 * native topic per room and format, users by a loop over their few sockets. Frames are passed on unread.
 */
import type { Topic, TopicListener } from '../../bus/bus.ts';
import type { Instance } from '../../bus/instance.ts';
import type { Topics } from '../../bus/topics.ts';
import { evictionsOf, leftOutOf, priorityOf } from '../../log/event.ts';
import type { Eviction, Point, Position, Priority, TopicEvent } from '../../log/event.ts';
import { stampOf, type Stamp } from '../../log/recipients.ts';
import type { Audience } from '../../chat/caller.ts';
import type { Arrivals } from '../../chat/direct/arrivals.ts';
import { resetFrame } from '../../chat/membership/join.ts';
import { removalFrame } from '../../chat/room/removals.ts';
import { HeardStates } from '../../chat/state/heard-states.ts';
import type { UnreadNews } from '../../chat/unread/news.ts';
import type { Echoes } from '../../chat/user/echoes.ts';
import type { TransientCounters } from '../../ops/counters.ts';
import type { Distribution } from '../../ops/distribution.ts';
import { topicKind, topicName, type TopicKey } from '../../redis/keys.ts';
import type { FanOut } from './fan-out.ts';
import { Notices } from './notices.ts';
import { RoomSockets } from './room-sockets.ts';
import type { ClientSocket } from '../client-socket.ts';
import type { Lag } from '../limits/backlog.ts';

export interface HubDeps {
  readonly fanOut: Pick<FanOut, 'publish'>;
  readonly instance: Pick<Instance, 'nodeId' | 'redisNow'>;
  /** A socket has lost a room. */
  onLost(socket: ClientSocket, roomName: string): void;
  /** How old messages are when they are handed to the sockets. */
  readonly messageAges: Distribution;
  readonly counters: Pick<TransientCounters, 'transientsLeftOut'>;
}

/** What is made after the hub, for it needs the hub itself. */
export interface HubPeers {
  readonly topics: Pick<Topics, 'unfollow' | 'positionOf'>;
  readonly echoes: Pick<Echoes, 'arrived'>;
  readonly arrivals: Pick<Arrivals, 'told'>;
  readonly unreadNews: Pick<UnreadNews, 'heard' | 'mentioned'>;
}

interface HubParts extends HubPeers {
  readonly rooms: RoomSockets;
  readonly notices: Notices;
}

/** Messages per one whose age is measured. */
const MESSAGES_PER_AGE = 16;

export class Hub implements TopicListener, Audience {
  readonly #deps: HubDeps;
  #parts: HubParts | undefined;
  readonly #sockets = new Map<string, ClientSocket>();
  /** A user has few sockets: an array costs a fifth of a set. */
  readonly #users = new Map<string, ClientSocket[]>();
  /** Sockets that are being logged in: Redis may know them already. */
  readonly arriving = new Set<string>();
  readonly #heardStates = new HeardStates();
  #roomDeliveries = 0;
  #untilAge = 1;

  constructor(deps: HubDeps) {
    this.#deps = deps;
  }

  /** To be called before the first socket, and the first event. */
  start(peers: HubPeers): void {
    const [{ instance, counters }, heardStates] = [this.#deps, this.#heardStates];
    const onLost = (socket: ClientSocket, roomName: string): void => this.#deps.onLost(socket, roomName);
    const rooms = new RoomSockets({ topics: peers.topics, onLost });
    this.#parts = { ...peers, rooms, notices: new Notices({ ...peers, instance, counters, heardStates, rooms }) };
  }

  get #started(): HubParts {
    if (this.#parts === undefined) throw new Error('the hub was not started');
    return this.#parts;
  }

  get deliveries(): number {
    return this.#roomDeliveries + this.#started.notices.deliveries;
  }

  get size(): number {
    return this.#sockets.size;
  }

  /** Users and rooms with a socket here. */
  get counts(): { users: number; rooms: number } {
    return { users: this.#users.size, rooms: this.#started.rooms.size };
  }

  /** From here on it can join rooms, and lose them; its user's notices it hears later, where the bus is late. */
  add(socket: ClientSocket): void {
    this.#sockets.set(socket.socketId, socket);
    const sockets = this.#users.get(socket.userName);
    if (sockets === undefined) this.#users.set(socket.userName, [socket]);
    else sockets.push(socket);
  }

  /** Begins delivery of the user's notices. */
  attachUser(socket: ClientSocket): void {
    socket.hearsUser = true;
  }

  /** Forgets a closed socket; the topics it followed are let go by whoever tells Redis. Returns its rooms. */
  remove(socket: ClientSocket): string[] {
    this.#sockets.delete(socket.socketId);
    const others = this.#users.get(socket.userName)?.filter((other) => other !== socket) ?? [];
    if (others.length === 0) this.#users.delete(socket.userName);
    else this.#users.set(socket.userName, others);
    return this.#started.rooms.remove(socket);
  }

  attachRoom(roomName: string, socketId: string, at: Point): boolean {
    const socket = this.#sockets.get(socketId);
    return socket !== undefined && this.#started.rooms.attach(roomName, socket, at);
  }

  /** A socket is found to be so far behind, or to have caught up. */
  setLag(socket: ClientSocket, lag: Lag): void {
    const was = socket.lag > 0;
    socket.lag = lag;
    if (was !== lag > 0) this.#started.rooms.setBehind(socket, lag > 0);
  }

  detachRoom(roomName: string, socketId: string, at?: Point): boolean {
    const socket = this.#sockets.get(socketId);
    if (socket === undefined) return false;
    const since = socket.rooms.live.get(roomName);
    if (since === undefined || !this.#started.rooms.detach(roomName, socket, at)) return false;
    socket.rooms.detachedUntold(roomName, since);
    return true;
  }

  leaving(roomName: string, socketId: string): void {
    const socket = this.#sockets.get(socketId);
    if (socket !== undefined) this.#started.rooms.leaving(roomName, socket);
  }

  hearers(roomName: string): number {
    return this.#started.rooms.in(roomName).size;
  }

  attached(roomName: string, at: Point | undefined): ClientSocket[] {
    const sockets = [...this.#started.rooms.in(roomName)];
    return at === undefined ? sockets : sockets.filter((socket) => !socket.rooms.joinedAfter(roomName, at));
  }

  joining(roomName: string): ClientSocket[] {
    return [...this.#sockets.values()].filter(({ rooms }) => rooms.isJoining(roomName));
  }

  find(socketId: string): ClientSocket | undefined {
    return this.#sockets.get(socketId);
  }

  socketsOf(userName: string): ClientSocket[] {
    return this.#users.get(userName) ?? [];
  }

  isConcerned(roomName: string, socketId: string): boolean {
    const socket = this.#sockets.get(socketId);
    return socket !== undefined && (socket.rooms.has(roomName) || socket.rooms.joinsOf(roomName).length > 0);
  }

  isOpen(socketId: string): boolean {
    return this.#sockets.has(socketId) || this.arriving.has(socketId);
  }

  /** What its user was told while a socket was logging in. */
  deliverTo(socket: ClientSocket, event: TopicEvent): void {
    this.#started.notices.deliverTo(socket, event);
  }

  notify(socketId: string, event: TopicEvent): void {
    const socket = this.#sockets.get(socketId);
    if (socket !== undefined) this.#started.notices.notify(socket, event);
  }

  /** What its user was told meanwhile, and the socket has in another way. */
  passOver(socket: ClientSocket, event: TopicEvent): void {
    this.#started.notices.passOver(socket, event);
  }

  goOn(socketId: string): void {
    const socket = this.#sockets.get(socketId);
    if (socket !== undefined) this.#started.notices.goOn(socket);
  }

  deliver(topic: Topic, event: TopicEvent): void {
    const key = keyOf(topic);
    if (topicKind(key) === 'user') return this.#deliverToUser(topicName(key), event);
    const roomName = topicName(key);
    if (event.kind === 'deleted') return this.#loseRoom(roomName, event.frame, event);
    if (event.kind === 'evicted') for (const eviction of evictionsOf(event)) this.#evict(roomName, eviction, event);
    // The notice of a leave is not for the socket that has left.
    if (event.kind === 'notice' && event.subject !== '') this.detachRoom(roomName, event.subject, event);
    const stamp = stampOf(event);
    if (stamp !== undefined) return this.#tellState(roomName, event, stamp);
    if (event.frame.length > 0) this.#broadcast(roomName, event.frame, leftOutOf(event), priorityOf(event));
    if (event.kind === 'message' && --this.#untilAge === 0) {
      this.#untilAge = MESSAGES_PER_AGE;
      // What this node knows of the clock that has made the timestamp is not exact.
      this.#deps.messageAges.observe(Math.max(0, this.#deps.instance.redisNow() - event.timestamp));
    }
  }

  #deliverToUser(userName: string, event: TopicEvent): void {
    this.#started.notices.deliver(userName, this.#hearersOf(userName), event);
    const isEnd = event.kind === 'disconnect' || event.kind === 'conflict';
    if (isEnd) for (const socket of this.socketsOf(userName)) this.#started.notices.endOpening(socket, event);
  }

  /** What a socket was told of its membership is not in the log any more: where it is not there it starts afresh, elsewhere or here. */
  reset(topic: Topic, at: Position, socketIds: ReadonlySet<string>): void {
    const key = keyOf(topic);
    if (topicKind(key) === 'room') this.#resetRoom(topicName(key), at, socketIds);
    else this.#resetUser(topicName(key));
  }

  #resetRoom(roomName: string, at: Position, socketIds: ReadonlySet<string>): void {
    for (const socket of this.#started.rooms.in(roomName)) {
      // It may have joined after this was read.
      if (socket.rooms.joinedAfter(roomName, at)) continue;
      // Of the log as it is from here on, so that what comes late of the former one does not count for it.
      if (socketIds.has(socket.socketId)) socket.rooms.live.set(roomName, { epoch: at.epoch, seq: at.seq });
      // It is about to be answered that it is out.
      else if (socket.rooms.leaveOf(roomName) === 'asked') this.detachRoom(roomName, socket.socketId);
      else socket.startAfresh();
    }
    this.#broadcast(roomName, resetFrame(roomName, at));
  }

  /** What was missed may have closed any of them, or taken its user's rooms away: each logs in again, and is judged anew. */
  #resetUser(userName: string): void {
    for (const socket of this.#hearersOf(userName)) {
      socket.isAlone = false;
      socket.startAfresh();
    }
    // Who has logged in may be among what was missed.
    this.#started.echoes.arrived(userName, 0);
  }

  gone(topic: Topic, epoch: string): void {
    const key = keyOf(topic);
    const name = topicName(key);
    if (topicKind(key) === 'room') return this.#loseRoom(name, removalFrame(name), { epoch, seq: Infinity });
    for (const socket of this.#hearersOf(name)) socket.startAfresh();
  }

  /** A user's sockets that are past what was told during their login. */
  #hearersOf(userName: string): ClientSocket[] {
    return this.socketsOf(userName).filter(({ hearsUser }) => hearsUser);
  }

  /** To all sockets in a room, but for one of that id; what passes, by its priority, not to those that are too far behind. */
  #broadcast(roomName: string, frame: Uint8Array, but = '', priority?: Priority): void {
    const room = this.#started.rooms.audienceOf(roomName);
    if (room === undefined) return;
    const socket = but === '' ? undefined : this.#sockets.get(but);
    const exempt = socket !== undefined && room.sockets.has(socket) ? socket : undefined;
    const leftOut = room.send(this.#deps.fanOut, frame, exempt, priority);
    this.#roomDeliveries += room.sockets.size - (exempt === undefined ? 0 : 1) - leftOut;
    this.#deps.counters.transientsLeftOut += leftOut;
  }

  /** What some of the sockets in a room have heard already. */
  #tellState(roomName: string, event: TopicEvent, stamp: Stamp): void {
    const hasHeard = this.#heardStates.inRoom(stamp, roomName, event);
    if (hasHeard === 'all') return;
    this.#roomDeliveries +=
      this.#started.rooms.audienceOf(roomName)?.sendUnheard(this.#deps.fanOut, event.frame, hasHeard) ?? 0;
  }

  /** All sockets are out of the room, and all sockets of their users are told, joined or not, but for those in the next one. */
  #loseRoom(roomName: string, frame: Uint8Array, at: Point): void {
    const { rooms } = this.#started;
    const lost = [...rooms.in(roomName)];
    for (const socket of lost) {
      if (rooms.detach(roomName, socket)) rooms.lost(roomName, socket, at);
      if (!rooms.leaveToJoins(roomName, socket, at)) rooms.tellLost(roomName, socket, frame, at);
    }
    // Where the end of the log was missed, the notice to the user may have told them what it was.
    const isMissed = at.seq === Infinity;
    for (const userName of new Set(lost.map((socket) => socket.userName))) {
      for (const socket of this.socketsOf(userName)) {
        if (isMissed && socket.rooms.wasToldLostIn(roomName, at.epoch)) continue;
        if (!rooms.leaveToJoins(roomName, socket, at)) rooms.tellLost(roomName, socket, frame, at);
      }
    }
  }

  /**
   * A user is out with all its sockets. Where Redis knew one of them here, all its sockets here are told, joined or not; of
   * others, which had left by then, nobody knows here, and the notice to the user tells them.
   */
  #evict(roomName: string, { userName, sockets, nodeIds }: Eviction, event: TopicEvent): void {
    const { rooms } = this.#started;
    const isTold = nodeIds.has(this.#deps.instance.nodeId);
    const frame = removalFrame(roomName);
    for (const socket of this.socketsOf(userName)) {
      rooms.detach(roomName, socket, event);
      if (sockets.has(socket.socketId)) rooms.lost(roomName, socket, event);
      // One that is being joined is told in its turn, or it would hear of the removal before it hears of the join.
      if (isTold && !socket.rooms.isJoining(roomName)) rooms.tellLost(roomName, socket, frame, event);
    }
  }
}

/** Topics come from keys.ts by way of the bus, which treats them as plain names. */
const keyOf = (topic: Topic): TopicKey => topic as TopicKey;
