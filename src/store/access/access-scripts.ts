/** The scripts of who may be in a room, each one step on the room's slot. The Lua files say why. */
import { bytes, listOf, number, optional, position, text, yes } from '../../redis/reply.ts';
import { scriptsBeside } from '../../redis/script.ts';
import { OCCUPANTS, ROOM_LISTS } from '../key-names.ts';
import { duesIn } from '../member/due.ts';
import { readWish } from '../quota/grant.ts';
import { RIGHTS } from '../rights.ts';
import { ONCE } from '../signed.ts';
import { CHANGED, EVICTING, namesWanted, removedUsers } from './changed.ts';
import { listPage } from './list-page.ts';

const script = scriptsBeside(import.meta.url);

export const editList = script('edit-list', {
  keys: [...EVICTING, 'history', 'nonces'],
  args: [
    'large',
    'teller',
    ...RIGHTS,
    'listName',
    'adding',
    'limit',
    'badName',
    'endsAt',
    ...ONCE,
    'frame',
    'leftPrefix',
  ],
  rest: true,
  writes: true,
  refuses: ['noRoom', 'notAllowed', 'noList', 'invalidName', 'badSignature', 'listLimitExceeded'],
  gives: { ...CHANGED, at: optional(position), wish: optional(readWish), wanted: optional(namesWanted) },
});

export const setMode = script('set-mode', {
  keys: EVICTING,
  args: ['large', 'teller', ...RIGHTS, 'mode', 'frame', 'leftPrefix'],
  writes: true,
  refuses: ['noRoom', 'notAllowed', 'evicting'],
  gives: CHANGED,
});

export const changeOwner = script('change-owner', {
  keys: [...EVICTING, 'history', 'muted', 'membersDue'],
  args: ['large', 'teller', 'owner', 'prefix', 'leftPrefix', 'against'],
  writes: true,
  refuses: ['noRoom'],
  gives: { ...CHANGED, before: text, names: number, bytes: number, due: duesIn },
});

export const evictPage = script('evict-page', {
  keys: EVICTING,
  args: ['large', 'teller', 'node', 'cursor', 'clean', 'pageMax', 'leftPrefix'],
  writes: true,
  whenFull: true,
  refuses: ['noRoom'],
  gives: { reached: text, evicted: removedUsers, kept: listOf(text), changesPending: yes, life: text, at: position },
});

export const readList = script('read-list', {
  keys: ['meta', 'occupants', 'names', 'changes', ...ROOM_LISTS],
  args: [...RIGHTS, 'listName', 'cursor', 'limit'],
  whenFull: true,
  refuses: ['noRoom', 'notJoined', 'noList'],
  gives: listPage,
});

export const readAccess = script('read-access', {
  keys: ['meta', ...OCCUPANTS, ...ROOM_LISTS],
  args: ['user', 'whole'],
  refuses: ['noRoom'],
  gives: {
    admitted: yes,
    njoined: number,
    whitelistOnly: yes,
    life: text,
    at: position,
    attributes: optional(bytes),
  },
});
