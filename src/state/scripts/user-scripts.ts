/** The scripts of a user: its sockets, the notices to them, its resume tokens. The Lua files say why and what they reply. */
import { script } from '../script.ts';

const LOG = ['meta', 'channel', 'events'] as const;

export const loginUser = script('login-user', {
  uses: ['format', 'log'],
  keys: [...LOG, 'sockets', 'tomb', 'resume'],
  args: ['now', 'nonce', 'epoch', 'socket', 'node', 'socketsMax', 'frame', 'hash', 'expiresAt', 'token'],
});

export const logoutUser = script('logout-user', {
  uses: ['format', 'log'],
  keys: [...LOG, 'sockets', 'rooms'],
  args: ['now', 'nonce', 'socket', 'frame'],
  rest: true,
});

export const noteRoom = script('note-room', {
  uses: ['format', 'log'],
  keys: [...LOG, 'sockets', 'rooms'],
  args: ['now', 'nonce', 'socket', 'except', 'roomName', 'joined', 'njoined', 'frame'],
});

export const notifyUser = script('notify-user', {
  uses: ['format', 'log'],
  keys: [...LOG, 'sockets', 'rooms'],
  args: ['now', 'nonce', 'subject', 'frame', 'roomName'],
  rest: true,
});

export const listSockets = script('list-sockets', { uses: [], keys: ['sockets', 'rooms'], args: [] });

export const sweepUser = script('sweep-user', { uses: [], keys: ['sockets', 'tomb'], args: ['node', 'tombMs'] });

export const removeResumeTokens = script('remove-resume-tokens', { uses: [], keys: ['resume'], args: ['family'] });
