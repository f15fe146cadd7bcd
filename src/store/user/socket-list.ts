/**
 * A user's sockets on all nodes, and the rooms that each is in. The sockets are those of one moment; their rooms are read
 * afterwards, a few sockets at a time: a user with many sockets in many rooms is no single step.
 */
import type { Commands } from '../../redis/commands.ts';
import type { UserKeys } from '../../redis/keys.ts';
import { pairs } from '../../redis/reply.ts';
import { readSocketRooms } from './user-scripts.ts';

export interface UserSocket {
  readonly socketId: string;
  readonly nodeId: string;
  readonly rooms: readonly string[];
}

/** Sockets whose rooms one script reads; each may be in as many as PARLEY_ROOMS_PER_SOCKET says. */
const SOCKETS_PER_CALL = 8;

/** Socket id → the node that it is on. */
export async function readSockets(commands: Commands, { sockets }: UserKeys): Promise<Map<string, string>> {
  return new Map(pairs(await commands.plain('hgetall', sockets)));
}

/** The same with their rooms, in pages. */
export async function* readSocketPages(commands: Commands, keys: UserKeys): AsyncGenerator<readonly UserSocket[]> {
  const sockets = [...(await readSockets(commands, keys))];
  for (let at = 0; at < sockets.length; at += SOCKETS_PER_CALL) {
    const page = sockets.slice(at, at + SOCKETS_PER_CALL);
    const ids = page.map(([socketId]) => socketId);
    const rooms = await commands.run(readSocketRooms, { rooms: keys.rooms }, {}, ids);
    yield page.map(([socketId, nodeId], i) => ({ socketId, nodeId, rooms: rooms[i] ?? [] }));
  }
}
