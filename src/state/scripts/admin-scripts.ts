/** The scripts of what only the service itself asks of users and rooms. The Lua files say why and what they reply. */
import { script } from '../script.ts';

const LOG = ['meta', 'channel', 'events'] as const;
const ROOM_LISTS = ['adminlist', 'whitelist', 'blacklist'] as const;
const USER_LISTS = ['whitelist', 'blacklist'] as const;

export const createUser = script('create-user', {
  uses: ['clock', 'format', 'log'],
  keys: ['meta', ...USER_LISTS],
  args: ['nonce', 'epoch', 'whitelistOnly'],
  rest: true,
});

export const deleteUser = script('delete-user', {
  uses: ['clock', 'format', 'bytes', 'log'],
  keys: [...LOG, 'history', 'sockets', 'synced', 'session', 'leaving', ...USER_LISTS, 'resume'],
  args: ['nonce'],
  whenFull: true,
});

export const userHasInList = script('user-has-in-list', {
  uses: [],
  keys: ['meta', ...USER_LISTS],
  args: ['listName', 'item'],
});

export const readDirectAccess = script('read-direct-access', {
  uses: ['direct'],
  keys: ['meta', ...USER_LISTS],
  args: ['user'],
});

export const disconnectUser = script('disconnect-user', {
  uses: ['clock', 'format', 'bytes', 'log'],
  keys: [...LOG, 'sockets'],
  args: ['nonce', 'reason'],
  whenFull: true,
});

export const readUser = script('read-user', {
  uses: [],
  keys: ['meta', ...USER_LISTS],
  args: [],
});

export const roomHasInList = script('room-has-in-list', {
  uses: ['format', 'log', 'access'],
  keys: ['meta', 'members', ...ROOM_LISTS],
  args: ['listName', 'item'],
});

export const resizeHistory = script('resize-history', {
  uses: ['format', 'log'],
  keys: ['meta', 'history'],
  args: ['size', 'pageMax'],
  whenFull: true,
});

export const setRoomFlag = script('set-room-flag', {
  uses: [],
  keys: ['meta', 'changes'],
  args: ['flag', 'enabled'],
});

export const inspectRoom = script('inspect-room', {
  uses: [],
  keys: ['meta', 'nodes', 'perNode', ...ROOM_LISTS],
  args: [],
});
