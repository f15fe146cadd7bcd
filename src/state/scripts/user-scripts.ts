/** The scripts of a user: its sockets, the notices to them, its session, its resume tokens. The Lua files say why and what they reply. */
import { script } from '../script.ts';

const LOG = ['meta', 'channel', 'events'] as const;
/** What a user may leave behind on purpose, besides its session. */
const KEPT = ['whitelist', 'blacklist'] as const;
/** What lib/session.lua wants. */
const SESSION = ['synced', 'session'] as const;
const SESSION_LIBRARIES = ['format', 'bytes', 'log', 'frame', 'session'] as const;

export const loginUser = script('login-user', {
  uses: ['clock', 'format', 'bytes', 'log'],
  keys: [...LOG, 'sockets', 'tomb', 'resume', ...SESSION, ...KEPT],
  args: [
    'nonce',
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
});

export const logoutUser = script('logout-user', {
  uses: ['clock', 'format', 'bytes', 'log'],
  keys: [...LOG, 'sockets', ...SESSION, 'rooms', ...KEPT, 'leaving', 'owned'],
  args: ['nonce', 'socket', 'frame', 'keptMs', 'anonymous'],
  rest: true,
  whenFull: true,
});

export const noteRoom = script('note-room', {
  uses: ['clock', 'format', 'bytes', 'log', 'notes'],
  keys: [...LOG, 'sockets', 'rooms'],
  args: ['nonce', 'socket', 'except', 'roomName', 'joined', 'njoined', 'frame'],
  whenFull: true,
});

export const notifyUser = script('notify-user', {
  uses: ['clock', 'format', 'bytes', 'log'],
  keys: [...LOG, 'sockets'],
  args: ['nonce', 'subject', 'frame'],
});

export const loseRoom = script('lose-room', {
  uses: ['clock', ...SESSION_LIBRARIES],
  keys: [...LOG, 'sockets', 'rooms', ...SESSION],
  args: ['nonce', 'subject', 'frame', 'roomName', 'life', 'openHead', 'privateHead'],
  rest: true,
  whenFull: true,
});

export const fileRoom = script('file-room', {
  uses: ['clock', ...SESSION_LIBRARIES, 'notes', 'leaving'],
  keys: [...LOG, 'sockets', 'rooms', ...SESSION, 'leaving'],
  args: [
    'nonce',
    'socket',
    'node',
    'except',
    'roomName',
    'roomEpoch',
    'roomSeq',
    'njoined',
    'frame',
    'life',
    'mode',
    'group',
    'fallback',
    'roomsMax',
    'joinHead',
    'openHead',
    'privateHead',
  ],
});

export const readSession = script('read-session', {
  uses: ['format', 'log'],
  keys: ['meta', 'session'],
  args: [],
});

export const unfileRooms = script('unfile-rooms', {
  uses: ['clock', ...SESSION_LIBRARIES],
  keys: [...LOG, ...SESSION],
  args: ['nonce', 'except'],
  rest: true,
  whenFull: true,
});

export const beginLeave = script('begin-leave', {
  uses: ['clock', ...SESSION_LIBRARIES],
  keys: [...LOG, 'sockets', 'tomb', ...SESSION, 'leaving'],
  args: ['nonce', 'socket', 'node', 'except', 'roomName', 'leavesMax', 'openHead', 'privateHead'],
  whenFull: true,
});

export const finishLeave = script('finish-leave', {
  uses: ['clock', 'format', 'bytes', 'log', 'notes'],
  keys: [...LOG, 'sockets', 'rooms', 'leaving'],
  args: ['nonce', 'field', 'socket', 'except', 'roomName'],
  rest: true,
  whenFull: true,
});

export const readSocketRooms = script('read-socket-rooms', { uses: [], keys: ['rooms'], args: [], rest: true });

export const sweepUser = script('sweep-user', {
  uses: [],
  keys: ['sockets', 'tomb'],
  args: ['node', 'tombMs'],
  whenFull: true,
});

export const removeResumeTokens = script('remove-resume-tokens', {
  uses: [],
  keys: ['resume'],
  args: ['family', 'device'],
  whenFull: true,
});
