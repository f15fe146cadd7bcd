/** The scripts of messages from user to user, each one step on the receiver's slot. The Lua files say why and what they reply. */
import { script } from '../script.ts';

export const sendDirect = script('send-direct', {
  uses: ['clock', 'format', 'bytes', 'log', 'direct'],
  keys: ['meta', 'channel', 'events', 'sockets', 'whitelist', 'blacklist', 'dedup'],
  args: [
    'nonce',
    'user',
    'toSelf',
    'frame',
    'transient',
    'author',
    'repeatKey',
    'dedupMs',
    'repeatsMax',
    'repeatBytesMax',
  ],
});

export const editDirectList = script('edit-direct-list', {
  uses: ['lists'],
  keys: ['meta', 'list'],
  args: ['adding', 'limit'],
  rest: true,
});

export const readDirectList = script('read-direct-list', {
  uses: ['format', 'log', 'pages'],
  keys: ['meta', 'list'],
  args: ['cursor', 'limit'],
});

export const setDirectMode = script('set-direct-mode', { uses: [], keys: ['meta'], args: ['mode'] });

export const readDirectMode = script('read-direct-mode', { uses: [], keys: ['meta'], args: [] });
