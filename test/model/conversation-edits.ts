// Edits of a room, judged and told as the contract says: who belongs to it and in which role, who is silenced, lists, mode, slow mode,
// attributes, and whether one wants to be called.
import type { Value } from '../../src/protocol/params/values.ts';
import type { Conversation, ListName, Role } from './conversation.ts';
import { done, muting, refused, type Answer, type Conversations } from './conversations.ts';

interface Asked {
  readonly chats: Conversations;
  readonly socket: string;
  readonly user: string;
  readonly key: string;
  readonly room: Conversation;
}

/** A request on a room that is there. */
const on =
  <Args extends unknown[]>(judge: (asked: Asked, ...args: Args) => Answer) =>
  (chats: Conversations, socket: string, key: string, ...args: Args): Answer => {
    const room = chats.rooms.get(key);
    if (room === undefined) return refused('noRoom');
    return judge({ chats, socket, user: chats.userOf(socket), key, room }, ...args);
  };

/** For whom it was done, and for whom not. */
const inPart = (words: ReadonlyMap<string, string>): Answer => {
  const all = [...words];
  const held = all.flatMap(([userName, word]) => (word === 'done' ? [userName] : []));
  const failed = all.flatMap(([userName, error]): Value[] => (error === 'done' ? [] : [{ userName, error }]));
  return done({ done: held, failed });
};

export const addMembers = on(({ chats, socket, user, key, room }, names: readonly string[]) => {
  if (room.kind !== 'normal' || !room.mayInvite(user)) return refused('notAllowed');
  const words = new Map(names.map((name) => [name, judgeAdded(chats, room, name)]));
  add(
    { chats, socket, user, key, room },
    names.filter((name) => words.get(name) === 'done'),
  );
  return inPart(words);
});

function judgeAdded({ users }: Conversations, room: Conversation, name: string): string {
  if (room.roster.has(name)) return 'done';
  if (!users.has(name)) return 'noUser';
  return room.isBanned(name) ? 'notAllowed' : 'done';
}

/** The owner is a member as soon as anybody is. */
function add({ chats, socket, user, key, room }: Asked, names: readonly string[]): void {
  const named = names.filter((name) => !room.roster.has(name));
  if (named.length === 0) return;
  const added = room.roster.has(room.owner) || named.includes(room.owner) ? named : [room.owner, ...named];
  for (const name of added) room.addMember(name);
  chats.tell(key, ['roomMembersAdded', added, user], socket);
  for (const name of added) chats.tellInvited(key, name, user, socket);
}

export const removeMembers = on((asked, names: readonly string[]) => {
  const { room, user } = asked;
  if (room.kind !== 'normal' || !room.isTop(user)) return refused('notAllowed');
  const mayRemove = (name: string): boolean =>
    name !== room.owner && (room.owner === user || name === user || !room.lists.adminlist.has(name));
  const words = new Map(names.map((name) => [name, mayRemove(name) ? 'done' : 'notAllowed']));
  remove(asked, names.filter(mayRemove));
  return inPart(words);
});

/** Who is no member any more is no admin either. */
function remove({ chats, socket, user, key, room }: Asked, names: readonly string[]): void {
  const removed = names.filter((name) => room.roster.has(name));
  if (removed.length === 0) return;
  for (const name of removed) room.dropMember(name);
  const admins = removed.filter((name) => room.lists.adminlist.delete(name));
  chats.tell(key, ['roomMembersRemoved', removed, user], socket);
  if (admins.length > 0) chats.tell(key, ['roomAccessListRemoved', 'adminlist', admins]);
  chats.evict(key, removed);
  for (const name of removed) chats.tellKicked(key, name, user, socket);
}

export const joinMembers = on((asked) => {
  const { room, user } = asked;
  if (room.kind !== 'normal' || !room.admits(user)) return refused('notAllowed');
  add(asked, [user]);
  return done();
});

export const quitMembers = on((asked) => {
  const { room, user } = asked;
  if (room.kind !== 'normal' || room.owner === user) return refused('notAllowed');
  remove(asked, [user]);
  return done();
});

