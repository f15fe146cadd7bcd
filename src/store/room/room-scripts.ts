/** The scripts of a room: one per operation, each one step on the room's slot. The Lua files say why. */
import { done, events, list, listOf, number, optional, pairs, position, stored, text, yes } from '../../redis/reply.ts';
import type { Reply } from '../../redis/reply.ts';
import { scriptsBeside } from '../../redis/script.ts';
import { readWish } from '../quota/grant.ts';
import { LOG, MEMBERS, ROOM_LISTS } from '../key-names.ts';

const script = scriptsBeside(import.meta.url);

const UNREADABLE = ['noRoom', 'notJoined'] as const;

export const createRoom = script('create-room', {
  keys: ['meta', ...ROOM_LISTS],
  args: ['epoch', 'owner', 'whitelistOnly', 'userlistUpdates', 'accessListsUpdates', 'historyMax', 'granted'],
  rest: true,
  writes: true,
  refuses: ['roomExists'],
  gives: done,
});

export const deleteRoom = script('delete-room', {
  keys: [...LOG, ...MEMBERS, ...ROOM_LISTS, 'changes', 'filed', 'history', 'dedup', 'gone', 'goneMembers', 'goneFiled'],
  args: ['user', 'node', 'frame', 'dedupMs'],
  writes: true,
  whenFull: true,
  refuses: ['noRoom', 'notAllowed'],
  gives: { at: position, life: text, owner: text },
});

export const joinRoom = script('join-room', {
  keys: [...LOG, ...MEMBERS, ...ROOM_LISTS, 'changes', 'filed', 'history', 'tomb'],
  args: [
    'large',
    'user',
    'socket',
    'node',
    'verdict',
    'filing',
    'frame',
    'sinceEpoch',
    'sinceId',
    'sinceTimestamp',
    'pageMax',
    'bytesMax',
  ],
  writes: true,
  refuses: ['noRoom', 'lost', 'notAllowed', 'invalidName', 'tooManyRooms'],
  gives: {
    at: position,
    njoined: number,
    changed: yes,
    announced: yes,
    recovered: yes,
    missed: events,
    changesPending: yes,
    whitelistOnly: yes,
    life: text,
  },
});

export const leaveRoom = script('leave-room', {
  keys: [...LOG, ...MEMBERS, 'changes', 'filed'],
  args: ['large', 'node'],
  rest: true,
  writes: true,
  whenFull: true,
  refuses: ['noRoom'],
  gives: { at: position, left: listOf(left), changesPending: yes },
});

export const postMessage = script('post-message', {
  keys: ['meta', 'channel', 'members', 'history', 'dedup'],
  args: ['fixed', 'user', 'head', 'repeatKey'],
  refuses: [...UNREADABLE, 'messageTooLarge', 'tooMany'],
  gives: { id: number, seq: number, repeated: yes, wish: optional(readWish) },
});

export const readHistory = script('read-history', {
  keys: ['meta', 'members', ...ROOM_LISTS, 'history'],
  args: ['user', 'after', 'limit', 'bytesMax'],
  refuses: UNREADABLE,
  gives: events,
});

export const readRoom = script('read-room', {
  keys: ['meta', 'members', ...ROOM_LISTS, 'history'],
  args: ['user'],
  refuses: UNREADABLE,
  gives: {
    owner: text,
    whitelistOnly: stored,
    userlistUpdates: stored,
    accessListsUpdates: stored,
    historyMax: number,
    epoch: text,
    lastId: number,
    oldestId: number,
    memberCount: number,
  },
});

export const readSeen = script('read-seen', {
  keys: ['meta', 'members', 'seen', 'left', ...ROOM_LISTS],
  args: ['user', 'subject'],
  refuses: UNREADABLE,
  gives: { joined: yes, at: optional(number) },
});

export const readNodeSockets = script('read-node-sockets', {
  keys: ['meta', 'perNode'],
  args: ['node', 'cursor', 'pageMax'],
  refuses: ['gone'],
  gives: { at: position, sockets: pairs, next: text },
});

export const sweepRoom = script('sweep-room', {
  keys: ['tomb', 'perNode'],
  args: ['node', 'tombMs', 'pageMax'],
  whenFull: true,
  gives: pairs,
});

function left(reply: Reply | undefined): { njoined: number; changed: boolean } {
  const [njoined, changed] = list(reply);
  return { njoined: number(njoined), changed: yes(changed) };
}
