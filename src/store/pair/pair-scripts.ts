/** The scripts of the log of a pair of users. The Lua files say why. */
import { bytes, done, events, listOf, number, optional, pairs, text, yes } from '../../redis/reply.ts';
import { scriptsBeside } from '../../redis/script.ts';
import { SEARCH, searched } from '../history/search.ts';
import { dueChange } from './due-change.ts';

const script = scriptsBeside(import.meta.url);

const PAIR = ['meta', 'history', 'latest'] as const;
/** What changes of messages want besides. */
const CHANGES = ['rewritten', 'reactions', 'changesDue'] as const;

export const appendDirect = script('append-direct', {
  keys: [...PAIR, ...CHANGES, 'dedup'],
  args: ['epoch', 'author', 'dedupMs', 'repeatsMax', 'max', 'bytesMax', 'maxAgeMs', 'keptMs'],
  rest: true,
  writes: true,
  isHot: true,
  refuses: ['messageTooLarge', 'tooMany', 'noMessage'],
  // Zeros of a transient one. Of a repeat `first` is the event, where it is still kept. `isDue`: changes are to be told.
  gives: {
    id: number,
    number,
    timestamp: number,
    life: text,
    repeated: yes,
    asOf: number,
    isDue: yes,
    first: optional(bytes),
  },
  each: true,
});

export const readPair = script('read-pair', {
  keys: PAIR,
  args: ['user', 'peer', 'fromId', 'fromTime', 'forward', 'limit', 'bytesMax', 'maxAgeMs'],
  refuses: ['noPair'],
  gives: { messages: events, sentOwn: number, readOwn: number, sentPeer: number, readPeer: number },
});

export const searchPair = script('search-pair', {
  keys: PAIR,
  args: ['user', 'peer', ...SEARCH],
  refuses: ['noPair', 'otherLog'],
  gives: { ...searched, sentOwn: number, readOwn: number, sentPeer: number, readPeer: number },
});

export const readUnsent = script('read-unsent', {
  keys: PAIR,
  args: ['user', 'author', 'after', 'limit', 'bytesMax', 'maxAgeMs'],
  refuses: ['noPair'],
  gives: { life: text, newest: number, asOf: number, messages: events },
});

export const markRead = script('mark-read', {
  keys: PAIR,
  args: ['author', 'upTo'],
  whenFull: true,
  isHot: true,
  refuses: ['noPair'],
  gives: { upToId: number, sentNumber: number, newest: number, readNumber: number },
});

export const markSent = script('mark-sent', {
  keys: PAIR,
  args: ['user', 'author', 'first', 'last', 'maxAgeMs'],
  whenFull: true,
  isHot: true,
  refuses: ['noPair'],
  gives: { upToId: number, sentId: number, sentNumber: number, newest: number },
});

export const leavePair = script('leave-pair', {
  keys: [...PAIR, ...CHANGES],
  args: ['user', 'peer'],
  whenFull: true,
  refuses: ['noPair'],
  gives: done,
});

export const readKept = script('read-kept', {
  keys: PAIR,
  rest: true,
  refuses: ['noPair'],
  gives: listOf(optional(bytes)),
});

export const changeDirect = script('change-direct', {
  keys: [...PAIR, ...CHANGES],
  args: ['author', 'peer', 'trusted', 'editWindowMs', 'sizeMax', 'max', 'bytesMax', 'maxAgeMs'],
  rest: true,
  isHot: true,
  refuses: ['noMessage', 'notAllowed', 'tooLate', 'noText', 'isDone', 'messageTooLarge', 'tooManyReactions'],
  gives: {
    version: number,
    timestamp: number,
    /** Bytes of its text. */
    length: number,
    counts: bytes,
    conflict: text,
    life: text,
    /** Others before it are to be told. */
    isBehind: yes,
    /** Nothing where nothing has changed. */
    due: optional(dueChange),
  },
  each: true,
});

export const settleChanges = script('settle-changes', {
  keys: [...PAIR, 'reactions', 'changesDue'],
  args: ['user', 'peer', 'limit', 'bytesMax'],
  rest: true,
  whenFull: true,
  isHot: true,
  refuses: ['noPair'],
  gives: { life: text, isDirty: yes, due: listOf(dueChange) },
});

export const readReactions = script('read-direct-reactions', {
  keys: [...PAIR, 'reactions'],
  args: ['user', 'id', 'maxAgeMs'],
  refuses: ['noPair', 'noMessage'],
  // Names, each with a key.
  gives: pairs,
});
