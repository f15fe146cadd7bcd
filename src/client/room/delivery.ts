/**
 * Lets each message of a joined room through exactly once and in order, and moves the room's position. When a room is
 * joined is left to the rooms.
 */
import type { NotificationParams } from '../../protocol/catalogue.ts';
import type { RoomJoined } from '../../protocol/membership.ts';
import type { MessageChange } from '../../protocol/change.ts';
import { isMap, type ValueMap } from '../../protocol/params/values.ts';
import { lastChangeOf, type Missing, type Position, type Membership, type RoomEvent } from './membership.ts';
import type { DeliveryOwner } from './owner.ts';

export interface Counters {
  /** Messages that came again and were dropped. */
  duplicates: number;
  /** Times that ids were skipped, which the service promises never to do. */
  gaps: number;
}

/** What only the service can tell of a room, as it is asked for it. */
export interface RoomQuestions {
  /** Something was missed although the room is joined: it is joined again from its position, for what comes with the answer. */
  again(room: Membership): void;
  /** Which change is the last one of a log that has just begun anew. */
  lastChange(room: Membership): void;
}

/** More than this, held back for one join, is not the way of a healthy service. */
const heldMax = 10_000;
/** Held back while history is read; more than this is read from there, too. */
const heldBehindPagesMax = 100;
/** How long, and how many messages, wait for an answer that usually comes right behind the first of them. */
const awaitedMs = 1_000;
const awaitedMax = 1_000;

export class Delivery {
  readonly counters: Counters = { duplicates: 0, gaps: 0 };
  readonly #owner: DeliveryOwner;
  readonly #questions: RoomQuestions;

  constructor(owner: DeliveryOwner, questions: RoomQuestions) {
    this.#owner = owner;
    this.#questions = questions;
  }

  /** A `roomMessage`. False: too much waits for the answer to a join. */
  message(room: Membership | undefined, params: NotificationParams<'roomMessage'>): boolean {
    const [roomName, message] = params;
    // Transient messages have no id, and no place in the order.
    if (room !== undefined && isMap(message) && typeof message['id'] === 'number') {
      return this.#inOrder(room, { kind: 'message', message });
    }
    this.#owner.message(roomName, message);
    return true;
  }

  /** A `roomMessageChanged`. False: as for a message. */
  change(room: Membership | undefined, params: NotificationParams<'roomMessageChanged'>): boolean {
    const [roomName, change] = params;
    if (room !== undefined) return this.#inOrder(room, { kind: 'change', change });
    this.#owner.change(roomName, change);
    return true;
  }

  /** A `roomReset`. False: as for a message. */
  reset(room: Membership | undefined, params: NotificationParams<'roomReset'>): boolean {
    const [roomName, epoch, lastMessageId] = params;
    if (room !== undefined && typeof epoch === 'string' && typeof lastMessageId === 'number') {
      return this.#inOrder(room, { kind: 'reset', epoch, lastMessageId });
    }
    this.#owner.reset({ roomName, epoch, lastMessageId });
    return true;
  }

  /**
   * The answer to a join: what was missed is emitted, then what came meanwhile. Where it is too much for an answer, the
   * room is left with what is `missing`; where it cannot be had, that is told.
   */
  joined(room: Membership, entry: RoomJoined): void {
    const { epoch, lastMessageId, recovered, messages } = entry;
    const { roomName, position } = room;
    const numbered = lastChangeOf(entry);
    room.awaitNothing();
    const held = after(room.held.splice(0), epoch, lastMessageId);
    room.missing = undefined;
    if (position === undefined) {
      room.position = { epoch, lastMessageId, ...numbered };
      this.#owner.joined({ roomName, epoch, lastMessageId });
    } else if (recovered && epoch === position.epoch) {
      this.#changedMeanwhile(room, position, entry);
      for (const message of messages) this.#advance(room, message);
      this.#skipTo(room, lastMessageId);
      // A listener of a message may have left the room, or closed the client.
      if (!room.forgotten) this.#owner.recovered({ roomName, epoch, lastMessageId });
    } else if (isReadable(position, epoch, lastMessageId) && held.every(({ kind }) => kind !== 'reset')) {
      this.#changedMeanwhile(room, position, entry);
      room.missing = { epoch, upTo: lastMessageId, verified: false, lacksChanges: false };
    } else {
      this.#beginAnew(room, { epoch, lastMessageId, ...numbered });
    }
    for (const event of held) this.#inOrder(room, event);
  }

