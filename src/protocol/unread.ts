/** What a user has not read: of rooms and of other users, reckoned from marks up to which it has. */
import Type, { type Static } from 'typebox';
import { carries, existing, notification, OTHERS, request, required } from './declare.ts';
import { ProcessedMessage } from './message.ts';
import { Count, MessageId, RoomName, UserName } from './params/types.ts';
import { opening } from './wire/opening.ts';
import { concat } from './wire/pack.ts';
import { StoredResult, type Spliced } from './wire/stored.ts';

export const UnreadCount = Type.Object(
  {
    userName: Type.Optional(UserName),
    roomName: Type.Optional(RoomName),
    unread: Count,
    mentioned: Type.Boolean({ description: 'One of these messages mentions the user.' }),
    last: Type.Union([ProcessedMessage, Type.Null()], {
      description: 'The last message there, whoever wrote it; nil where none is kept.',
    }),
  },
  { title: 'UnreadCount', description: 'What is unread of another user, or of a room: one of the two is named.' },
);
export type UnreadCount = Static<typeof UnreadCount>;

/** What one answer, and one look, is about. */
export const UNREAD_MAX = 500;

export const unreadRequests = {
  unreadGet: request({
    doc: `Gives what the caller has not read, where that is anything: those of whom the last message is the newest first, ${UNREAD_MAX} at most, and as many as a response holds. Of another user its messages above the mark (\`directMessageRead\`), as far as they can still be read; of a room that is filed in the session, to which the user belongs, or that a socket of it has joined, those above its mark (\`roomMessageRead\`), which begins at the newest message when the user first files or joins the room or becomes a member of it and ends when it does none of this any more, and which what the user posts moves as well. Of users the 1000 who wrote last are looked at, and of rooms 1000, those of the session first, then those to which it belongs. A socket whose node does not answer in time is left out with its rooms. Each that is looked at costs 0.1 units more.`,
    params: {},
    result: Type.Array(UnreadCount),
    errors: [],
    access: 'user',
    reads: true,
    on: 'user',
    order: 'self',
    cost: { units: 5, page: true },
    example: {
      params: [],
      result: [
        {
          userName: 'bob',
          unread: 2,
          mentioned: false,
          last: { textMessage: 'hello', author: 'bob', timestamp: 1767225600500, id: 7 },
        },
      ],
    },
  }),

  roomMessageRead: request({
    doc: 'Tells that the caller has read a room, up to an id. The mark never goes back and ends at the newest message; where it does not move, or there is none, nobody is told. For who may read the history, and for whose session has the room.',
    params: { roomName: existing(RoomName), upToId: required(MessageId) },
    result: Type.Null(),
    errors: ['noRoom', 'notJoined'],
    access: 'user',
    on: 'user',
    cost: { units: 1 },
    example: { params: ['lobby', 42], result: null },
  }),
};

export const unreadNotifications = {
  unreadCounts: notification({
    doc: 'What is unread, to a socket that has logged in with `offlineMessages: "unread"`. At its login, behind its session, the newest 50 of what `unreadGet` gives, as far as that is anything. Later what has changed, zeros too, at most about once a second: of a user who has written, or whose messages another socket has read; of a room that another socket has read, or where the user is mentioned by name; of a room with up to 100 members, to those of them who have not joined it, that something was said there. Other messages of a room are told to those who have joined it, by `roomMessage`. Where very much changes at once, ask by `unreadGet`.',
    params: [carries('counts', Type.Array(UnreadCount))],
    audience: "The user's sockets of that mode, but for one that has read.",
    example: [
      [
        {
          roomName: 'lobby',
          unread: 1,
          mentioned: true,
          last: { textMessage: 'hello', author: 'bob', timestamp: 1767225600500, id: 42, mentions: ['alice'] },
        },
      ],
    ],
  }),

  roomReadEcho: notification({
    doc: 'Another socket of the user has read a room, up to an id.',
    params: [carries('roomName', RoomName), carries('upToId', MessageId)],
    audience: OTHERS,
    example: ['lobby', 42],
  }),
};

const UNREAD_COUNTS = opening('unreadCounts', 1);

/** The notification of what is unread, each last message as it is stored. */
export function unreadCountsFrame(counts: readonly Spliced[]): Uint8Array {
  return concat([UNREAD_COUNTS, ...new StoredResult(counts).packed()]);
}
