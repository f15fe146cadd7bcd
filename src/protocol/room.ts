/** Rooms themselves: creating, deleting and losing them, and what they are. */
import Type, { type Static } from 'typebox';
import { carries, creating, defaulted, existing, notification, optional, request } from './declare.ts';
import { Options, RoomName, UserName } from './params/types.ts';

export const NotificationsInfo = Type.Object(
  {
    enableUserlistUpdates: Type.Boolean({ description: '`roomUserJoined` and `roomUserLeft` are sent.' }),
    enableAccessListsUpdates: Type.Boolean({ description: 'Changes of the access lists are announced.' }),
  },
  { title: 'NotificationsInfo', description: 'Which notifications a room sends.' },
);
export type NotificationsInfo = Static<typeof NotificationsInfo>;

export const roomRequests = {
  roomCreate: request({
    doc: 'Creates a room. The caller becomes its owner and is not joined.',
    params: {
      roomName: creating(RoomName),
      whitelistOnly: defaulted(Type.Boolean({ description: 'Only listed users may join.' }), false),
      options: optional(Options),
    },
    result: Type.Null(),
    errors: ['notAllowed', 'invalidName', 'roomExists', 'quotaExceeded'],
    access: 'user',
    usersMay: 'roomsManagement',
    example: { params: ['lobby', false], result: null },
  }),

  roomDelete: request({
    doc: 'Deletes a room; only its owner may. All sockets of each joined user get `roomAccessRemoved`; sessions lose it.',
    params: { roomName: existing(RoomName) },
    result: Type.Null(),
    errors: ['notAllowed', 'noRoom'],
    access: 'user',
    usersMay: 'roomsManagement',
    order: { room: 'roomName' },
    cost: { units: 4 },
    example: { params: ['lobby'], result: null },
  }),

  roomGetOwner: request({
    doc: 'Gives the owner of the room, nil if it has none.',
    params: { roomName: existing(RoomName) },
    result: Type.Union([UserName, Type.Null()]),
    errors: ['noRoom', 'notJoined'],
    access: 'user',
    reads: true,
    example: { params: ['lobby'], result: 'alice' },
  }),

  roomNotificationsInfo: request({
    doc: 'Tells which notifications the room sends.',
    params: { roomName: existing(RoomName) },
    result: NotificationsInfo,
    errors: ['noRoom', 'notJoined'],
    access: 'user',
    reads: true,
    example: { params: ['lobby'], result: { enableUserlistUpdates: true, enableAccessListsUpdates: true } },
  }),
};

export const roomNotifications = {
  roomAccessRemoved: notification({
    doc: 'The user lost the room, by its deletion or by a change of its lists, mode or owner: none of its sockets is joined any more.',
    params: [carries('roomName', RoomName)],
    audience: 'All sockets of the user, joined or not.',
    example: ['lobby'],
  }),
};
