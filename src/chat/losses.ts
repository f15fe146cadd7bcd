/**
 * Telling users who lost a room, by its deletion or by a change of its rules. The room's script has taken them out and
 * told the nodes with sockets of theirs in it; their other sockets, and their sessions, hear of it from here.
 */
import type { Position } from '../bus/event.ts';
import { notificationFrame } from '../protocol/frame.ts';
import type { FormerMember, Life, RoomState } from '../state/room-state.ts';
import type { UserState } from '../state/user-state.ts';
import { leaveHeads } from './leave-heads.ts';

export interface LossesParts {
  readonly rooms: Pick<RoomState, 'takeFormer'>;
  readonly users: Pick<UserState, 'notifyRoomLost'>;
}

/** Users told at the same time. */
const CONCURRENCY = 64;

export class Losses {
  readonly #parts: LossesParts;

  constructor(parts: LossesParts) {
    this.#parts = parts;
  }

  /** Tells everybody concerned of a room that is deleted. May be repeated until it resolves. */
  async tellFormer(roomName: string, life: Life, told?: (userName: string, at: Position) => void): Promise<void> {
    for await (const page of this.#parts.rooms.takeFormer(roomName, life)) await this.tell(roomName, life, page, told);
  }

  /** Tells users. Those without sockets in the room have only had it in their session. */
  async tell(
    roomName: string,
    life: Life,
    former: readonly FormerMember[],
    told?: (userName: string, at: Position) => void,
  ): Promise<void> {
    const frame = notificationFrame('roomAccessRemoved', [roomName]);
    const heads = leaveHeads(roomName);
    const next = former.values();
    const work = async (): Promise<void> => {
      for (const { userName, socketIds, nodeIds } of next) {
        const isMember = socketIds.length > 0;
        const lost = { roomName, life, frame: isMember ? frame : undefined, socketIds, nodeIds, ...heads };
        const at = await this.#parts.users.notifyRoomLost(userName, lost);
        if (at !== undefined) told?.(userName, at);
      }
    };
    await Promise.all(Array.from({ length: Math.min(CONCURRENCY, former.length) }, work));
  }
}
