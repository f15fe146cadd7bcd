/**
 * A user's sockets on all nodes, and the rooms that each is in. Which there are Redis knows; what each has joined only its own
 * node does, and is asked: a node that does not answer in time is left out with its sockets, and so is a socket that has gone
 * meanwhile.
 */
import type { UserStore } from '../../store/user/user-store.ts';

export interface UserSocket {
  readonly socketId: string;
  readonly nodeId: string;
  readonly rooms: readonly string[];
}

/** Where the rooms of sockets are known. */
export interface SocketRoomsSource {
  /** Socket → its rooms, of those that a node has; undefined where it does not answer. Rejects where Redis cannot be asked. */
  roomsOf(
    nodeId: string,
    userName: string,
    socketIds: readonly string[],
  ): Promise<ReadonlyMap<string, readonly string[]> | undefined>;
}

export interface SocketListDeps {
  readonly users: Pick<UserStore, 'readSockets'>;
  readonly socketRooms: SocketRoomsSource;
}

/** Sockets that a node is asked about at once; each may be in as many rooms as PARLEY_ROOMS_PER_SOCKET says. */
const SOCKETS_PER_QUESTION = 8;

/** In pages, the nodes side by side. */
export async function* socketPages(
  { users, socketRooms }: SocketListDeps,
  userName: string,
): AsyncGenerator<readonly UserSocket[]> {
  const byNode = new Map<string, string[]>();
  for (const [socketId, nodeId] of await users.readSockets(userName)) {
    byNode.set(nodeId, [...(byNode.get(nodeId) ?? []), socketId]);
  }
  const silent = new Set<string>();
  const longest = Math.max(0, ...[...byNode.values()].map((socketIds) => socketIds.length));
  for (let from = 0; from < longest; from += SOCKETS_PER_QUESTION) {
    const pages = [...byNode].map(async ([nodeId, socketIds]): Promise<UserSocket[]> => {
      const asked = socketIds.slice(from, from + SOCKETS_PER_QUESTION);
      if (asked.length === 0 || silent.has(nodeId)) return [];
      const found = await socketRooms.roomsOf(nodeId, userName, asked);
      if (found === undefined) silent.add(nodeId);
      return [...(found ?? [])].map(([socketId, rooms]) => ({ socketId, nodeId, rooms }));
    });
    yield (await Promise.all(pages)).flat();
  }
}
