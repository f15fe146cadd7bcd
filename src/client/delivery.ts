/**
 * Lets each message of a joined room through exactly once and in order, and moves the room's position. When a room is
 * joined is left to the rooms.
 */
import type { RoomJoined } from '../protocol/types.ts';
import { isMap, type Value, type ValueMap } from '../protocol/values.ts';
import type { Emitter } from './events.ts';
import type { Room, RoomEvent } from './room.ts';

export interface Counters {
  /** Messages that came again and were dropped. */
  duplicates: number;
  /** Times that ids were skipped, which the service promises never to do. */
  gaps: number;
}

/** More than this, held back for one join, is not the way of a healthy service. */
const heldMax = 10_000;

export class Delivery {
  readonly counters: Counters = { duplicates: 0, gaps: 0 };
  readonly #emitter: Emitter;

  constructor(emitter: Emitter) {
    this.#emitter = emitter;
  }

  /** A `roomMessage`. False: too much waits for the answer to a join. */
  message(room: Room | undefined, params: readonly Value[]): boolean {
    const [, message] = params;
    // Transient messages have no id, and no place in the order.
    if (room !== undefined && isMap(message) && typeof message['id'] === 'number') {
      return this.#inOrder(room, { kind: 'message', message });
    }
    this.#emitter.emitReceived('roomMessage', params);
    return true;
  }

  /** A `roomReset`. False: as for a message. */
  reset(room: Room | undefined, params: readonly Value[]): boolean {
    const [, epoch, lastMessageId] = params;
    if (room !== undefined && typeof epoch === 'string' && typeof lastMessageId === 'number') {
      return this.#inOrder(room, { kind: 'reset', epoch, lastMessageId });
    }
    this.#emitter.emitReceived('roomReset', params);
    return true;
  }

  /** The answer to a join: what was missed is emitted, or that it cannot be had; then what came meanwhile. */
  joined(room: Room, { epoch, lastMessageId, recovered, messages }: RoomJoined): void {
    const { roomName, position } = room;
    if (position === undefined) {
      room.position = { epoch, lastMessageId };
      this.#emitter.emit('joined', { roomName, epoch, lastMessageId });
    } else if (recovered && epoch === position.epoch) {
      for (const message of messages) this.#advance(room, message);
      this.#skipTo(room, lastMessageId);
      // A listener of a message may have left the room, or closed the client.
      if (!room.forgotten) this.#emitter.emit('recovered', { roomName, epoch, lastMessageId });
    } else {
      this.#beginAnew(room, epoch, lastMessageId);
    }
    for (const event of after(room.held.splice(0), epoch, lastMessageId)) this.#deliver(room, event);
  }

  /** Delivers now, or after the answer to the join that is awaited: that brings what comes before. */
  #inOrder(room: Room, event: RoomEvent): boolean {
    if (room.status === 'in' || room.status === 'leaving') this.#deliver(room, event);
    else if (room.held.length < heldMax) room.held.push(event);
    else return false;
    return true;
  }

  #deliver(room: Room, event: RoomEvent): void {
    if (event.kind === 'message') this.#advance(room, event.message);
    else this.#beginAnew(room, event.epoch, event.lastMessageId);
  }

  #advance(room: Room, message: ValueMap): void {
    const { position } = room;
    const { id, timestamp } = message;
    if (room.forgotten || position === undefined || typeof id !== 'number') return;
    if (id <= position.lastMessageId) {
      this.counters.duplicates += 1;
      return;
    }
    this.#skipTo(room, id - 1);
    const lastTimestamp = typeof timestamp === 'number' ? { lastTimestamp: timestamp } : {};
    room.position = { epoch: position.epoch, lastMessageId: id, ...lastTimestamp };
    this.#emitter.emit('roomMessage', room.roomName, message);
  }

  /** Ids up to this one should have been seen. That one was not is told, and does not stop what follows. */
  #skipTo(room: Room, id: number): void {
    const { position, roomName } = room;
    if (room.forgotten || position === undefined || id <= position.lastMessageId) return;
    room.position = { epoch: position.epoch, lastMessageId: id };
    this.counters.gaps += 1;
    this.#emitter.emit('error', new Error(`Gap in ${roomName}: ${position.lastMessageId + 1} to ${id} never came`));
  }

  #beginAnew(room: Room, epoch: string, lastMessageId: number): void {
    if (room.forgotten) return;
    room.position = { epoch, lastMessageId };
    this.#emitter.emit('roomReset', room.roomName, epoch, lastMessageId);
  }
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
