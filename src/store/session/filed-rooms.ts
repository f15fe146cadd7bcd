/** The rooms that a user has filed in its session, as lib/session.lua packs them. */
import { bytes, list, text, type Reply } from '../../redis/reply.ts';

/** A room in a session. */
export interface Filing {
  readonly roomName: string;
  /** Which room of that name. */
  readonly life: string;
  readonly group: string;
  /** As it is packed: to be taken out only if nothing has changed. */
  readonly entry: Uint8Array;
}

const LIFE_LENGTH = 16;
const MODE_LENGTH = 1;
/** A zero byte, 16 of the epoch, 8 of the number; no group begins with one. */
const POINT_LENGTH = 25;

export function filedRooms(reply: Reply | undefined): Filing[] {
  const parts = list(reply);
  return Array.from({ length: parts.length / 2 }, (_, i) => filingOf(text(parts[2 * i]), parts[2 * i + 1]));
}

function filingOf(roomName: string, packed: Reply | undefined): Filing {
  const entry = bytes(packed);
  const groupFrom = LIFE_LENGTH + MODE_LENGTH;
  const from = entry[groupFrom] === 0 ? groupFrom + POINT_LENGTH : groupFrom;
  return { roomName, life: entry.toString('latin1', 0, LIFE_LENGTH), group: entry.toString('utf8', from), entry };
}
