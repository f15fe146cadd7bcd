/** Keys that many scripts want together, by the names under which Lua sees them. */

/** What lib/log.lua wants of who announces. */
export const LOG = ['meta', 'channel', 'events'] as const;
/** What lib/inbox/record.lua wants. */
export const INBOX = [...LOG, 'history', 'sockets'] as const;
/** What lib/occupants.lua wants besides `meta`. */
export const OCCUPANTS = [
  'occupants',
  'names',
  'perNode',
  'nodes',
  'seen',
  'left',
  'marks',
  'mentioned',
  'roster',
] as const;
/** What lib/access.lua wants besides `meta` and `occupants`. */
export const ROOM_LISTS = ['adminlist', 'whitelist', 'blacklist', 'roster', 'bans'] as const;
/** The keys of a room that nodes of the version before leave behind when they delete it (lib/room/make.lua). */
export const LEFT_BEHIND = [
  'roster',
  'bans',
  'silenced',
  'paced',
  'muted',
  'changed',
  'reactions',
  'changesDue',
] as const;
/** A user's own lists. */
export const USER_LISTS = ['whitelist', 'blacklist'] as const;
/** What lib/direct/peers.lua wants besides `meta` and `history`. */
export const PEERS = ['peers', 'delivered', 'missed', 'unread', 'changesTold', 'changesDue'] as const;
/** What lib/auth/revoked.lua wants. */
export const REVOKED = ['revoked', 'voided'] as const;
/** What lib/session.lua wants besides those of lib/inbox/record.lua. */
export const SESSION = ['synced', 'session'] as const;

/** A user's contacts, and what is under way of them. */
export const CONTACTS = ['contacts', 'contactsDue', 'contactsFormer'] as const;
/** What lib/contact/side.lua wants, with what it builds on. */
export const CONTACT_SIDE = [...INBOX, ...USER_LISTS, 'contacts', 'contactsDue'] as const;

/** What scripts refuse to who may not read a room. */
export const UNREADABLE = ['noRoom', 'notJoined'] as const;
export type Unreadable = (typeof UNREADABLE)[number];
