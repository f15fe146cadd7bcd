/** The entries of a user's session, as lib/session.lua packs them. */
import { bytes, list, text, type Reply } from '../../redis/reply.ts';

/** A room in a session. */
export interface SessionEntry {
  readonly roomName: string;
  /** Which room of that name. */
  readonly life: string;
  readonly group: string;
  /** As it is packed: to be taken out only if nothing has changed. */
  readonly packed: Uint8Array;
}

const LIFE_LENGTH = 16;
const MODE_LENGTH = 1;
/** A zero byte, 16 of the epoch, 8 of the number; no group begins with one. */
const POINT_LENGTH = 25;

export function sessionEntries(reply: Reply | undefined): SessionEntry[] {
  const parts = list(reply);
  return Array.from({ length: parts.length / 2 }, (_, i) => entryOf(text(parts[2 * i]), parts[2 * i + 1]));
}

function entryOf(roomName: string, reply: Reply | undefined): SessionEntry {
  const packed = bytes(reply);
  const groupFrom = LIFE_LENGTH + MODE_LENGTH;
  const from = packed[groupFrom] === 0 ? groupFrom + POINT_LENGTH : groupFrom;
  return { roomName, life: packed.toString('latin1', 0, LIFE_LENGTH), group: packed.toString('utf8', from), packed };
}
