/** The scripts of quotas: the owner's side, where they are judged, and the room's, which acts by what it was granted. */
import { nothing, number, text, yes } from '../../redis/reply.ts';
import { scriptsBeside } from '../../redis/script.ts';
import { ROOM_LISTS } from '../key-names.ts';

const script = scriptsBeside(import.meta.url);

export const grantOwned = script('grant-owned', {
  keys: ['owned'],
  args: [
    'room',
    'creating',
    'forced',
    'names',
    'namesAsked',
    'bytes',
    'bytesAsked',
    'roomsMax',
    'namesMax',
    'bytesMax',
    'pauseMs',
  ],
  gives: { short: text, names: number, bytes: number, look: yes, cursor: text },
});

export const recordOwned = script('record-owned', {
  keys: ['owned'],
  args: ['room', 'seen', 'names', 'bytes', 'next'],
  whenFull: true,
  refuses: ['changed'],
  gives: nothing,
});

export const writeGrant = script('write-grant', {
  keys: ['meta'],
  args: ['life', 'owner', 'names', 'bytes', 'refusedMs'],
  whenFull: true,
  refuses: ['gone'],
  gives: nothing,
});

export const shrinkGrant = script('shrink-grant', {
  keys: ['meta', 'history', ...ROOM_LISTS, 'silenced'],
  args: ['life', 'owner', 'bytesMin', 'notedAt', 'youngMs'],
  whenFull: true,
  refuses: ['young', 'gone'],
  gives: { names: number, bytes: number },
});
