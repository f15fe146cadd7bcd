/** The scripts of the log of a pair of users. The Lua files say why. */
import { bytes, done, events, number, optional, text, yes } from '../../redis/reply.ts';
import { scriptsBeside } from '../../redis/script.ts';
import { SEARCH, searched } from '../history/search.ts';

const script = scriptsBeside(import.meta.url);

const PAIR = ['meta', 'history', 'latest'] as const;

export const appendDirect = script('append-direct', {
  keys: [...PAIR, 'reactions', 'dedup'],
  args: ['epoch', 'author', 'dedupMs', 'repeatsMax', 'max', 'bytesMax', 'maxAgeMs', 'keptMs'],
  rest: true,
  writes: true,
  refuses: ['messageTooLarge', 'tooMany', 'noMessage'],
  // Zeros of a transient one. Of a repeat `first` is the event, where it is still kept.
  gives: { id: number, number, timestamp: number, life: text, repeated: yes, first: optional(bytes) },
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
  gives: { life: text, newest: number, messages: events },
});

export const markRead = script('mark-read', {
  keys: PAIR,
  args: ['author', 'upTo'],
  whenFull: true,
  refuses: ['noPair'],
  gives: { upToId: number, sentNumber: number, newest: number, readNumber: number },
});

export const markSent = script('mark-sent', {
  keys: PAIR,
  args: ['user', 'author', 'first', 'last', 'maxAgeMs'],
  whenFull: true,
  refuses: ['noPair'],
  gives: { upToId: number, sentId: number, sentNumber: number, newest: number },
});

export const leavePair = script('leave-pair', {
  keys: [...PAIR, 'rewritten'],
  args: ['user', 'peer'],
  whenFull: true,
  refuses: ['noPair'],
  gives: done,
});
