/** The scripts of messages from user to user, each one step on the receiver's slot. The Lua files say why. */
import { bytes, done, number, optional, yes } from '../../redis/reply.ts';
import { scriptsBeside } from '../../redis/script.ts';
import { listPage } from '../access/list-page.ts';

const script = scriptsBeside(import.meta.url);

const LISTS = ['whitelist', 'blacklist'] as const;

export const sendDirect = script('send-direct', {
  keys: ['meta', 'channel', 'events', 'sockets', ...LISTS, 'dedup'],
  args: ['user', 'toSelf', 'frame', 'transient', 'author', 'repeatKey', 'dedupMs', 'repeatsMax', 'repeatBytesMax'],
  writes: true,
  refuses: ['noUser', 'notAllowed', 'noUserOnline', 'messageTooLarge', 'tooMany'],
  // Of a repeat `first` is what was sent; empty where that was transient.
  gives: { timestamp: number, first: optional(bytes) },
});

export const editDirectList = script('edit-direct-list', {
  keys: ['meta', 'list'],
  args: ['adding', 'limit'],
  rest: true,
  refuses: ['gone', 'listLimitExceeded'],
  gives: done,
});

export const readDirectList = script('read-direct-list', {
  keys: ['meta', 'list'],
  args: ['cursor', 'limit'],
  refuses: ['gone'],
  gives: listPage,
});

export const setDirectMode = script('set-direct-mode', {
  keys: ['meta'],
  args: ['mode'],
  refuses: ['gone'],
  gives: done,
});

export const readDirectMode = script('read-direct-mode', { keys: ['meta'], refuses: ['gone'], gives: yes });

export const userHasInList = script('user-has-in-list', {
  keys: ['meta', ...LISTS],
  args: ['listName', 'item'],
  refuses: ['noUser', 'noList'],
  gives: yes,
});

export const readDirectAccess = script('read-direct-access', {
  keys: ['meta', ...LISTS],
  args: ['user'],
  refuses: ['noUser'],
  gives: yes,
});
