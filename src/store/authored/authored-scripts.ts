/** The scripts of what one user wrote, in each room and conversation: reading it, and erasing it. The Lua files say why. */
import { bytes, events, nothing, number, optional, pairs, yes } from '../../redis/reply.ts';
import { scriptsBeside } from '../../redis/script.ts';
import { ROOM_LISTS } from '../key-names.ts';

const script = scriptsBeside(import.meta.url);

const HISTORY = ['meta', 'history', 'latest'] as const;
const PAGE = ['after', 'lookMax', 'bytesMax', 'limit', 'maxAgeMs'] as const;

/** `hasReactions`: there are such of anybody. */
export const readAuthored = script('read-authored', {
  keys: [...HISTORY, 'reactions', 'occupants', ...ROOM_LISTS],
  args: ['user', 'mark', 'middle', ...PAGE],
  refuses: ['noRoom'],
  gives: {
    isOwner: yes,
    isOccupant: yes,
    adminlist: yes,
    whitelist: yes,
    blacklist: yes,
    isMember: yes,
    next: number,
    messages: events,
    hasReactions: yes,
  },
});

export const readAuthoredDirect = script('read-authored-direct', {
  keys: [...HISTORY, 'reactions'],
  args: ['user', ...PAGE],
  refuses: ['noPair'],
  gives: { next: number, messages: events, hasReactions: yes },
});

/** Ids of messages with keys, and the reaction to go on behind; none at the end. */
export const readReacted = script('read-reacted', {
  keys: [...HISTORY, 'reactions'],
  args: ['user', 'after', 'lookMax', 'limit', 'maxAgeMs'],
  refuses: ['noRoom'],
  gives: { reactions: pairs, last: optional(bytes) },
});

/** Likewise. */
export const readReactedDirect = script('read-reacted-direct', {
  keys: [...HISTORY, 'reactions'],
  args: ['user', 'after', 'lookMax', 'limit', 'maxAgeMs'],
  refuses: ['noPair'],
  gives: { reactions: pairs, last: optional(bytes) },
});

export const eraseAuthored = script('erase-authored', {
  keys: [...HISTORY, 'rewritten', 'reactions', 'events'],
  args: ['mark', 'prefix', 'middle', 'opening', 'after', 'lookMax', 'bytesMax', 'maxAgeMs'],
  whenFull: true,
  refuses: ['noRoom'],
  gives: { isDirty: yes, next: number },
});

export const eraseAuthoredDirect = script('erase-authored-direct', {
  keys: [...HISTORY, 'rewritten', 'reactions', 'changesDue'],
  args: ['user', 'prefix', 'middle', 'after', 'lookMax', 'bytesMax', 'maxAgeMs'],
  whenFull: true,
  refuses: ['noPair'],
  gives: { isDirty: yes, next: number },
});

/** Gives the reaction to go on behind; none at the end. */
export const eraseReactions = script('../change/erase-reactions', {
  keys: [...HISTORY, 'reactions', 'changesDue', 'events'],
  args: ['user', 'after', 'pageMax', 'opening'],
  whenFull: true,
  refuses: ['noRoom'],
  gives: { last: optional(bytes) },
});

/** Likewise. */
export const eraseReactionsDirect = script('../pair/erase-reactions-direct', {
  keys: [...HISTORY, 'reactions'],
  args: ['user', 'after', 'pageMax'],
  whenFull: true,
  refuses: ['noPair'],
  gives: { last: optional(bytes) },
});

/** Whether there is more to do. */
export const rewriteHistory = script('rewrite-history', {
  keys: [...HISTORY, 'rewritten'],
  args: ['pageMax', 'bytesMax'],
  whenFull: true,
  refuses: ['gone'],
  gives: yes,
});

export const findInRing = script('find-in-ring', {
  keys: ['events'],
  args: ['bytes'],
  gives: events,
});

export const replaceInRing = script('replace-in-ring', {
  keys: ['events'],
  rest: true,
  whenFull: true,
  gives: nothing,
});
