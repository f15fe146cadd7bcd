/**
 * The sockets that a node has in a room, as the room knows it. Where they are many they are read page by page: who is there
 * all the while is among them, and the position is that of the first page.
 */
import type { Position } from '../../log/event.ts';
import type { Commands } from '../../redis/commands.ts';
import type { RoomKeys } from '../../redis/keys.ts';
import * as scripts from './membership-scripts.ts';

/** Sockets that one script goes through, about. */
const PAGE_MAX = 1000;

/** Socket id → its user. */
export async function readNodeSockets(
  commands: Commands,
  { meta, perNode }: Pick<RoomKeys, 'meta' | 'perNode'>,
  node: string,
): Promise<{ at: Position; sockets: Map<string, string> } | 'gone'> {
  const sockets = new Map<string, string>();
  let first: Position | undefined;
  for (let cursor = '0'; ;) {
    const args = { node, cursor, pageMax: PAGE_MAX };
    const page = await commands.run(scripts.readNodeSockets, { meta, perNode }, args);
    if (page === 'gone') return 'gone';
    const { at } = page;
    // Another life of the room, or of its log: what was read is of one that is over.
    if (first !== undefined && first.epoch !== at.epoch) return readNodeSockets(commands, { meta, perNode }, node);
    first ??= at;
    for (const [socketId, userName] of page.sockets) sockets.set(socketId, userName);
    cursor = page.next;
    if (cursor === '0') return { at: first, sockets };
  }
}
