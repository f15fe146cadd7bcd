/** The scripts of quotas: the owner's side, where they are judged, and the room's, which acts by what it was granted. */
import { script } from '../script.ts';

const LISTS = ['adminlist', 'whitelist', 'blacklist'] as const;

export const grantOwned = script('grant-owned', {
  uses: ['clock'],
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
});

export const settleOwned = script('settle-owned', {
  uses: [],
  keys: ['owned'],
  args: ['room', 'seen', 'names', 'bytes', 'next'],
  whenFull: true,
});

export const writeGrant = script('write-grant', {
  uses: ['clock', 'format', 'log', 'grant'],
  keys: ['meta'],
  args: ['life', 'owner', 'names', 'bytes', 'refusedMs'],
  whenFull: true,
});

export const shrinkGrant = script('shrink-grant', {
  uses: ['clock', 'format', 'bytes', 'log', 'grant', 'usage'],
  keys: ['meta', ...LISTS],
  args: ['life', 'owner', 'bytesMin', 'notedAt', 'youngMs'],
  whenFull: true,
});