export const setRole = on(({ chats, socket, user, key, room }, name: string, role: Role) => {
  if (room.owner !== user || role === 'owner') return refused('notAllowed');
  if (!room.roster.has(name)) return refused('noMember');
  if (room.owner === name) return refused('notAllowed');
  const { adminlist } = room.lists;
  if (adminlist.has(name) === (role === 'admin')) return done();
  if (role === 'admin') adminlist.add(name);
  else adminlist.delete(name);
  chats.tell(key, [role === 'admin' ? 'roomAccessListAdded' : 'roomAccessListRemoved', 'adminlist', [name]]);
  chats.tell(key, ['roomRoleChanged', name, role, user], socket);
  chats.evict(key);
  return done();
});

/** Whether a user may silence these, or let them speak again. */
function maySilence(room: Conversation, user: string, names: readonly string[]): boolean {
  return room.owner === user || (room.isTop(user) && !names.some((name) => room.isTop(name)));
}

export const silence = on(({ chats, socket, user, key, room }, names: readonly string[], until: number | null) => {
  if (!maySilence(room, user, names) || names.includes(room.owner)) return refused('notAllowed');
  for (const name of names) room.silenced.set(name, until);
  if (names.length > 0) chats.tell(key, ['roomSilenced', [...names], until, user], socket);
  return done();
});

export const unsilence = on(({ chats, socket, user, key, room }, names: readonly string[]) => {
  if (!maySilence(room, user, names)) return refused('notAllowed');
  const freed = names.filter((name) => room.silenced.delete(name));
  if (freed.length > 0) chats.tell(key, ['roomUnsilenced', [...names], user], socket);
  return done();
});

export const setSlow = on(({ chats, socket, user, key, room }, ms: number) => {
  if (!room.isTop(user)) return refused('notAllowed');
  room.setSlow(ms);
  chats.tell(key, ['roomSlowModeChanged', ms, user], socket);
  return done();
});

/** `until`: of a blacklist, when that ends, which is after any life. */
export const editList = on(
  ({ chats, user, key, room }, list: ListName, names: readonly string[], adding: boolean, until?: number) => {
    if (!room.mayEdit(user, list, names)) return refused('notAllowed');
    for (const name of names) {
      if (adding) room.lists[list].add(name);
      else room.lists[list].delete(name);
    }
    const isTold = names.length > 0 && room.kind !== 'transient';
    const more = until === undefined ? [] : [until];
    if (isTold) chats.tell(key, [adding ? 'roomAccessListAdded' : 'roomAccessListRemoved', list, [...names], ...more]);
    chats.evict(key, names);
    return done();
  },
);

/** By the service. Where anybody belongs to the room the new owner does; the one before stays. */
export function changeOwner(chats: Conversations, key: string, owner: string): Answer {
  const room = chats.rooms.get(key);
  if (room === undefined) return refused('noRoom');
  room.owner = owner;
  if (room.roster.size > 0 && !room.roster.has(owner)) {
    room.addMember(owner);
    chats.tell(key, ['roomMembersAdded', [owner], null]);
    chats.tellInvited(key, owner, null);
  }
  chats.evict(key);
  return done();
}

export const setMode = on(({ chats, user, key, room }, whitelistOnly: boolean) => {
  if (!room.isTop(user)) return refused('notAllowed');
  room.whitelistOnly = whitelistOnly;
  chats.tell(key, ['roomModeChanged', whitelistOnly]);
  chats.evict(key);
  return done();
});

export const setAttributes = on(
  ({ chats, socket, user, key, room }, changes: Readonly<Record<string, number | null>>, ifVersion?: number) => {
    if (room.kind === 'temporary' || !room.isTop(user)) return refused('notAllowed');
    if (ifVersion !== undefined && ifVersion !== room.version) return refused('versionConflict');
    const version = room.change(changes);
    chats.tell(key, ['roomAttributesChanged', { ...changes }, version, user], socket);
    return done({ version });
  },
);

export const setMuted = on(({ chats, socket, user, key, room }, muted: boolean) => {
  if (!room.roster.has(user)) return refused('notAllowed');
  const wasMuted = room.muted.has(user);
  if (muted) room.muted.add(user);
  else room.muted.delete(user);
  if (muted !== wasMuted) chats.tellUser(user, muting(key), ['roomMuteEcho', key, muted], socket);
  return done();
});