  /** A page of what is missing, ascending. False: it brought nothing. */
  page(room: Membership, messages: readonly ValueMap[]): boolean {
    const { missing, position } = room;
    for (const message of messages) {
      // A listener may have left the room, or closed the client.
      if (room.missing !== missing) return true;
      this.#advance(room, message, true);
    }
    return room.position !== position;
  }

  /** Nothing is missing any more: what is live follows. */
  caughtUp(room: Membership): void {
    const { roomName, position, missing } = room;
    if (position === undefined) return;
    room.missing = undefined;
    const held = room.held.splice(0);
    this.#owner.recovered({ roomName, epoch: position.epoch, lastMessageId: position.lastMessageId });
    // What came behind those that are lacking waits for them.
    if (missing?.lacksChanges === true) this.#questions.again(room);
    for (const event of held) this.#inOrder(room, event);
  }

  /** What is missing cannot be had. */
  lost(room: Membership): void {
    const { missing } = room;
    if (missing === undefined) return;
    room.missing = undefined;
    const held = room.held.splice(0);
    this.#beginAnew(room, { ...lastChangeOf(room.position), epoch: missing.epoch, lastMessageId: missing.upTo });
    for (const event of held) this.#inOrder(room, event);
  }

  /** The log begins only after this id now. */
  trimmed(room: Membership, lastMessageId: number): void {
    const { missing, position } = room;
    if (missing !== undefined)
      this.#beginAnew(room, { ...lastChangeOf(position), epoch: missing.epoch, lastMessageId });
  }

