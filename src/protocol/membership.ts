/** Who is in a room: joining and leaving, its members, and what of that is told. */
import Type, { type Static } from 'typebox';
import { AttributeMap } from './attributes.ts';
import { bounded, carries, existing, JOINED, notification, optional, OTHERS, request, required } from './declare.ts';
import { ProcessedMessage } from './message.ts';
import {
  Count,
  Epoch,
  ErrorValue,
  LastChange,
  LastChangeTimestamp,
  MessageId,
  Options,
  PageOptions,
  RoomName,
  SocketId,
  Timestamp,
  UserlistPage,
  UserName,
} from './params/types.ts';
import { encodeValue } from './wire/msgpack.ts';
import { openFrame, UINT64 } from './wire/opening.ts';
import { concat, mapHeader } from './wire/pack.ts';
import type { Value } from './params/values.ts';

export const JoinOptions = Type.Object(
  {
    group: Type.Optional(
      Type.String({
        form: 'name',
        description:
          'Group of the session to file the room under, if this socket takes part in it; `custom` for a room not filed yet. `system` is reserved.',
      }),
    ),
    create: Type.Optional(
      Type.Boolean({
        description: 'Makes the room where there is none, the caller its owner, and joins it, in one step.',
      }),
    ),
    whitelistOnly: Type.Optional(
      Type.Boolean({ description: 'Of a room that is made by this: only listed users may join.' }),
    ),
    attributes: Type.Optional(AttributeMap),
  },
  { title: 'JoinOptions', description: 'Options of joining a room.' },
);
export type JoinOptions = Static<typeof JoinOptions>;

export const RoomPosition = Type.Object(
  {
    roomName: RoomName,
    epoch: Type.Optional(Epoch),
    lastMessageId: Type.Optional(MessageId),
    lastTimestamp: Type.Optional(Timestamp),
    lastChange: Type.Optional(LastChange),
    lastChangeTimestamp: Type.Optional(LastChangeTimestamp),
    group: Type.Optional(Type.String({ form: 'name', description: 'As in JoinOptions.' })),
  },
  {
    title: 'RoomPosition',
    description:
      'How far a client has seen a room: the epoch, the id of the last message seen, and the timestamp of that message; the last change of a message that it knows, and the timestamp of that, which lets the server notice changes that a failover lost. Without `epoch`, `lastMessageId` and `lastTimestamp` it is a plain join; with some of them, but not both `epoch` and `lastMessageId`, what was missed is not known (`recovered: false`).',
  },
);
export type RoomPosition = Static<typeof RoomPosition>;

export const RoomJoined = Type.Object(
  {
    roomName: RoomName,
    njoined: Type.Integer({ minimum: 1, description: "The user's sockets joined to the room, this one included." }),
    epoch: Epoch,
    lastMessageId: MessageId,
    recovered: Type.Boolean({ description: 'False when the gap could not be filled whole.' }),
    messages: Type.Array(ProcessedMessage, { description: 'What was missed since the position, oldest first.' }),
    lastChange: LastChange,
    lastChangeTimestamp: Type.Optional(LastChangeTimestamp),
    changes: Type.Optional(
      Type.Array(ProcessedMessage, {
        description:
          'Where the position has a `lastChange`: the messages up to its `lastMessageId` that have changed since, as they are now, in the order of their last changes.',
      }),
    ),
    changesRecovered: Type.Optional(
      Type.Boolean({ description: 'With `changes`: false when they could not be given whole, and none are.' }),
    ),
  },
  { title: 'RoomJoined', description: 'A room joined by `roomsJoin`.' },
);
export type RoomJoined = Static<typeof RoomJoined>;

export const RoomRefused = Type.Object(
  { roomName: RoomName, error: ErrorValue },
  { title: 'RoomRefused', description: 'A room that `roomsJoin` could not join.' },
);
export type RoomRefused = Static<typeof RoomRefused>;

export const UserSeen = Type.Object(
  {
    joined: Type.Boolean({ description: 'The user is a member now.' }),
    timestamp: Type.Union([Timestamp, Type.Null()], { description: 'When that last changed; nil if never.' }),
  },
  { title: 'UserSeen', description: "A user's presence in a room." },
);
export type UserSeen = Static<typeof UserSeen>;

