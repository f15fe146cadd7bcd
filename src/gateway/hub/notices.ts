/**
 * What a user is told, to its sockets on this node: who is to hear it, and what it means for who hears a room. Where somebody
 * is out of a room by it, that counts for sockets that joined before, and whoever hears of it hears nothing more of the room.
 */
import type { Topics } from '../../bus/topics.ts';
import type { Instance } from '../../bus/instance.ts';
import type { Arrivals } from '../../chat/direct/arrivals.ts';
import { removalFrame } from '../../chat/room/removals.ts';
import type { HeardStates } from '../../chat/state/heard-states.ts';
import type { UnreadNews } from '../../chat/unread/news.ts';
import type { Echoes } from '../../chat/user/echoes.ts';
import type { TransientCounters } from '../../ops/counters.ts';
import { disconnectOf, isAfter, isUpTo, type Point, type TopicEvent } from '../../log/event.ts';
import { addressOf, isRecipient, stampOf, type Address, type Recipients, type Removal } from '../../log/recipients.ts';
import { storedDirectIn } from '../../protocol/direct.ts';
import { countIn, notificationTest } from '../../protocol/wire/frame.ts';
import { roomTopic } from '../../redis/keys.ts';
import type { ClientSocket } from '../client-socket.ts';
import type { RoomSockets } from './room-sockets.ts';
import { isMissed } from '../limits/backlog.ts';

export interface NoticesDeps {
  readonly instance: Pick<Instance, 'nodeId'>;
  readonly topics: Pick<Topics, 'positionOf'>;
  readonly echoes: Pick<Echoes, 'arrived'>;
  readonly arrivals: Pick<Arrivals, 'told'>;
  readonly counters: Pick<TransientCounters, 'transientsLeftOut'>;
  readonly unreadNews: Pick<UnreadNews, 'heard' | 'mentioned'>;
  readonly heardStates: Pick<HeardStates, 'toUser'>;
  readonly rooms: RoomSockets;
}

const isArrival = notificationTest('socketConnectEcho', 2);
const isDisconnectEcho = notificationTest('socketDisconnectEcho', 2);

const TO_ALL = { to: 'all' } as const;

export class Notices {
  readonly #deps: NoticesDeps;
  /** Notices that were sent to sockets. */
  deliveries = 0;
  #looked: { readonly event: TopicEvent; readonly message: ReturnType<typeof storedDirectIn> } | undefined;

  constructor(deps: NoticesDeps) {
    this.#deps = deps;
  }

  /** The next event of a user, to all its sockets here. */
  deliver(userName: string, sockets: readonly ClientSocket[], event: TopicEvent): void {
    if (event.kind === 'disconnect') {
      for (const socket of sockets) socket.disconnectForced(...disconnectOf(event));
      return;
    }
    if (event.kind === 'conflict') return takeOver(sockets, event);
    if (event.frame.length === 0) return this.#noteMention(sockets, event);
    this.#countSockets(userName, sockets, event);
    const address = addressOf(event);
    const isToldHere = address.recipients.to === 'notOn' && address.recipients.nodeIds.has(this.#deps.instance.nodeId);
    const stamp = stampOf(event);
    const hasHeard = stamp === undefined ? undefined : this.#deps.heardStates.toUser(stamp, userName);
    for (const socket of sockets) {
      if (hasHeard === 'all' || hasHeard?.(socket) === true) this.passOver(socket, event);
      else if (isToldHere) this.#tellEarly(socket, event, address);
      else this.#notify(socket, event, address);
    }
  }

  /** What its user was told while a socket was logging in: on no node was it among those that a room's event tells. */
  deliverTo(socket: ClientSocket, event: TopicEvent): void {
    if (event.kind === 'disconnect') return socket.disconnectForced(...disconnectOf(event));
    if (event.kind === 'conflict') return takeOver([socket], event);
    if (isArrival(event.frame)) socket.isAlone = false;
    const address = addressOf(event);
    const recipients = address.recipients.to === 'notOn' ? TO_ALL : address.recipients;
    if (event.frame.length > 0) this.#notify(socket, event, { ...address, recipients });
    else this.#noteMention([socket], event);
  }

  /**
   * What ends sockets ends one, too, whose live notices are yet to begin. They do not begin by it: it is among what is kept for the
   * socket, which may stand for another device by then.
   */
  endOpening(socket: ClientSocket, event: TopicEvent): void {
    if (socket.opening !== undefined && isAfter(event, socket.opening.login.at)) this.deliverTo(socket, event);
  }

  /** No notice, but what a script has to say to those who are told what is unread. */
  #noteMention(sockets: readonly ClientSocket[], event: TopicEvent): void {
    const { about } = addressOf(event);
    if (event.kind !== 'transient' || about === undefined) return;
    for (const socket of sockets) if (socket.countsUnread) this.#deps.unreadNews.mentioned(socket, about);
  }

