/** The scripts of contacts, of what users show of themselves, and of what contacts are told of a user. The Lua files say why. */
import { bytes, done, listOf, number, optional, text, yes } from '../../redis/reply.ts';
import { scriptsBeside } from '../../redis/script.ts';
import { listPage } from '../access/list-page.ts';
import { CONTACT_SIDE, USER_LISTS } from '../key-names.ts';

const script = scriptsBeside(import.meta.url);

const REFUSALS = ['noUser', 'notAllowed', 'listLimitExceeded'] as const;

export const judgeContact = script('judge-contact', {
  keys: ['meta', ...USER_LISTS, 'contacts', 'contactsDue'],
  args: ['other', 'trusted', 'adds', 'limit'],
  refuses: REFUSALS,
  gives: done,
});

export const beginContact = script('begin-contact', {
  keys: [...CONTACT_SIDE, 'contactsFormer'],
  args: ['other', 'trusted', 'adds', 'limit', 'version'],
  refuses: [...REFUSALS, 'busy'],
  gives: done,
});

export const endContact = script('end-contact', {
  keys: [...CONTACT_SIDE, 'contactsFormer'],
  args: ['other', 'adds', 'limit', 'version', 'except', 'frame'],
  writes: true,
  whenFull: true,
  refuses: ['noUser', 'busy'],
  // No: of no contact there is an end, and too much is under way.
  gives: yes,
});

export const resumeContact = script('resume-contact', {
  keys: ['contactsDue'],
  args: ['other', 'version'],
  whenFull: true,
  refuses: ['none'],
  gives: { op: text, adds: yes },
});

export const applyContact = script('apply-contact', {
  keys: [...CONTACT_SIDE, 'contactsFormer'],
  args: ['other', 'trusted', 'adds', 'limit', 'except', 'frame', 'shown'],
  writes: true,
  refuses: [...REFUSALS, 'busy'],
  gives: { changed: yes, isShownWrong: yes },
});

export const dropContact = script('drop-contact', {
  keys: CONTACT_SIDE,
  args: ['other', 'except', 'frame'],
  writes: true,
  whenFull: true,
  refuses: ['noUser'],
  gives: yes,
});

export const finishContact = script('finish-contact', {
  keys: CONTACT_SIDE,
  args: ['other', 'version', 'did', 'except', 'frame', 'shown'],
  writes: true,
  // What it adds takes the place of the note.
  whenFull: true,
  refuses: ['noUser', 'overtaken'],
  gives: { again: optional(text), isShownWrong: yes },
});

export const readContacts = script('read-contacts', {
  keys: ['meta', 'contacts', 'contactsDue'],
  args: ['after', 'limit'],
  refuses: ['gone'],
  gives: { ...listPage, due: listOf(text) },
});

export const readProfile = script('read-profile', {
  keys: ['meta', 'sockets', 'blacklist', 'contacts', 'contactsDue', 'profile'],
  args: ['other', 'whole'],
  refuses: ['noUser'],
  gives: { online: yes, lastOnline: optional(number), blocks: yes, isDue: yes, isContact: yes, fields: listOf(bytes) },
});

export const readBlocked = script('read-blocked', { keys: ['blacklist'], rest: true, gives: listOf(text) });

export const setProfile = script('set-profile', {
  keys: ['meta', 'history', 'profile'],
  args: ['anonymous', 'bytesMax'],
  rest: true,
  refuses: ['gone', 'quotaExceeded'],
  gives: done,
});

export const settlePresence = script('settle-presence', {
  keys: ['meta', 'sockets', 'contacts'],
  args: ['node', 'dead', 'toldNow', 'holdMs', 'restMs'],
  whenFull: true,
  refuses: ['gone', 'busy', 'settled'],
  gives: { waitMs: number, online: yes, lastOnline: optional(number), isAnew: yes },
});

export const readTold = script('read-told', {
  keys: ['meta', 'contacts', 'blacklist'],
  args: ['field', 'node', 'after', 'limit'],
  whenFull: true,
  refuses: ['lost'],
  gives: { names: listOf(text), next: optional(text) },
});

export const tellPresence = script('tell-presence', {
  keys: ['meta', 'channel', 'events', 'sockets', 'contacts', 'blacklist'],
  args: ['other', 'frame'],
  writes: true,
  whenFull: true,
  gives: yes,
});
