/** Requests about rooms: creating and deleting, joining and leaving, posting, and who is in them. */
import Type from 'typebox';
import { bounded, defaulted, existing, optional, request, required } from '../declare.ts';
import {
  Count,
  JoinOptions,
  Message,
  MessageId,
  MessageOptions,
  NotificationsInfo,
  Options,
  PageOptions,
  RoomJoined,
  RoomName,
  RoomPosition,
  RoomRefused,
  UserlistPage,
  UserName,
  UserSeen,
} from '../types.ts';

export const roomRequests = {
  roomCreate: request({
    doc: 'Creates a room. The caller becomes its owner and is not joined.',
    params: {
      roomName: required(RoomName),
      whitelistOnly: defaulted(Type.Boolean({ description: 'Only listed users may join.' }), false),
      options: optional(Options),
    },
    result: Type.Null(),
    errors: ['notAllowed', 'invalidName', 'roomExists', 'quotaExceeded'],
    access: 'user',
    order: { room: 'roomName' },
    example: { params: ['lobby', false], result: null },
  }),

  roomDelete: request({
    doc: 'Deletes a room; only its owner may. All sockets of each joined user get `roomAccessRemoved`; sessions lose it.',
    params: { roomName: required(RoomName) },
    result: Type.Null(),
    errors: ['notAllowed', 'noRoom'],
    access: 'user',
    order: { room: 'roomName' },
    cost: { units: 4 },
    example: { params: ['lobby'], result: null },
  }),

  roomJoin: request({
    doc: "Joins this socket to a room; later messages arrive as `roomMessage`. Gives how many of the user's sockets are joined. Repeating it changes nothing. By a socket with `enableSync` it files the room in the user's session.",
    params: { roomName: required(RoomName), options: optional(JoinOptions) },
    result: Count,
    errors: ['noRoom', 'notAllowed', 'invalidName', 'tooManyRooms'],
    access: 'user',
    on: 'socket',
    order: { room: 'roomName' },
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
    order: { room: 'roomName' },
    cost: { units: 3 },
    example: { params: ['lobby'], result: 0 },
  }),

  roomMessage: request({
    doc: 'Posts a message to a room that the user has joined with some socket. Gives its id once it is stored; nil if transient.',
    params: { roomName: existing(RoomName), message: required(Message), options: optional(MessageOptions) },
    result: Type.Union([MessageId, Type.Null()]),
    errors: ['noRoom', 'notJoined', 'messageTooLarge'],
    access: 'user',
    order: { room: 'roomName' },
    cost: { spread: { room: 'roomName' } },
    example: { params: ['lobby', { textMessage: 'hello' }, { clientMessageId: 'c-1' }], result: 42 },
  }),

  roomUserlistGet: request({
    doc: 'Gives the members of the room page by page.',
    params: { roomName: existing(RoomName), options: optional(PageOptions) },
    result: UserlistPage,
    errors: ['noRoom', 'notJoined'],
    access: 'user',
    order: { room: 'roomName' },
    cost: { units: 3, page: true },
    example: { params: ['lobby', { limit: 2 }], result: { names: ['alice', 'bob'], cursor: null, count: 2 } },
  }),

  roomGetOwner: request({
    doc: 'Gives the owner of the room, nil if it has none.',
    params: { roomName: existing(RoomName) },
    result: Type.Union([UserName, Type.Null()]),
    errors: ['noRoom', 'notJoined'],
    access: 'user',
    order: { room: 'roomName' },
    example: { params: ['lobby'], result: 'alice' },
  }),

  roomNotificationsInfo: request({
    doc: 'Tells which notifications the room sends.',
    params: { roomName: existing(RoomName) },
    result: NotificationsInfo,
    errors: ['noRoom', 'notJoined'],
    access: 'user',
    order: { room: 'roomName' },
    example: { params: ['lobby'], result: { enableUserlistUpdates: true, enableAccessListsUpdates: true } },
  }),

  roomUserSeen: request({
    doc: 'Tells whether a user is in the room, and since when or when last, which is remembered of the 10,000 who left latest. An unknown user is no error.',
    params: { roomName: existing(RoomName), userName: required(UserName) },
    result: UserSeen,
    errors: ['noRoom', 'notJoined'],
    access: 'user',
    order: { room: 'roomName' },
    example: { params: ['lobby', 'bob'], result: { joined: true, timestamp: 1767225600000 } },
  }),
};
