/** The scripts of a room: one per operation, each one step on the room's slot. The Lua files say why and what they reply. */
import { script } from '../script.ts';

const MEMBERS = ['members', 'names', 'perNode', 'nodes', 'seen', 'left'] as const;
const LISTS = ['adminlist', 'whitelist', 'blacklist'] as const;
const LOG = ['meta', 'channel', 'events'] as const;
const LEAVING = ['format', 'bytes', 'log', 'members', 'frame', 'userlist'] as const;
const EVICTING = [...LEAVING, 'access', 'evict'] as const;

export const createRoom = script('create-room', {
  uses: ['clock', 'format', 'log'],
  keys: ['meta', ...LISTS],
  args: ['nonce', 'epoch', 'owner', 'whitelistOnly', 'userlistUpdates', 'accessListsUpdates', 'historyMax', 'granted'],
  rest: true,
});

export const deleteRoom = script('delete-room', {
  uses: ['clock', 'format', 'bytes', 'log', 'access'],
  keys: [...LOG, ...MEMBERS, ...LISTS, 'changes', 'filed', 'history', 'dedup', 'gone', 'goneMembers', 'goneFiled'],
  args: ['nonce', 'user', 'node', 'frame', 'dedupMs'],
  whenFull: true,
});

export const joinRoom = script('join-room', {
  uses: ['clock', ...LEAVING, 'access', 'history'],
  keys: [...LOG, ...MEMBERS, ...LISTS, 'changes', 'filed', 'history', 'tomb'],
  args: [
    'nonce',
    'large',
    'user',
    'socket',
    'node',
    'verdict',
    'filing',
    'frame',
    'sinceEpoch',
    'sinceId',
    'sinceTimestamp',
    'pageMax',
    'bytesMax',
  ],
});

export const leaveRoom = script('leave-room', {
  uses: ['clock', ...LEAVING],
  keys: [...LOG, ...MEMBERS, 'changes', 'filed'],
  args: ['nonce', 'large', 'node'],
  rest: true,
  whenFull: true,
});

export const editList = script('edit-list', {
  uses: ['clock', ...EVICTING, 'lists', 'grant', 'usage'],
  keys: [...LOG, ...MEMBERS, ...LISTS, 'changes', 'filed'],
  args: ['nonce', 'large', 'user', 'listName', 'adding', 'limit', 'badName', 'frame', 'leftHead'],
  rest: true,
});

export const setMode = script('set-mode', {
  uses: ['clock', ...EVICTING],
  keys: [...LOG, ...MEMBERS, ...LISTS, 'changes', 'filed'],
  args: ['nonce', 'large', 'user', 'mode', 'frame', 'leftHead'],
});

export const changeOwner = script('change-owner', {
  uses: ['clock', ...EVICTING, 'grant', 'usage'],
  keys: [...LOG, ...MEMBERS, ...LISTS, 'changes', 'filed'],
  args: ['nonce', 'large', 'owner', 'leftHead'],
});

export const purgeRoom = script('purge-room', {
  uses: ['clock', ...EVICTING],
  keys: [...LOG, ...MEMBERS, ...LISTS, 'changes', 'filed'],
  args: ['nonce', 'large', 'node', 'cursor', 'clean', 'pageMax', 'leftHead'],
  whenFull: true,
});

export const flushChanges = script('flush-changes', {
  uses: ['clock', 'format', 'bytes', 'log', 'frame'],
  keys: [...LOG, 'members', 'changes'],
  args: ['nonce', 'head', 'leftKey', 'countKey', 'pageMax', 'pauseMs'],
  whenFull: true,
});

export const postMessage = script('post-message', {
  uses: ['clock', 'format', 'bytes', 'history-bytes'],
  keys: ['meta', 'channel', 'members', 'history', 'dedup'],
  args: ['fixed', 'user', 'head', 'repeatKey'],
});

export const readHistory = script('read-history', {
  uses: ['format', 'log', 'access', 'history'],
  keys: ['meta', 'members', ...LISTS, 'history'],
  args: ['user', 'after', 'limit', 'bytesMax'],
});

export const readRoom = script('read-room', {
  uses: ['format', 'log', 'access', 'history'],
  keys: ['meta', 'members', ...LISTS, 'history'],
  args: ['user'],
});

export const readList = script('read-list', {
  uses: ['format', 'log', 'access', 'seen', 'pages'],
  keys: ['meta', 'members', 'names', 'changes', ...LISTS],
  args: ['user', 'listName', 'cursor', 'limit'],
  whenFull: true,
});

export const readAccess = script('read-access', {
  uses: ['format', 'log', 'members', 'access'],
  keys: ['meta', ...MEMBERS, ...LISTS],
  args: ['user'],
});

export const readSeen = script('read-seen', {
  uses: ['format', 'log', 'access'],
  keys: ['meta', 'members', 'seen', 'left', ...LISTS],
  args: ['user', 'subject'],
});

export const readNodeSockets = script('read-node-sockets', {
  uses: ['format', 'log'],
  keys: ['meta', 'perNode'],
  args: ['node', 'cursor', 'pageMax'],
});

export const sweepRoom = script('sweep-room', {
  uses: [],
  keys: ['tomb', 'perNode'],
  args: ['node', 'tombMs', 'pageMax'],
  whenFull: true,
});
