/** The scripts that say who is in a room, each one step on the room's slot. The Lua files say why. */
import {
  bytes,
  events,
  list,
  listOf,
  number,
  optional,
  pairs,
  position,
  text,
  yes,
  type Reply,
} from '../../redis/reply.ts';
import { RoomKeys } from '../../redis/keys/topic-keys.ts';
import { scriptsBeside } from '../../redis/script.ts';
import { RIGHTS } from '../rights.ts';
import { LOG, OCCUPANTS, ROOM_LISTS, UNREADABLE } from '../key-names.ts';

const script = scriptsBeside(import.meta.url);

export const joinRoom = script('join-room', {
  of: RoomKeys,
  keys: [...LOG, ...OCCUPANTS, ...ROOM_LISTS, 'changes', 'entries', 'filed', 'history', 'latest', 'changed', 'tomb'],
  restKeys: true,
  args: [
    'large',
    'user',
    'socket',
    'node',
    'verdict',
    'inSession',
    'frame',
    'sinceEpoch',
    'sinceId',
    'sinceTimestamp',
    'sinceChange',
    'sinceChangeAt',
    'pageMax',
    'bytesMax',
    'maxAgeMs',
    'creation',
    'endsAt',
  ],
  writes: true,
  isHot: true,
  refuses: ['noRoom', 'roomExpired', 'lost', 'notAllowed', 'invalidName', 'tooManyRooms'],
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
    freshEntry: yes,
    time: number,
    created: yes,
    isTransient: yes,
    attributes: optional(bytes),
    lastChange: number,
    lastChangeAt: number,
    changesRecovered: optional(yes),
    changes: optional(events),
  },
});

export const leaveRoom = script('leave-room', {
  of: RoomKeys,
  keys: [...LOG, ...OCCUPANTS, 'changes', 'entries'],
  args: ['large', 'closed', 'entryEpoch', 'entrySeq'],
  rest: true,
  writes: true,
  whenFull: true,
  isHot: true,
  refuses: ['noRoom'],
  gives: { at: position, left: listOf(left), changesPending: yes, time: number },
});

export const readSeen = script('read-seen', {
  keys: ['meta', 'occupants', 'seen', 'left', ...ROOM_LISTS],
  args: [...RIGHTS, 'subject'],
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

export const flushChanges = script('flush-changes', {
  keys: ['meta', 'channel', 'events', 'occupants', 'changes'],
  args: ['prefix', 'leftKey', 'countKey', 'pageMax', 'pauseMs'],
  writes: true,
  whenFull: true,
  refuses: ['noRoom', 'later'],
  gives: number,
});
