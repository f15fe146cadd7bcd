/**
 * Which of this node's sockets hear which rooms, and how each comes out of one: the end of its delivery here, what it is told of that,
 * each time once, and what the operator's hook is told. A socket that is joining hears of it in its turn, from its join.
 */
import type { Topics } from '../../bus/topics.ts';
import { isSince } from '../../chat/membership/points.ts';
import type { Point } from '../../log/event.ts';
import { roomTopic } from '../../redis/keys.ts';
import type { ClientSocket } from '../client-socket.ts';
import { RoomAudience } from './room-audience.ts';

export interface RoomSocketsDeps {
  readonly topics: Pick<Topics, 'unfollow' | 'positionOf'>;
  /** A socket has lost a room. */
  onLost(socket: ClientSocket, roomName: string): void;
}

const NOBODY: ReadonlySet<ClientSocket> = new Set();

export class RoomSockets {
  readonly #deps: RoomSocketsDeps;
  readonly #audiences = new Map<string, RoomAudience>();

  constructor(deps: RoomSocketsDeps) {
    this.#deps = deps;
  }

  /** Rooms with a socket here. */
  get size(): number {
    return this.#audiences.size;
  }

  audienceOf(roomName: string): RoomAudience | undefined {
    return this.#audiences.get(roomName);
  }

  in(roomName: string): ReadonlySet<ClientSocket> {
    return this.#audiences.get(roomName)?.sockets ?? NOBODY;
  }

  /** Begins delivery of a room, that was joined at this point of its log. */
  attach(roomName: string, socket: ClientSocket, { epoch, seq }: Point): boolean {
    if (socket.rooms.has(roomName)) return false;
    let audience = this.#audiences.get(roomName);
    if (audience === undefined) {
      audience = new RoomAudience(roomName, epoch);
      this.#audiences.set(roomName, audience);
    }
    if (audience.epoch !== epoch) audience.epoch = epoch;
    socket.rooms.live.set(audience.name, { epoch: audience.epoch, seq });
    socket.rooms.takeUntold(roomName);
    audience.add(socket);
    return true;
  }

  /** Ends delivery of a room, unless the socket has joined after the point at which it is out. */
  detach(roomName: string, socket: ClientSocket, at?: Point): boolean {
    const since = socket.rooms.live.get(roomName);
    if (since === undefined || (at !== undefined && isSince(since, at))) return false;
    const { topics } = this.#deps;
    const heard = at ?? topics.positionOf(roomTopic(roomName));
    if (heard !== undefined) for (const join of socket.rooms.joinsOf(roomName)) join.lostAt(heard);
    this.#audiences.get(roomName)?.unsubscribe(socket);
    this.#forget(roomName, socket);
    topics.unfollow(roomTopic(roomName), socket.nodeId);
    return true;
  }

  /** Forgets a closed socket; the topics it followed are let go by whoever tells Redis. Returns its rooms. */
  remove(socket: ClientSocket): string[] {
    const roomNames = [...socket.rooms.live.keys()];
    for (const roomName of roomNames) this.#forget(roomName, socket);
    return roomNames;
  }

  setBehind(socket: ClientSocket, isBehind: boolean): void {
    for (const roomName of socket.rooms.live.keys()) this.#audiences.get(roomName)?.setBehind(socket, isBehind);
  }

  /** It is out of a room that it was in: the hook hears of it. */
  lost(roomName: string, socket: ClientSocket, at: Point): void {
    if (socket.rooms.noteLost(roomName, at)) this.#deps.onLost(socket, roomName);
  }

  /** Tells a socket that its user has lost a room, unless it was told, or has joined since. */
  tellLost(roomName: string, socket: ClientSocket, frame: Uint8Array, at: Point): void {
    const { rooms } = socket;
    if (rooms.wasToldLost(roomName, at) || rooms.standing(roomName, at) === 'after') return;
    rooms.toldLost(roomName, at);
    socket.send(frame);
    // Answered, and yet to begin: it does not any more.
    const over = rooms.joinsOf(roomName).filter(({ point }) => point !== undefined && !isSince(point, at));
    for (const join of over) join.left();
    if (over.length > 0) this.lost(roomName, socket, at);
  }

  /** A removal that a socket cannot be told before an answer that it waits for: the join tells it. */
  leaveToJoins(roomName: string, socket: ClientSocket, at: Point): boolean {
    const isLeft = socket.rooms.joinsOf(roomName).filter((join) => join.loses(at)).length > 0;
    if (isLeft) this.detach(roomName, socket, at);
    return isLeft;
  }

  /** It is being told that it is taken out of a room. */
  leaving(roomName: string, socket: ClientSocket): void {
    this.detach(roomName, socket);
    // One that waits for its answer may have joined after that: it is told with the point.
    for (const join of socket.rooms.joinsOf(roomName)) if (join.isAnswered) join.left();
  }

  #forget(roomName: string, socket: ClientSocket): void {
    socket.rooms.live.delete(roomName);
    const audience = this.#audiences.get(roomName);
    if (audience === undefined) return;
    audience.delete(socket);
    if (audience.sockets.size === 0) this.#audiences.delete(roomName);
  }
}
