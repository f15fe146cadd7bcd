/** The rooms that a user has filed in its session, as lib/session.lua packs them. */
import { pairs, type Reply } from '../../redis/reply.ts';

/** A room in a session. */
export interface Filing {
  readonly roomName: string;
  /** Which room of that name. */
  readonly life: string;
  readonly group: string;
}

const LIFE_LENGTH = 16;

export const filedRooms = (reply: Reply | undefined): Filing[] =>
  pairs(reply).map(([roomName, packed]) => ({
    roomName,
    life: packed.slice(0, LIFE_LENGTH),
    group: packed.slice(LIFE_LENGTH + 1),
  }));
