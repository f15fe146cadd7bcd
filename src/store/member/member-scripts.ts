/** The scripts of members: who belongs to a room, on the room's slot, and what users know of it, on theirs. The Lua files say why. */
import { done, listOf, nothing, optional, position, text, yes } from '../../redis/reply.ts';
import { scriptsBeside } from '../../redis/script.ts';
import { CHANGED, EVICTING, namesWanted } from '../access/changed.ts';
import { listPage } from '../access/list-page.ts';
import { INBOX, LOG, OCCUPANTS, ROOM_LISTS, UNREADABLE } from '../key-names.ts';
import { readWish } from '../quota/grant.ts';
import { RIGHTS } from '../rights.ts';
import { ONCE } from '../signed.ts';
import { duesIn } from './due.ts';

const script = scriptsBeside(import.meta.url);

/** What lib/access/members.lua wants besides lib/evict.lua. */
const MEMBERS = [...EVICTING, 'muted', 'membersDue'] as const;
const EDITING = ['large', 'teller', 'except', 'by', ...RIGHTS, 'itself', ...ONCE] as const;
const EDITED = { ...CHANGED, due: duesIn, words: listOf(text) };

export const addMembers = script('add-members', {
  keys: [...MEMBERS, 'history', 'nonces'],
  args: [...EDITING, 'limit', 'prefix', 'leftPrefix', 'judgedOwner', 'ownerAgainst'],
  rest: true,
  writes: true,
  refuses: ['noRoom', 'notAllowed', 'badSignature', 'listLimitExceeded'],
  gives: {
    ...EDITED,
    at: optional(position),
    wish: optional(readWish),
    wanted: optional(namesWanted),
    unjudged: optional(text),
  },
});

export const removeMembers = script('remove-members', {
  keys: [...MEMBERS, 'nonces'],
  args: [...EDITING, 'prefix', 'listPrefix', 'leftPrefix'],
  rest: true,
  writes: true,
  whenFull: true,
  refuses: ['noRoom', 'notAllowed', 'badSignature'],
  gives: EDITED,
});

export const setRole = script('set-role', {
  keys: [...EVICTING, 'history'],
  args: ['large', 'teller', ...RIGHTS, 'subject', 'role', 'limit', 'frame', 'listFrame', 'leftPrefix'],
  writes: true,
  refuses: ['noRoom', 'notAllowed', 'noMember', 'listLimitExceeded'],
  gives: { ...CHANGED, at: optional(position), isNews: yes, wanted: optional(namesWanted) },
});

export const readMembers = script('read-members', {
  keys: ['meta', 'occupants', 'silenced', ...ROOM_LISTS],
  args: [...RIGHTS, 'cursor', 'limit'],
  refuses: UNREADABLE,
  gives: { ...listPage, roles: listOf(text), silences: listOf(text) },
});

export const judgeMember = script('judge-member', {
  keys: ['meta', 'belongs'],
  args: ['most', 'roomName'],
  refuses: ['noUser', 'tooManyRooms', 'told'],
  gives: done,
});

export const forgetDue = script('forget-due', {
  keys: ['membersDue'],
  rest: true,
  whenFull: true,
  gives: nothing,
});

export const tellMember = script('tell-member', {
  keys: [...INBOX, 'belongs', 'belonged', 'belongsFormer'],
  args: ['roomName', 'anonymous', 'maxAgeMs'],
  rest: true,
  writes: true,
  whenFull: true,
  refuses: ['gone'],
  gives: position,
});

export const forgetBelongs = script('forget-belongs', {
  keys: ['belongs', 'belonged'],
  rest: true,
  whenFull: true,
  gives: nothing,
});

export const forgetFormer = script('forget-former', {
  keys: ['belongsFormer', 'belonged'],
  rest: true,
  whenFull: true,
  gives: nothing,
});

export const eraseMember = script('erase-member', {
  keys: [...LOG, ...OCCUPANTS, ...ROOM_LISTS, 'entries', 'muted', 'silenced', 'paced', 'membersDue', 'nonces'],
  args: ['user', 'frame', 'owners', 'membership'],
  writes: true,
  whenFull: true,
  refuses: ['noRoom', 'over'],
  gives: nothing,
});
