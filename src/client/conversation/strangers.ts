/**
 * Rooms in which something happens and which are not in the list: they may be behind what was loaded of it, and so at its beginning
 * now, or none of it at all, which is known of those only that would have been there.
 */
import type { RoomListPage } from '../../protocol/conversation.ts';
import type { Room } from '../room/room.ts';

/** Rooms that are remembered so. */
const strangersMax = 1_000;

export class Strangers {
  readonly #known = new Set<string>();
  readonly #stirring = new Set<Room>();

  /** Returns whether the beginning of the list may have it. */
  stirs(room: Room): boolean {
    if (this.#known.has(room.name)) return false;
    this.#stirring.add(room);
    return true;
  }

  /** The beginning is about to be read; what this gives is called with what it shows. */
  look(): (page: RoomListPage, names: ReadonlySet<string>) => void {
    const stirred = [...this.#stirring].map((room) => [room, room.lastMessage?.timestamp ?? 0] as const);
    return ({ rooms, cursor }, names) => {
      const oldest = cursor === null ? -1 : (rooms.at(-1)?.lastActivity ?? 0);
      for (const [room, activity] of stirred) {
        this.#stirring.delete(room);
        if (!names.has(room.name) && activity > oldest) this.add(room.name);
      }
    };
  }

  /** It is none of the list. */
  add(roomName: string): void {
    if (this.#known.size < strangersMax) this.#known.add(roomName);
  }

  delete(roomName: string): void {
    this.#known.delete(roomName);
  }

  /** The list begins anew. */
  clear(): void {
    this.#known.clear();
    this.#stirring.clear();
  }
}
