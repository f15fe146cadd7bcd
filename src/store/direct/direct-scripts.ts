/** The scripts of messages from user to user, each on the slot of one of them. The Lua files say why. */
import { bytes, done, nothing, number, optional, pairs, yes } from '../../redis/reply.ts';
import { UserKeys } from '../../redis/keys/topic-keys.ts';
import { scriptsBeside } from '../../redis/script.ts';
import { listPage } from '../access/list-page.ts';
import { INBOX, PEERS, USER_LISTS } from '../key-names.ts';
import { RIGHTS } from '../rights.ts';

const script = scriptsBeside(import.meta.url);

/** What is live goes by this one alone. */
export const sendDirect = script('send-direct', {
  of: UserKeys,
  keys: [...INBOX, ...USER_LISTS, 'dedup'],
  args: [
    ...RIGHTS,
    'toSelf',
    'frame',
    'transient',
    'evenAway',
    'author',
    'repeatKey',
    'dedupMs',
    'repeatsMax',
    'repeatBytesMax',
    'maxAgeMs',
  ],
  writes: true,
  isHot: true,
  refuses: ['noUser', 'notAllowed', 'noUserOnline', 'messageTooLarge', 'tooMany'],
  // Of a repeat `first` is what was sent, its timestamp in it; empty where that was transient.
  gives: { timestamp: number, first: optional(bytes) },
});

export const admitDirect = script('admit-direct', {
  keys: ['meta', 'history', ...USER_LISTS, ...PEERS],
  args: [...RIGHTS, 'toSelf', 'author', 'noting', 'anonymous'],
  refuses: ['noUser', 'notAllowed'],
  gives: done,
});

export const deliverDirect = script('deliver-direct', {
  of: UserKeys,
  keys: [...INBOX, ...USER_LISTS, ...PEERS],
  args: [...RIGHTS, 'author', 'life', 'after', 'asOf', 'seen', 'ending', 'anonymous', 'maxAgeMs'],
  rest: true,
  writes: true,
  isHot: true,
  refuses: ['noUser'],
  gives: {
    isBehind: yes,
    deliveredNumber: number,
    deliveredId: number,
    told: number,
    underWay: number,
    stale: optional(bytes),
  },
});

export const echoDirect = script('echo-direct', {
  of: UserKeys,
  keys: [...INBOX, ...PEERS],
  args: ['peer', 'life', 'asOf', 'seen', 'anonymous', 'maxAgeMs'],
  rest: true,
  writes: true,
  isHot: true,
  refuses: ['gone'],
  gives: { stale: optional(bytes) },
});

/** `seq`: of the user's log, behind what was told. What is in the log of the two is told, whatever memory is left: a recall is. */
export const tellChanges = script('tell-changes', {
  of: UserKeys,
  keys: [...INBOX, ...USER_LISTS, ...PEERS],
  args: ['peer', 'life', 'directHead', 'echoHead', 'changedHead', 'anonymous', 'maxAgeMs'],
  rest: true,
  writes: true,
  whenFull: true,
  isHot: true,
  refuses: ['noUser'],
  gives: { seq: number, told: number },
});

/** It may be of a recall, and is taken away again. */
export const noteChanging = script('note-changing', {
  keys: ['meta', 'history', ...PEERS],
  args: ['note', 'anonymous'],
  whenFull: true,
  refuses: ['gone'],
  gives: done,
});

export const settleDirect = script('settle-direct', {
  of: UserKeys,
  keys: [...INBOX, ...PEERS],
  args: ['except', 'frame', 'peer', 'number', 'newest', 'readNumber'],
  writes: true,
  isHot: true,
  refuses: ['gone'],
  gives: nothing,
});

/** Names, each with the time noted of it. */
export const nextPeers = script('next-peers', {
  keys: PEERS,
  args: ['limit'],
  rest: true,
  whenFull: true,
  gives: pairs,
});

export const editDirectList = script('edit-direct-list', {
  keys: ['meta', 'history', 'list'],
  args: ['anonymous', 'adding', 'limit'],
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
  keys: ['meta', 'history'],
  args: ['anonymous', 'mode'],
  refuses: ['gone'],
  gives: done,
});

export const readDirectMode = script('read-direct-mode', { keys: ['meta'], refuses: ['gone'], gives: yes });

export const userHasInList = script('user-has-in-list', {
  keys: ['meta', ...USER_LISTS],
  args: ['listName', 'item'],
  refuses: ['noUser', 'noList'],
  gives: yes,
});

export const readDirectAccess = script('read-direct-access', {
  keys: ['meta', ...USER_LISTS],
  args: ['user'],
  refuses: ['noUser'],
  gives: yes,
});
