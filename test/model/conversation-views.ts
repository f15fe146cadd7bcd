// What the model's rooms are to one of its users, as the requests that read them give it.
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import type { Conversation } from './conversation.ts';
import { done, refused, type Answer, type Conversations } from './conversations.ts';

/** Nothing where the user may post. */
const silenceOf = (room: Conversation, user: string): ValueMap => {
  const until = room.silenced.get(user);
  return until === undefined ? {} : { silencedUntil: until };
};

/** As `roomInfo` gives it; of a room that ends, only that it does. */
export function describeRoom({ rooms }: Conversations, key: string, user: string): Answer {
  const room = rooms.get(key);
  if (room === undefined) return refused('noRoom');
  if (!room.mayRead(user)) return refused('notJoined');
  return done({
    roomName: key,
    kind: room.kind,
    owner: room.owner,
    role: room.roleOf(user),
    whitelistOnly: room.whitelistOnly,
    writers: room.writers,
    invites: room.invites,
    slowModeMs: room.slowMs,
    memberCount: room.roster.size,
    occupantCount: room.occupants.size,
    attributes: structuredClone(room.attributes),
    version: room.version,
    ends: room.kind === 'temporary',
    muted: room.muted.has(user),
    lastMessageId: room.posted.length,
    ...silenceOf(room, user),
  });
}

/** As `roomMembersGet` gives it, but for who is online. */
export function listMembers({ rooms }: Conversations, key: string, user: string): Answer {
  const room = rooms.get(key);
  if (room === undefined) return refused('noRoom');
  if (!room.mayRead(user)) return refused('notJoined');
  const members = [...room.roster].toSorted().map((userName) => ({
    userName,
    role: room.roleOf(userName),
    ...silenceOf(room, userName),
  }));
  return done({ members, count: members.length });
}

export function listSilenced({ rooms }: Conversations, key: string, user: string): Answer {
  const room = rooms.get(key);
  if (room === undefined) return refused('noRoom');
  if (!room.mayRead(user)) return refused('notJoined');
  const byName = [...room.silenced].toSorted(([one], [other]) => (one < other ? -1 : 1));
  return done(byName.map(([userName, until]) => ({ userName, until })));
}

const lastOf = ({ posted }: Conversation): Value => {
  const last = posted.at(-1);
  return last === undefined ? null : { ...last, id: posted.length };
};

/** Rooms to which the user belongs and that are not closed to it, as `roomList` gives them, by name. */
export function listRooms({ rooms }: Conversations, user: string): Value[] {
  return [...rooms]
    .filter(([, room]) => room.roster.has(user) && !room.isBanned(user))
    .map(([roomName, room]) => ({
      roomName,
      kind: room.kind,
      role: room.roleOf(user),
      attributes: structuredClone(room.attributes),
      memberCount: room.roster.size,
      lastMessage: lastOf(room),
      unread: room.unreadOf(user),
      mentioned: false,
      muted: room.muted.has(user),
    }))
    .toSorted((one, other) => (one.roomName < other.roomName ? -1 : 1));
}

/** Room → what the user has not read there, as `unreadGet` gives it. */
export function unreadRooms({ rooms }: Conversations, user: string): Record<string, number> {
  const known = [...rooms].filter(
    ([, room]) => room.occupants.has(user) || (room.roster.has(user) && !room.isBanned(user)),
  );
  return Object.fromEntries(
    known.map(([key, room]): [string, number] => [key, room.unreadOf(user)]).filter(([, unread]) => unread > 0),
  );
}
