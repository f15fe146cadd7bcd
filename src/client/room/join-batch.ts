/** The `roomsJoin` of several rooms: as many as a frame can name, and what became of each. */
import type { Result } from '../../protocol/catalogue.ts';
import type { RoomJoined, RoomPosition } from '../../protocol/membership.ts';
import { utf8Length } from '../../protocol/names/form.ts';
import { toRequestError, type Outcome } from '../request-error.ts';
import type { Membership } from './membership.ts';

/** What a frame of `roomsJoin` has besides its positions, amply. */
const frameOverhead = 128;

/** The group is named once: the user may have moved the room to another one since. */
export function positionOf({ roomName, position, group }: Membership): RoomPosition {
  return position === undefined && group !== undefined ? { roomName, group } : { roomName, ...position };
}

/** As many rooms as a frame can name; one that must be alone, or is too much for any frame, goes by itself. */
export function batchOf(rooms: readonly Membership[], frameBytes: number): readonly Membership[] {
  const [first] = rooms;
  if (first === undefined || first.alone) return rooms.slice(0, 1);
  let bytes = frameOverhead;
  const end = rooms.findIndex((room) => {
    // MessagePack takes no more than JSON for these.
    bytes += utf8Length(JSON.stringify(positionOf(room))) + 1;
    return room.alone || bytes > frameBytes;
  });
  return rooms.slice(0, end < 0 ? rooms.length : Math.max(1, end));
}

/** What became of one room of a `roomsJoin`. */
export function entryOf(outcome: Outcome<Result<'roomsJoin'>>, index: number): Outcome<RoomJoined> {
  if (!outcome.ok) return outcome;
  const entry = outcome.value[index];
  if (entry !== undefined && !('error' in entry)) return { ok: true, value: entry };
  return { ok: false, error: toRequestError(entry?.error) };
}
