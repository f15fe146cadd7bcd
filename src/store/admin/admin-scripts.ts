/** The scripts of what only the service itself asks of rooms. The Lua files say why. */
import { done, list, number, text, yes, type Reply } from '../../redis/reply.ts';
import { scriptsBeside } from '../../redis/script.ts';

const script = scriptsBeside(import.meta.url);

const LISTS = ['adminlist', 'whitelist', 'blacklist'] as const;

export const roomHasInList = script('../access/room-has-in-list', {
  keys: ['meta', 'members', ...LISTS],
  args: ['listName', 'item'],
  refuses: ['noRoom', 'noList'],
  gives: yes,
});

/** Gives how many messages too many are left. */
export const resizeHistory = script('../room/resize-history', {
  keys: ['meta', 'history'],
  args: ['size', 'pageMax'],
  whenFull: true,
  refuses: ['noRoom'],
  gives: number,
});

export const setRoomFlag = script('../room/set-room-flag', {
  keys: ['meta', 'changes'],
  args: ['flag', 'enabled'],
  refuses: ['noRoom'],
  gives: done,
});

export const inspectRoom = script('../room/inspect-room', {
  keys: ['meta', 'nodes', 'perNode', ...LISTS],
  refuses: ['noRoom'],
  gives: { adminlistSize: number, whitelistSize: number, blacklistSize: number, nodes: socketCounts },
});

function socketCounts(reply: Reply | undefined): { nodeId: string; sockets: number }[] {
  const flat = list(reply);
  const nodes: { nodeId: string; sockets: number }[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) nodes.push({ nodeId: text(flat[i]), sockets: number(flat[i + 1]) });
  return nodes;
}
