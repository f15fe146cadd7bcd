/** The scripts that change messages of rooms, and read who reacted to them. The Lua files say why. */
import { list, listOf, number, optional, pairs, text, yes, type Reply } from '../../redis/reply.ts';
import { RoomKeys } from '../../redis/keys/topic-keys.ts';
import { scriptsBeside } from '../../redis/script.ts';
import { LOG, ROOM_LISTS, UNREADABLE } from '../key-names.ts';
import { readWish } from '../quota/grant.ts';
import { RIGHTS } from '../rights.ts';

const script = scriptsBeside(import.meta.url);

/** Not as it was asked for: what it is instead, or until when; undefined for good. */
export interface Refused {
  readonly reason: 'versionConflict' | 'wrongOffset' | 'silenced';
  readonly value: number | undefined;
}

export const changeMessages = script('change-messages', {
  of: RoomKeys,
  keys: [
    ...LOG,
    'occupants',
    ...ROOM_LISTS,
    'history',
    'latest',
    'rewritten',
    'changed',
    'reactions',
    'changesDue',
    'marks',
    'mentioned',
  ],
  args: ['opening', 'large', 'adminsEdit', 'editWindowMs', 'messageBytes', 'bytesMax', 'maxAgeMs'],
  rest: true,
  writes: true,
  isHot: true,
  refuses: [
    ...UNREADABLE,
    'roomExpired',
    'onlyAdmins',
    'onlyOwner',
    'notAllowed',
    'noMessage',
    'tooLate',
    'messageTooLarge',
    'tooManyReactions',
    'noText',
    'isDone',
  ],
  // Of a `tell` all but what it leaves to do is nothing.
  gives: {
    seq: number,
    version: number,
    timestamp: number,
    length: number,
    counts: pairs,
    refused: optional(readRefused),
    wish: optional(readWish),
    isDirty: optional(yes),
    dueMs: optional(number),
    mentioned: optional(listOf(text)),
  },
  each: true,
});

/** Keys and names in turn. */
export const readReactions = script('read-reactions', {
  keys: ['meta', 'occupants', ...ROOM_LISTS, 'history', 'latest', 'reactions'],
  args: [...RIGHTS, 'id', 'key', 'after', 'limit', 'maxAgeMs'],
  refuses: [...UNREADABLE, 'noMessage'],
  gives: { reactions: listOf(text), hasMore: yes },
});

function readRefused(reply: Reply | undefined): Refused {
  const [reason, value] = list(reply);
  const [word, n] = [text(reason), number(value)];
  if (word === 'versionConflict' || word === 'wrongOffset') return { reason: word, value: n };
  if (word !== 'silenced') throw new TypeError(`a change was refused by ${word}`);
  return { reason: word, value: n < 0 ? undefined : n };
}
