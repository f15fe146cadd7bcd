/** The scripts of a user: its sockets, the notices to them, its resume tokens. The Lua files say why. */
import { done, listOf, nothing, number, optional, position, text, yes } from '../../redis/reply.ts';
import { scriptsBeside } from '../../redis/script.ts';
import { sessionEntries } from '../session/session-entries.ts';
import { LOG, SESSION, USER_LISTS } from '../key-names.ts';

const script = scriptsBeside(import.meta.url);

export const loginUser = script('login-user', {
  keys: [...LOG, 'sockets', 'tomb', 'resume', ...SESSION, ...USER_LISTS],
  args: [
    'epoch',
    'socket',
    'node',
    'socketsMax',
    'frame',
    'hash',
    'expiresAt',
    'token',
    'tokenNow',
    'shown',
    'syncing',
  ],
  rest: true,
  writes: true,
  refuses: ['lost', 'void'],
  // No position: the user is full, `homes` are the nodes of the sockets that count.
  gives: { at: optional(position), nconnected: number, entries: sessionEntries, homes: listOf(text) },
});

export const logoutUser = script('logout-user', {
  keys: [...LOG, 'sockets', ...SESSION, 'rooms', ...USER_LISTS, 'leaving', 'owned'],
  args: ['socket', 'frame', 'keptMs', 'anonymous'],
  rest: true,
  writes: true,
  whenFull: true,
  refuses: ['gone'],
  gives: { nconnected: number, changed: yes },
});

export const echoUser = script('echo-user', {
  keys: [...LOG, 'sockets'],
  args: ['except', 'count', 'frame'],
  writes: true,
  whenFull: true,
  refuses: ['gone'],
  gives: nothing,
});

export const notifyUser = script('notify-user', {
  keys: [...LOG, 'sockets'],
  args: ['except', 'frame'],
  writes: true,
  refuses: ['gone'],
  gives: nothing,
});

export const loseRoom = script('lose-room', {
  keys: [...LOG, 'sockets', ...SESSION],
  args: ['who', 'frame', 'roomName', 'roomEpoch', 'roomSeq', 'life', 'openPrefix', 'privatePrefix'],
  writes: true,
  whenFull: true,
  refuses: ['gone'],
  gives: position,
});

export const sweepUser = script('sweep-user', {
  keys: ['sockets', 'tomb'],
  args: ['node', 'tombMs'],
  whenFull: true,
  gives: listOf(text),
});

export const removeResumeTokens = script('remove-resume-tokens', {
  keys: ['resume'],
  args: ['family', 'device'],
  whenFull: true,
  gives: nothing,
});

export const createUser = script('create-user', {
  keys: ['meta', ...USER_LISTS],
  args: ['epoch', 'whitelistOnly'],
  rest: true,
  writes: true,
  refuses: ['userExists'],
  gives: done,
});

export const deleteUser = script('delete-user', {
  keys: [...LOG, 'history', 'sockets', ...SESSION, 'leaving', ...USER_LISTS, 'resume'],
  writes: true,
  whenFull: true,
  refuses: ['noUser', 'userOnline'],
  gives: done,
});

export const disconnectUser = script('disconnect-user', {
  keys: [...LOG, 'sockets'],
  args: ['reason'],
  writes: true,
  whenFull: true,
  refuses: ['noUser'],
  gives: number,
});

export const readUser = script('read-user', {
  keys: ['meta', 'sockets', ...USER_LISTS],
  refuses: ['noUser'],
  gives: { socketsCount: number, whitelistOnly: yes, whitelistSize: number, blacklistSize: number },
});
