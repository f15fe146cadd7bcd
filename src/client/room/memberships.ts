/**
 * The rooms a client wants to be in: joins them, joins them again after every reconnect, and leaves them. Which link is
 * logged in is left to the connector, the order of messages to the delivery, posting to the outbox.
 */
import type { AuthData } from '../../protocol/connection.ts';
import type { RoomJoined } from '../../protocol/membership.ts';
import type { Value, ValueMap } from '../../protocol/params/values.ts';
import { deferred } from '../connection/deferred.ts';
import { Delivery, type Counters } from './delivery.ts';
import { batchOf, entryOf, positionOf } from './join-batch.ts';
import { badArgument } from '../encoding/encoding.ts';
import type { Link } from '../connection/link.ts';
import type { Core } from '../core.ts';
import { leftElsewhere, takenAway, type MembershipOwner, type RoomLoss } from './owner.ts';
import { Pages } from './pages.ts';
import { Rejoining } from './rejoining.ts';
import { Retry } from './retry.ts';
import { localError, type Outcome, type RequestError } from '../request-error.ts';
import { isText, lastChangeOf, Membership, type Position } from './membership.ts';

/** Rooms in one `roomsJoin` and in flight at once: their missed messages all come in the answers. */
const joinWindow = 32;

/** Guarantee: what a room has missed comes before what is live, each message once; or it is told what cannot be had. */
export class Memberships {
  readonly #core: Core;
  readonly #owner: MembershipOwner;
  readonly #delivery: Delivery;
  readonly #pages: Pages;
  readonly #rooms = new Map<string, Membership>();
  readonly #retry = new Retry(() => {
    for (const room of this.#rooms.values()) room.paused = false;
    this.#reconcile();
  });
  #link: Link | undefined;
  #socketId: string | undefined;
  #window = joinWindow;
  #ended: RequestError | undefined;
  readonly #rejoining = new Rejoining();

  constructor(core: Core, owner: MembershipOwner) {
    this.#core = core;
    this.#owner = owner;
    this.#delivery = new Delivery(owner, {
      again: (room) => this.#joinAgain(room),
      lastChange: (room) => this.#askLastChange(room),
    });
    this.#pages = new Pages(this.#delivery, (room) => {
      if (room.status === 'in') this.#retryLater(room, 'out', localError('unavailable', 'The log was replaced.'));
    });
    core.onRename(() => this.#rename());
    core.onLogin((link, authData) => this.#connected(link, authData));
    core.onLoss(() => this.#disconnected());
    core.onClose((error) => this.#closed(error));
    // So that nothing of the room is taken for a part of it any more.
    core.onAnswer('roomLeave', ({ roomName }) => {
      const room = this.#rooms.get(this.#core.nameOf(roomName));
      if (room?.status === 'in') this.#forget(room);
    });
    const delivery = this.#delivery;
    core.claim('roomMessage', (...params) => this.#taken(delivery.message(this.#named(params), params)));
    core.claim('roomMessageChanged', (...params) => this.#taken(delivery.change(this.#named(params), params)));
    core.claim('roomReset', (...params) => this.#taken(delivery.reset(this.#named(params), params)));
    core.onNotification('roomAccessRemoved', (roomName) => this.#lost(this.#rooms.get(roomName), takenAway));
    core.onNotification('roomLeftEcho', (roomName, socketId) => {
      if (socketId === this.#socketId) this.#lost(this.#rooms.get(roomName), leftElsewhere);
    });
  }

  get counters(): Readonly<Counters> {
    return this.#delivery.counters;
  }

  position(roomName: string): Position | undefined {
    return this.#rooms.get(this.#core.nameOf(roomName))?.position;
  }

  /** It is wanted, or not left yet. */
  has(roomName: string): boolean {
    return this.#rooms.has(roomName);
  }

  /** False for a room that is wanted and not joined at the moment: what needs it joined had better wait. */
  settled(roomName: string): boolean {
    const room = this.#rooms.get(this.#core.nameOf(roomName));
    return room === undefined || room.status === 'in' || !room.wanted;
  }

  /** `group` counts where the room is not joined yet. */
  join(roomName: string, group?: string): Promise<Position> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    if (!isText(roomName)) return Promise.reject(badArgument('roomJoin', 0, 'not a well-formed string'));
    const name = this.#core.nameOf(roomName);
    const room = this.#rooms.get(name) ?? new Membership(name);
    this.#rooms.set(name, room);
    room.wanted = true;
    room.group = group ?? room.group;
    // A leave that had not begun is overtaken.
    if (room.status !== 'leaving') room.settleLeaves();
    // A leave failed for the moment, and may have happened all the same: joining again makes sure.
    if (room.status === 'in' && room.paused) room.status = 'out';
    if (room.status === 'in' && room.position !== undefined) return Promise.resolve(room.position);
    const waiter = deferred<Position>();
    room.joins.push(waiter);
    this.#reconcile();
    return waiter.promise;
  }

  leave(roomName: string): Promise<void> {
    if (!isText(roomName)) return Promise.reject(badArgument('roomLeave', 0, 'not a well-formed string'));
    const room = this.#rooms.get(this.#core.nameOf(roomName));
    if (room === undefined) return Promise.resolve();
    room.wanted = false;
    const waiter = deferred<void>();
    room.leaves.push(waiter);
    this.#reconcile();
    return waiter.promise;
  }

  /** Another device has left it for all while there was no connection: it is not joined again. */
  leftElsewhere(roomName: string): void {
    const room = this.#rooms.get(roomName);
    if (room?.status === 'out' && room.position !== undefined) this.#forget(room, undefined, leftElsewhere);
  }

  /** The room is being read, or waits for something, with a message under this id: what is known of it. */
  heldMessage(roomName: string, id: number): ValueMap | undefined {
    const held = this.#rooms.get(this.#core.nameOf(roomName))?.held ?? [];
    const found = held.find((event) => event.kind === 'message' && event.message['id'] === id);
    return found?.kind === 'message' ? found.message : undefined;
  }

  /** The answer to what was sent to the room is there, or will not come. */
  answered(roomName: string): void {
    const room = this.#rooms.get(this.#core.nameOf(roomName));
    if (room !== undefined) this.#delivery.answered(room);
  }

  /** A link is logged in: all rooms are joined again on it. */
  #connected(link: Link, { id, limits }: AuthData): Promise<void> {
    this.#link = link;
    this.#socketId = id;
    this.#window = Math.max(1, Math.min(joinWindow, limits.roomsPerSocket));
    this.#pages.connected(link);
    const rejoined = this.#rejoining.begin(this.#rooms.values());
    this.#reconcile();
    this.#rejoining.check();
    return rejoined;
  }

  /** The link is gone, and this socket's memberships with it. */
  #disconnected(): void {
    this.#link = undefined;
    this.#pages.disconnected();
    for (const room of this.#rooms.values()) {
      if (room.status === 'leaving') this.#membershipEnded(room);
      room.reset();
    }
    this.#reconcile();
  }

  #closed(error: RequestError): void {
    this.#ended = error;
    this.#link = undefined;
    this.#pages.disconnected();
    this.#retry.stop();
    for (const room of this.#rooms.values()) this.#forget(room, error);
  }

  /** A room was lost, or left for this socket by another one of its user's or by the service. */
  #lost(room: Membership | undefined, loss: RoomLoss): void {
    if (room === undefined || room.forgotten) return;
    this.#delivery.last(room);
    if (room.forgotten) return;
    // What waits was of the room as it was.
    room.held.length = 0;
    if (room.status === 'in' || room.status === 'leaving') this.#forget(room, undefined, loss);
    // Whether it happened before or after the join in flight only the service can tell.
    else room.askAgain = room.status === 'joining';
  }

  /** Rooms that were asked for before get the names that they have there. */
  #rename(): void {
    for (const room of this.#rooms.values()) {
      const name = this.#core.nameOf(room.roomName);
      if (name === room.roomName) continue;
      this.#rooms.delete(room.roomName);
      const same = this.#rooms.get(name);
      room.roomName = name;
      if (same === undefined) this.#rooms.set(name, room);
      else same.takeOver(room);
    }
  }

  /** Brings every room nearer to what is wanted of it, as far as can be done now. */
  #reconcile(): void {
    for (const room of this.#rooms.values()) {
      if (room.wanted) continue;
      if (room.status === 'out') this.#forget(room);
      else if (room.status === 'in' && !room.paused) this.#sendLeave(room);
    }
    // Looked at only now: a listener told of a room that was left may have come here by itself.
    const rooms = [...this.#rooms.values()];
    const inFlight = rooms.filter(({ status }) => status === 'joining').length;
    const waiting = rooms.filter(({ wanted, status, paused }) => wanted && status === 'out' && !paused);
    if (this.#link === undefined) return;
    const batch = batchOf(waiting.slice(0, Math.max(0, this.#window - inFlight)), this.#link.limits.frameBytes);
    if (batch.length > 0) this.#sendJoin(this.#link, batch);
  }

  #sendJoin(link: Link, batch: readonly Membership[]): void {
    for (const room of batch) room.joining();
    link.call('roomsJoin', { rooms: batch.map(positionOf) }, (outcome) => {
      if (this.#link !== link) return;
      if (!outcome.ok && !outcome.error.temporary && batch.length > 1) return this.#separate(batch);
      batch.forEach((room, index) => {
        // Only what a listener did meanwhile can have ended the client or forgotten the room.
        if (room.status === 'joining') this.#settleJoin(room, entryOf(outcome, index));
      });
      this.#reconcile();
      this.#rejoining.check();
    });
  }

  /** Refused as a whole, which may be the fault of one room: each has to answer for itself. */
  #separate(batch: readonly Membership[]): void {
    for (const room of batch) {
      room.alone = true;
      if (room.status === 'joining') room.status = 'out';
    }
    this.#reconcile();
  }

  #settleJoin(room: Membership, entry: Outcome<RoomJoined>): void {
    const { askAgain } = room;
    room.askAgain = false;
    if (entry.ok && !askAgain) this.#joined(room, entry.value);
    else if (entry.ok) room.status = 'out';
    else if (entry.error.temporary) this.#retryLater(room, 'out', entry.error);
    else this.#refused(room, entry.error);
  }

  #joined(room: Membership, entry: RoomJoined): void {
    room.status = 'in';
    room.alone = false;
    this.#retry.succeeded();
    this.#owner.entered(room.roomName, room.namedGroup);
    this.#delivery.joined(room, entry);
    if (room.forgotten) return;
    if (room.missing !== undefined) this.#pages.read(room);
    room.settleJoins();
    this.#owner.settled();
  }

  /** What it lacks comes with the answer; what is live waits behind that. */
  #joinAgain(room: Membership): void {
    if (room.status !== 'in') return;
    room.status = 'out';
    this.#reconcile();
  }

  #askLastChange(room: Membership): void {
    this.#link?.call('roomHistoryInfo', { roomName: room.roomName }, (outcome) => {
      const { position } = room;
      if (!outcome.ok || position?.epoch !== outcome.value.epoch || position.lastChange !== undefined) return;
      room.position = { ...position, ...lastChangeOf(outcome.value) };
    });
  }

  #refused(room: Membership, error: RequestError): void {
    const { roomName } = room;
    const wasIn = room.position !== undefined;
    if (wasIn) this.#owner.refused(roomName, error);
    const loss = wasIn ? { code: error.code, reason: error.message } : undefined;
    if (!room.forgotten) this.#forget(room, error, loss);
  }

  #sendLeave(room: Membership): void {
    const link = this.#link;
    if (link === undefined) return;
    room.status = 'leaving';
    this.#owner.leaving(room.roomName);
    link.call('roomLeave', { roomName: room.roomName }, (outcome) => {
      if (this.#link !== link || room.forgotten) return;
      const error = outcome.ok || outcome.error.code === 'noRoom' ? undefined : outcome.error;
      if (error === undefined) {
        this.#delivery.last(room);
        if (room.forgotten) return;
        this.#membershipEnded(room);
        room.reset();
      } else if (error.temporary) {
        this.#retryLater(room, room.wanted ? 'out' : 'in', error);
        if (room.wanted) room.settleLeaves();
      } else {
        room.status = 'in';
        room.wanted = true;
        if (room.missing !== undefined) this.#pages.read(room);
        room.settleLeaves(error);
        room.settleJoins();
      }
      this.#reconcile();
    });
  }

  #retryLater(room: Membership, status: 'in' | 'out', error: RequestError): void {
    room.status = status;
    room.paused = true;
    this.#retry.later(error);
  }

  #named([roomName]: readonly Value[]): Membership | undefined {
    return typeof roomName === 'string' ? this.#rooms.get(roomName) : undefined;
  }

  /** A join is not answered, and too much has piled up behind it: the next link brings everything. */
  #taken(isTaken: boolean): void {
    if (!isTaken) this.#link?.end(1006, 'a join is not answered');
  }

  /** The membership is over; the room may be joined anew, from a new beginning. */
  #membershipEnded(room: Membership, loss?: RoomLoss): void {
    const { roomName } = room;
    const wasIn = room.position !== undefined;
    room.position = undefined;
    if (wasIn) this.#owner.left(roomName, loss);
    room.settleLeaves();
  }

  /** Without an error, who still waits to join is told that the room was left. */
  #forget(room: Membership, error?: RequestError, loss?: RoomLoss): void {
    const { roomName } = room;
    this.#rooms.delete(roomName);
    room.forgotten = true;
    room.reset();
    this.#membershipEnded(room, loss);
    room.settleJoins(error ?? localError('unavailable', `${roomName} was left.`));
    this.#owner.settled();
  }
}
