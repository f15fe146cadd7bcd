/** The scripts of a room: one per operation, each one step on the room's slot. The Lua files say why and what they reply. */
import { script } from '../script.ts';

const MEMBERS = ['members', 'names', 'perNode', 'nodes', 'seen'] as const;
const LISTS = ['adminlist', 'whitelist', 'blacklist'] as const;
const LOG = ['meta', 'channel', 'events'] as const;

export const createRoom = script('create-room', {
  uses: ['format', 'log'],
  keys: ['meta'],
  args: ['now', 'nonce', 'epoch', 'owner', 'whitelistOnly', 'userlistUpdates', 'accessListsUpdates', 'historyMax'],
});

export const deleteRoom = script('delete-room', {
  uses: ['format', 'log', 'access'],
  keys: [...LOG, ...MEMBERS, ...LISTS, 'history', 'dedup', 'gone'],
  args: ['now', 'nonce', 'user', 'frame', 'dedupMs'],
});

export const joinRoom = script('join-room', {
  uses: ['format', 'log', 'members', 'access', 'history'],
  keys: [...LOG, ...MEMBERS, ...LISTS, 'history', 'tomb'],
  args: [
    'now',
    'nonce',
    'user',
    'socket',
    'node',
    'full',
    'frame',
    'sinceEpoch',
    'sinceId',
    'sinceTimestamp',
    'pageMax',
  ],
});

export const leaveRoom = script('leave-room', {
  uses: ['format', 'log', 'members'],
  keys: [...LOG, ...MEMBERS],
  args: ['now', 'nonce', 'node'],
  rest: true,
});

export const postMessage = script('post-message', {
  uses: ['format'],
  keys: ['meta', 'channel', 'members', 'history', 'dedup'],
  args: ['fixed', 'user', 'head', 'clientMessageId'],
});

export const readHistory = script('read-history', {
  uses: ['format', 'log', 'access', 'history'],
  keys: ['meta', 'members', ...LISTS, 'history'],
  args: ['user', 'after', 'limit'],
});

export const readRoom = script('read-room', {
  uses: ['format', 'log', 'access', 'history'],
  keys: ['meta', 'members', ...LISTS, 'history'],
  args: ['user'],
});

export const readUserlist = script('read-userlist', {
  uses: ['access'],
  keys: ['meta', 'members', 'names', ...LISTS],
  args: ['user', 'after', 'limit'],
});

export const readSeen = script('read-seen', {
  uses: ['access'],
  keys: ['meta', 'members', 'seen', ...LISTS],
  args: ['user', 'subject'],
});

export const readNodeSockets = script('read-node-sockets', {
  uses: ['format', 'log'],
  keys: ['meta', 'perNode'],
  args: ['node'],
});

export const sweepRoom = script('sweep-room', {
  uses: [],
  keys: ['tomb', 'perNode'],
  args: ['node', 'tombMs', 'pageMax'],
});