export const membershipRequests = {
  roomJoin: request({
    doc: "Joins this socket to a room; later messages arrive as `roomMessage`. Gives how many of the user's sockets are joined. Repeating it changes nothing. By a socket with `enableSync` it files the room in the user's session.",
    params: { roomName: existing(RoomName), options: optional(JoinOptions) },
    result: Count,
    errors: ['noRoom', 'roomExpired', 'notAllowed', 'invalidName', 'tooManyRooms', 'quotaExceeded', 'tooLarge'],
    access: 'user',
    on: 'socket',
    cost: { units: 4 },
    example: { params: ['lobby'], result: 1 },
  }),

  roomsJoin: request({
    doc: 'Joins this socket to several rooms and gives, for each in the same order, what was missed since the position named. The messages come before any live message of that room. What does not fit into the response is told as `recovered: false`: read it as history.',
    params: { rooms: bounded(Type.Array(RoomPosition), 'roomsPerSocket') },
    result: Type.Array(Type.Union([RoomJoined, RoomRefused])),
    errors: [],
    access: 'user',
    on: 'socket',
    order: { rooms: 'rooms' },
    cost: { each: { param: 'rooms', units: 5 }, page: true },
    example: {
      params: [[{ roomName: 'lobby', epoch: 'e3b0c442', lastMessageId: 41, lastTimestamp: 1767225600000 }]],
      result: [
        {
          roomName: 'lobby',
          njoined: 1,
          epoch: 'e3b0c442',
          lastMessageId: 42,
          recovered: true,
          messages: [{ textMessage: 'hello', author: 'bob', timestamp: 1767225600500, id: 42 }],
          lastChange: 3,
          lastChangeTimestamp: 1767225600400,
        },
      ],
    },
  }),

  roomLeave: request({
    doc: "Takes this socket out of a room. Gives how many of the user's sockets remain joined. Not being joined is no error. By a socket with `enableSync` it takes out all sockets of the user that have it, and the room out of the session.",
    params: { roomName: existing(RoomName), options: optional(Options) },
    result: Count,
    errors: ['noRoom'],
    access: 'user',
    on: 'socket',
    cost: { units: 3 },
    example: { params: ['lobby'], result: 0 },
  }),

  roomUserlistGet: request({
    doc: 'Gives the members of the room page by page; of a transient room how many they are, and no names.',
    params: { roomName: existing(RoomName), options: optional(PageOptions) },
    result: UserlistPage,
    errors: ['noRoom', 'notJoined'],
    access: 'user',
    reads: true,
    cost: { units: 3, page: true },
    example: { params: ['lobby', { limit: 2 }], result: { names: ['alice', 'bob'], cursor: null, count: 2 } },
  }),

  roomUserSeen: request({
    doc: 'Tells whether a user is in the room, and since when or when last, which is remembered of the 10,000 who left latest. An unknown user is no error. Of others a transient room tells nothing.',
    params: { roomName: existing(RoomName), userName: required(UserName) },
    result: UserSeen,
    errors: ['noRoom', 'notJoined'],
    access: 'user',
    reads: true,
    example: { params: ['lobby', 'bob'], result: { joined: true, timestamp: 1767225600000 } },
  }),
};

export const membershipNotifications = {
  roomJoinedEcho: notification({
    doc: "Another socket of the user joined the room; `njoined` of the user's sockets are joined now. With its own id, the service joined this socket, and messages follow.",
    params: [carries('roomName', RoomName), carries('id', SocketId), carries('njoined', Count)],
    audience: OTHERS,
    example: ['lobby', 'K7Zk2vXQ', 2],
  }),

  roomLeftEcho: notification({
    doc: 'Another socket of the user left the room or went away; `njoined` remain joined. With its own id, this socket itself was taken out, by the leave of another one (see Sessions), by the service, or as it has joined another transient room.',
    params: [carries('roomName', RoomName), carries('id', SocketId), carries('njoined', Count)],
    audience: OTHERS,
    example: ['lobby', 'K7Zk2vXQ', 1],
  }),

  roomUserJoined: notification({
    doc: "A user's first socket joined the room.",
    params: [carries('roomName', RoomName), carries('userName', UserName)],
    audience: `${JOINED} The joiner's included.`,
    example: ['lobby', 'alice'],
  }),

  roomUserLeft: notification({
    doc: "A user's last socket left the room.",
    params: [carries('roomName', RoomName), carries('userName', UserName)],
    audience: JOINED,
    example: ['lobby', 'alice'],
  }),

  roomUserlistChanged: notification({
    doc: 'Users joined and left a large room since the last of these: the net changes, at most one notification a second. It stands for `roomUserJoined` and `roomUserLeft`.',
    params: [
      carries('roomName', RoomName),
      carries(
        'changes',
        Type.Object(
          {
            joined: Type.Array(UserName),
            left: Type.Array(UserName),
            count: Type.Integer({ minimum: 0, description: 'Members now.' }),
          },
          { title: 'UserlistChanges', description: 'Who came and who went.' },
        ),
      ),
    ],
    audience: `${JOINED} Rooms of more members than the service calls large.`,
    example: ['lobby', { joined: ['alice'], left: ['bob', 'carol'], count: 1999 }],
  }),
};

const LEFT_KEY = encodeValue('left');
const COUNT_KEY = concat([encodeValue('count'), UINT64]);

/** `prefix ++ joined ++ leftKey ++ left ++ countKey ++ u64be(count)` is a `roomUserlistChanged`, its lists in MessagePack. */
export function userlistChangesFrame(roomName: string): {
  prefix: Uint8Array;
  leftKey: Uint8Array;
  countKey: Uint8Array;
} {
  const prefix = concat([prefixOf('roomUserlistChanged', [roomName]), mapHeader(3), encodeValue('joined')]);
  return { prefix, leftKey: LEFT_KEY, countKey: COUNT_KEY };
}

/** `prefix ++ userName` is a `roomUserLeft`, the name in MessagePack. */
export const leftPrefix = (roomName: string): Uint8Array => prefixOf('roomUserLeft', [roomName]);

const prefixOf = (name: keyof typeof membershipNotifications, leading: readonly Value[]): Uint8Array =>
  openFrame(name, leading);