  /** Delivers now, or after the answer to the join that is awaited: that brings what comes before. */
  #inOrder(room: Membership, event: RoomEvent): boolean {
    if (room.missing !== undefined) this.#behindPages(room, room.missing, event);
    else if (room.status === 'in' || room.status === 'leaving') this.#live(room, event);
    else if (room.held.length < heldMax) room.held.push(event);
    else return false;
    return true;
  }

  /** What was sent has its answer, or its attempt is over: what waited for that goes on. */
  answered(room: Membership): void {
    if (!room.awaitsAnswer) return;
    room.awaitNothing();
    // Otherwise what is awaited now brings them, or their place.
    if (room.missing !== undefined || (room.status !== 'in' && room.status !== 'leaving')) return;
    for (const event of room.held.splice(0)) this.#inOrder(room, event);
  }

  /** What waits for an answer is delivered before the room goes. */
  last(room: Membership): void {
    if (!room.awaitsAnswer) return;
    room.awaitNothing();
    this.#owner.answerIsLate(room.roomName);
    for (const event of room.held.splice(0)) this.#deliver(room, event);
  }

  #live(room: Membership, event: RoomEvent): void {
    if (!room.awaitsAnswer) {
      if (event.kind !== 'message' || !this.#owner.awaitsAnswer(room.roomName, event.message)) {
        return this.#deliver(room, event);
      }
      room.awaitAnswer(awaitedMs, () => this.#late(room));
    }
    room.held.push(event);
    if (room.held.length > awaitedMax) this.#late(room);
  }

  #late(room: Membership): void {
    this.#owner.answerIsLate(room.roomName);
    this.answered(room);
  }

  #behindPages(room: Membership, missing: Missing, event: RoomEvent): void {
    if (event.kind === 'reset') {
      // All before it is of no use any more.
      room.missing = undefined;
      room.held.length = 0;
      return this.#deliver(room, event);
    }
    room.held.push(event);
    if (room.held.length <= heldBehindPagesMax) return;
    for (const dropped of room.held.splice(0)) {
      if (dropped.kind === 'message') missing.upTo = Math.max(missing.upTo, Number(dropped.message['id']));
      else missing.lacksChanges = true;
    }
  }

  #deliver(room: Membership, event: RoomEvent): void {
    if (event.kind === 'message') this.#advance(room, event.message);
    else if (event.kind === 'change') this.#advanceChanges(room, event.change);
    else {
      const { epoch, lastMessageId } = event;
      // Asked for before anybody reads what there is now: that has all changes up to this one.
      if (room.position?.lastChange !== undefined) this.#questions.lastChange(room);
      this.#beginAnew(room, { epoch, lastMessageId });
    }
  }

  /** Messages that were told before the join, and have changed since. */
  #changedMeanwhile(room: Membership, position: Position, entry: RoomJoined): void {
    const { lastChange, changes = [], changesRecovered } = entry as Partial<RoomJoined>;
    if (lastChange === undefined) return;
    room.position = { ...position, ...lastChangeOf(entry) };
    // Who did not ask knew of none, and has missed none where there are none.
    if (changesRecovered === undefined && lastChange === 0) return;
    const { roomName } = room;
    const { epoch, lastMessageId } = position;
    if (changesRecovered !== true) return this.#owner.doubted({ roomName, epoch, lastMessageId });
    // A listener may have left the room, or closed the client.
    for (const message of changes) if (!room.forgotten) this.#owner.changed(roomName, message);
  }

  /** Each once, in order; what comes behind one that never came has to wait for it. */
  #advanceChanges(room: Membership, change: MessageChange): void {
    const { position, roomName } = room;
    if (room.forgotten || position === undefined) return;
    const { lastChange = change.change - 1 } = position;
    if (change.change <= lastChange) return void (this.counters.duplicates += 1);
    const isNext = change.change === lastChange + 1;
    room.position = { ...position, lastChange: change.change, lastChangeTimestamp: change.timestamp };
    if (isNext && this.#owner.change(roomName, change)) return;
    room.position = { ...position, lastChange };
    this.counters.gaps += 1;
    this.#questions.again(room);
  }

  /** A page begins where it is asked to, so what comes again in it is no duplicate that was sent. */
  #advance(room: Membership, message: ValueMap, isAsked = false): void {
    const { position } = room;
    const { id, timestamp } = message;
    if (room.forgotten || position === undefined || typeof id !== 'number') return;
    if (id <= position.lastMessageId) {
      if (!isAsked) this.counters.duplicates += 1;
      return;
    }
    this.#skipTo(room, id - 1);
    const lastTimestamp = typeof timestamp === 'number' ? { lastTimestamp: timestamp } : {};
    room.position = { ...lastChangeOf(position), epoch: position.epoch, lastMessageId: id, ...lastTimestamp };
    this.#owner.message(room.roomName, message);
  }

  /** Ids up to this one should have been seen. That one was not is told, and does not stop what follows. */
  #skipTo(room: Membership, id: number): void {
    const { position, roomName } = room;
    if (room.forgotten || position === undefined || id <= position.lastMessageId) return;
    room.position = { ...lastChangeOf(position), epoch: position.epoch, lastMessageId: id };
    this.counters.gaps += 1;
    this.#owner.failed(new Error(`Gap in ${roomName}: ${position.lastMessageId + 1} to ${id} never came`));
  }

  #beginAnew(room: Membership, position: Position): void {
    if (room.forgotten) return;
    room.position = position;
    const { epoch, lastMessageId } = position;
    this.#owner.reset({ roomName: room.roomName, epoch, lastMessageId });
  }
}

/** Whether what lies between may be in the log: the service did not say that it is not the same one. */
function isReadable(position: Position, epoch: string, lastMessageId: number): boolean {
  return epoch === position.epoch && lastMessageId > position.lastMessageId;
}

/**
 * What of the held events is news to one who has the room up to here. What comes before a reset that the answer knows of
 * belongs to another epoch, where ids mean other messages; ids alone sort out the rest.
 */
function after(held: readonly RoomEvent[], epoch: string, lastMessageId: number): readonly RoomEvent[] {
  const known = held.findLastIndex(
    (event) => event.kind === 'reset' && event.epoch === epoch && event.lastMessageId <= lastMessageId,
  );
  return held.slice(known + 1);
}
