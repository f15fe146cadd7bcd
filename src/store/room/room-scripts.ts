/** The scripts of a room: one per operation, each one step on the room's slot. The Lua files say why. */
import { done, number, optional, position, stored, text, yes } from '../../redis/reply.ts';
import { scriptsBeside } from '../../redis/script.ts';
import { RIGHTS } from '../rights.ts';
import { LOG, OCCUPANTS, LEFT_BEHIND, ROOM_LISTS, UNREADABLE } from '../key-names.ts';

const script = scriptsBeside(import.meta.url);

export const createRoom = script('create-room', {
  keys: ['meta', ...ROOM_LISTS, ...LEFT_BEHIND],
  args: ['epoch', 'owner', 'whitelistOnly', 'userlistUpdates', 'accessListsUpdates', 'historyMax', 'maxAge', 'granted'],
  rest: true,
  writes: true,
  refuses: ['roomExists'],
  gives: done,
});

export const deleteRoom = script('delete-room', {
  keys: [
    ...LOG,
    ...OCCUPANTS,
    ...ROOM_LISTS,
    'changes',
    'entries',
    'filed',
    'history',
    'latest',
    'rewritten',
    'changed',
    'reactions',
    'changesDue',
    'dedup',
    'silenced',
    'paced',
    'muted',
    'deletions',
    'removedOccupants',
    'removedEntries',
    'removedRoster',
    'membersDue',
    'webhook',
    'webhookEnded',
    'ended',
  ],
  args: [...RIGHTS, 'node', 'by', 'frame', 'dedupMs', 'unsentMax'],
  writes: true,
  whenFull: true,
  refuses: ['noRoom', 'notAllowed'],
  gives: { at: position, life: text, owner: text, hasMembers: yes, unsentBytes: optional(number) },
});

export const readRoom = script('read-room', {
  keys: ['meta', 'occupants', ...ROOM_LISTS, 'history', 'latest'],
  args: [...RIGHTS, 'maxAgeMs'],
  refuses: UNREADABLE,
  gives: {
    owner: text,
    whitelistOnly: stored,
    userlistUpdates: stored,
    accessListsUpdates: stored,
    historyMax: number,
    historyMaxAge: optional(text),
    epoch: text,
    lastId: number,
    oldestId: number,
    occupantCount: number,
    lastChange: number,
    lastChangeAt: number,
  },
});
