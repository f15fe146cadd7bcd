/** The scripts of a user's session. The Lua files say why. */
import { nothing, pairs, position, yes } from '../../redis/reply.ts';
import { scriptsBeside } from '../../redis/script.ts';
import { entries } from './entries.ts';

const script = scriptsBeside(import.meta.url);

const LOG = ['meta', 'channel', 'events'] as const;
/** What lib/session.lua wants. */
const SESSION = ['synced', 'session'] as const;

export const fileRoom = script('file-room', {
  keys: [...LOG, 'sockets', 'rooms', ...SESSION, 'leaving'],
  args: [
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
  writes: true,
  // `full`: as many rooms are filed as may be, and nothing was done.
  refuses: ['gone', 'full'],
  gives: { at: position, isNew: yes },
});

export const readSession = script('read-session', {
  keys: ['meta', 'session'],
  refuses: ['gone'],
  gives: { at: position, filed: entries },
});

export const unfileRooms = script('unfile-rooms', {
  keys: [...LOG, ...SESSION],
  args: ['except'],
  rest: true,
  writes: true,
  whenFull: true,
  refuses: ['gone'],
  gives: nothing,
});

export const beginLeave = script('begin-leave', {
  keys: [...LOG, 'sockets', 'tomb', ...SESSION, 'leaving'],
  args: ['socket', 'node', 'except', 'roomName', 'leavesMax', 'openHead', 'privateHead'],
  writes: true,
  whenFull: true,
  // `lost`: the node was swept here. `full`: too many leaves are unfinished.
  refuses: ['gone', 'lost', 'full'],
  // Those who take part, the one that asks among them, each with its node.
  gives: { at: position, sockets: pairs },
});

export const finishLeave = script('finish-leave', {
  keys: [...LOG, 'sockets', 'rooms', 'leaving'],
  args: ['field', 'socket', 'except', 'roomName'],
  rest: true,
  writes: true,
  whenFull: true,
  refuses: ['gone'],
  gives: position,
});
