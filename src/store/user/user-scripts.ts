/** The scripts of a user: its sockets, the notices to them, the ends of its logins. The Lua files say why. */
import { done, listOf, nothing, number, optional, position, text, yes } from '../../redis/reply.ts';
import { UserKeys } from '../../redis/keys/topic-keys.ts';
import { scriptsBeside } from '../../redis/script.ts';
import { sessionEntries } from '../session/session-entries.ts';
import { CONTACTS, INBOX, LOG, PEERS, REVOKED, SESSION, USER_LISTS } from '../key-names.ts';

const script = scriptsBeside(import.meta.url);

export const loginUser = script('login-user', {
  of: UserKeys,
  keys: [
    ...INBOX,
    'devices',
    'tomb',
    'nonces',
    'erasing',
    ...REVOKED,
    ...SESSION,
    ...USER_LISTS,
    ...PEERS,
    'profile',
    'contacts',
    'belongs',
    'belongsFormer',
  ],
  args: [
    'epoch',
    'socket',
    'node',
    'socketsMax',
    'frame',
    'issuedAt',
    'device',
    'family',
    'onceOnly',
    'onceUntil',
    'own',
    'tag',
    'isReconnect',
    'conflictFrame',
    'syncing',
    'inboxSize',
  ],
  rest: true,
  writes: true,
  isHot: true,
  refuses: ['lost', 'erasing', 'former', 'void', 'badSignature'],
  // No position: the user is full, or another device has the tag; `homes` are the nodes of the sockets that are in the way.
  gives: {
    at: optional(position),
    nconnected: number,
    entries: sessionEntries,
    homes: listOf(text),
    issuedAt: number,
    isConflict: yes,
    isNews: yes,
    /** Of the last notice in the inbox; 0 where there was none. */
    noticedAt: number,
  },
});

export const logoutUser = script('logout-user', {
  of: UserKeys,
  keys: [
    ...INBOX,
    'devices',
    ...SESSION,
    'rooms',
    ...USER_LISTS,
    ...PEERS,
    'leaving',
    'owned',
    'profile',
    'belongs',
    'wills',
    ...CONTACTS,
  ],
  args: ['socket', 'frame', 'keptMs', 'anonymous', 'graceMs', 'onPurpose'],
  rest: true,
  writes: true,
  whenFull: true,
  isHot: true,
  refuses: ['gone', 'will'],
  gives: { nconnected: number, changed: yes, seenForMs: optional(number) },
});

export const echoUser = script('echo-user', {
  keys: [...LOG, 'sockets'],
  args: ['except', 'count', 'frame'],
  writes: true,
  whenFull: true,
  isHot: true,
  refuses: ['gone'],
  gives: nothing,
});

export const notifyUser = script('notify-user', {
  keys: INBOX,
  args: ['except', 'frame', 'logged', 'maxAgeMs'],
  writes: true,
  isHot: true,
  refuses: ['gone'],
  gives: nothing,
});

export const loseRoom = script('lose-room', {
  keys: [...INBOX, ...SESSION],
  args: ['who', 'frame', 'roomName', 'roomEpoch', 'roomSeq', 'life', 'openPrefix', 'privatePrefix'],
  writes: true,
  whenFull: true,
  refuses: ['gone'],
  gives: position,
});

export const sweepUser = script('sweep-user', {
  keys: ['sockets', 'tomb'],
  args: ['node', 'tombMs'],
  whenFull: true,
  gives: listOf(text),
});

export const isOver = script('is-over', {
  keys: REVOKED,
  args: ['issuedAt', 'device', 'family'],
  gives: yes,
});

export const voidResumeTokens = script('void-resume-tokens', {
  keys: ['meta', 'voided'],
  args: ['family', 'issuedAt', 'keptMs'],
  whenFull: true,
  gives: nothing,
});

export const revokeLogins = script('revoke-logins', {
  keys: [...LOG, 'sockets', 'devices', 'wills', ...REVOKED],
  args: ['family', 'reason'],
  writes: true,
  whenFull: true,
  refuses: ['noUser', 'listLimitExceeded'],
  gives: number,
});

export const resumeKeys = script('resume-keys', {
  keys: ['resumeKeys'],
  args: ['offered', 'periodMs'],
  whenFull: true,
  gives: listOf(text),
});

export const createUser = script('create-user', {
  keys: ['meta', 'erasing', 'belongsFormer', ...USER_LISTS],
  args: ['epoch', 'whitelistOnly'],
  rest: true,
  writes: true,
  refuses: ['userExists', 'erasing', 'former'],
  gives: done,
});

export const deleteUser = script('delete-user', {
  keys: [
    ...INBOX,
    'devices',
    ...SESSION,
    'leaving',
    ...USER_LISTS,
    ...PEERS,
    'voided',
    'profile',
    'belongs',
    'belonged',
    'belongsFormer',
    'wills',
    ...CONTACTS,
  ],
  args: ['keptMs'],
  writes: true,
  whenFull: true,
  refuses: ['noUser', 'userOnline', 'hasPeers'],
  gives: done,
});

export const disconnectUser = script('disconnect-user', {
  keys: [...LOG, 'sockets', 'wills'],
  args: ['reason'],
  writes: true,
  whenFull: true,
  refuses: ['noUser'],
  gives: number,
});

export const readUser = script('read-user', {
  keys: ['meta', 'sockets', ...USER_LISTS],
  refuses: ['noUser'],
  gives: { socketsCount: number, whitelistOnly: yes, whitelistSize: number, blacklistSize: number },
});

export const useNonce = script('use-nonce', {
  keys: ['nonces'],
  args: ['onceOnly', 'onceUntil'],
  refuses: ['used'],
  gives: done,
});