  /** What a socket was told in another way. */
  passOver(socket: ClientSocket, event: TopicEvent): void {
    socket.inbox.pass(socket, event, false);
  }

  /** One that was held back. */
  notify(socket: ClientSocket, event: TopicEvent): void {
    this.#tell(socket, event, addressOf(event));
    this.goOn(socket);
  }

  /** What has waited for those before it. */
  goOn(socket: ClientSocket): void {
    for (let event = socket.inbox.next(socket); event !== undefined; event = socket.inbox.next(socket)) {
      this.#tell(socket, event, addressOf(event));
    }
  }

  #notify(socket: ClientSocket, event: TopicEvent, address: Address): void {
    const mayWait = address.about === undefined && event.kind !== 'transient';
    if (!mayWait || !socket.inbox.defer(event)) this.#tell(socket, event, address);
  }

  #tell(socket: ClientSocket, event: TopicEvent, address: Address): void {
    const verdict = this.#verdict(socket, event, address);
    if (verdict === 'held') return socket.inbox.hold(event);
    if (verdict === 'left to a join') return this.#passBehindJoins(socket, event, address.about);
    const isTold = verdict === 'told';
    socket.inbox.pass(socket, event, isTold);
    if (!isTold) return;
    this.deliveries++;
    const message = this.#messageIn(event);
    if (message !== undefined) this.#deps.arrivals.told(socket, { ...message, first: message.id, last: message.id });
    if (socket.countsUnread) this.#deps.unreadNews.heard(socket, event.frame, message?.author);
  }

  /** What becomes of a notice to a socket. Where it is not told it is not for the socket, or was told already. */
  #verdict(
    socket: ClientSocket,
    event: TopicEvent,
    { recipients, about, removal }: Address,
  ): 'told' | 'not told' | 'held' | 'left to a join' {
    if (!isRecipient(recipients, socket)) return 'not told';
    if (event.kind === 'transient' && isMissed(socket.connection.lag(socket.lag), 'normal')) {
      this.#deps.counters.transientsLeftOut++;
      return 'not told';
    }
    if (about === undefined) return 'told';
    if (socket.notices.take(event, about)) return 'held';
    if (recipients.to === 'synced' && socket.notices.isStale(event, about)) return 'not told';
    if (removal?.at !== undefined && recipients.to === 'synced') this.#tellBehind(socket, about, removal.at);
    else if (removal !== undefined) return this.#verdictOfRemoval(socket, about, recipients, removal);
    return 'told';
  }

  /** A join tells it, or finds that there is nothing to tell: the socket is past it once it has. */
  #passBehindJoins(socket: ClientSocket, event: TopicEvent, about = ''): void {
    socket.inbox.hold(event);
    socket.rooms.afterJoins(about, () => {
      socket.inbox.pass(socket, event, false);
      this.goOn(socket);
    });
  }

  /** Looked for once, however many sockets it is sent to. */
  #messageIn(event: TopicEvent): ReturnType<typeof storedDirectIn> {
    if (this.#looked?.event !== event) this.#looked = { event, message: storedDirectIn(event.frame) };
    return this.#looked.message;
  }

  /** Whether a socket is to hear that it, or its user, is out of a room. From then on it hears nothing more of that. */
  #verdictOfRemoval(
    socket: ClientSocket,
    roomName: string,
    recipients: Recipients,
    { at, socketId }: Removal,
  ): 'told' | 'not told' | 'left to a join' {
    // The event of an eviction names those whom the hook is told of.
    const isDeletion = recipients.to === 'all' && socketId === undefined;
    if (socketId !== undefined && socketId !== socket.socketId) return 'told';
    const { rooms } = socket;
    if (at === undefined) {
      this.#deps.rooms.leaving(roomName, socket);
      return 'told';
    }
    if (isDeletion && this.#deps.rooms.detach(roomName, socket, at)) this.#deps.rooms.lost(roomName, socket, at);
    if (socketId === undefined && this.#deps.rooms.leaveToJoins(roomName, socket, at)) return 'left to a join';
    const standing = rooms.standing(roomName, at);
    const isKnown = socketId === undefined ? rooms.wasToldLost(roomName, at) : rooms.wasToldOut(roomName, at);
    if (standing === 'after' || isKnown) return 'not told';
    this.#deps.rooms.detach(roomName, socket, at);
    if (standing === 'before') for (const join of rooms.joinsOf(roomName)) if (join.isAnswered) join.left();
    if (socketId === undefined) rooms.toldLost(roomName, at);
    else rooms.toldLeft(roomName, at);
    return 'told';
  }

  /** A room is out of the session because it was lost: whoever has not been told of the removal is told that first. */
  #tellBehind(socket: ClientSocket, roomName: string, at: Point): void {
    if (socket.rooms.standing(roomName, at) !== 'before' || this.#deps.rooms.leaveToJoins(roomName, socket, at)) return;
    if (this.#deps.rooms.detach(roomName, socket, at)) this.#deps.rooms.lost(roomName, socket, at);
    this.#deps.rooms.tellLost(roomName, socket, removalFrame(roomName), at);
  }

  /** A removal that the room's own event tells here: where that is late, what follows it in the user's log must not overtake it. */
  #tellEarly(socket: ClientSocket, event: TopicEvent, { about, removal }: Address): void {
    if (about !== undefined && removal?.at !== undefined) {
      const { at } = removal;
      // It was told, unless the room's log was not read up to there but begun anew behind it. A join that is yet to begin tells it in its turn.
      const isPast = isUpTo(at, this.#deps.topics.positionOf(roomTopic(about)));
      const isLeftToJoin =
        (isPast && socket.rooms.isJoining(about)) || this.#deps.rooms.leaveToJoins(about, socket, at);
      if (isLeftToJoin) return this.#passBehindJoins(socket, event, about);
      this.#deps.rooms.detach(about, socket, at);
      this.#deps.rooms.tellLost(about, socket, event.frame, at);
    }
    this.passOver(socket, event);
  }

  /** Keeps who is the only socket of its user. */
  #countSockets(userName: string, sockets: readonly ClientSocket[], { frame, timestamp }: TopicEvent): void {
    if (isArrival(frame)) {
      for (const socket of sockets) socket.isAlone = false;
      this.#deps.echoes.arrived(userName, timestamp);
    } else if (isDisconnectEcho(frame)) {
      const isAlone = countIn(frame) === 1;
      for (const socket of sockets) socket.isAlone = isAlone;
    }
  }
}

/** Another device has taken over from those that it names. */
function takeOver(sockets: readonly ClientSocket[], { subject, frame }: TopicEvent): void {
  const named = new Set(subject.split(' '));
  for (const socket of sockets) if (named.has(socket.socketId)) socket.takenOver(frame);
}
