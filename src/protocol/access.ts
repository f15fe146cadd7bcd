/** Who may do what in a room: its lists and its mode. */
import Type, { type Static } from 'typebox';
import { Signature } from './connection.ts';
import { carries, existing, JOINED, mayCarry, notification, optional, request, required } from './declare.ts';
import { ListName, ListNames, PageOptions, RoomName, Timestamp, UserlistPage, UserName } from './params/types.ts';

export const ListEditOptions = Type.Object(
  {
    signature: Type.Optional(Signature),
    until: Type.Optional(Timestamp),
  },
  {
    title: 'ListEditOptions',
    description:
      'What an edit of a blacklist needs where the service asks for it: a signature over `block:U:R:names:timestamp:nonce`, or `unblock:…` to take users out, of the user U who asks, the room R and the names in the order of their bytes, joined by `:`. Users who are put on the blacklist with `until` are off it by themselves at that time, of which nobody is told, and may join again; without it, for good. For other lists, and to take users out, it is `badArgument`.',
  },
);
export type ListEditOptions = Static<typeof ListEditOptions>;

export const accessRequests = {
  roomAddToList: request({
    doc: 'Adds users to a list of the room: the owner to any, admins to `whitelist` and `blacklist` unless the owner is among the names. Members who may not be in the room any more are out when it is answered.',
    params: {
      roomName: existing(RoomName),
      listName: required(ListName),
      userNames: required(ListNames),
      options: optional(ListEditOptions),
    },
    result: Type.Null(),
    errors: ['noRoom', 'notAllowed', 'noList', 'invalidName', 'badSignature', 'listLimitExceeded', 'quotaExceeded'],
    access: 'user',
    cost: { each: { param: 'userNames', units: 0.1 } },
    example: { params: ['lobby', 'blacklist', ['mallory'], { until: 1767225600000 }], result: null },
  }),

  roomRemoveFromList: request({
    doc: 'Takes users out of a list of the room. Rights and consequences are those of `roomAddToList`.',
    params: {
      roomName: existing(RoomName),
      listName: required(ListName),
      userNames: required(ListNames),
      options: optional(ListEditOptions),
    },
    result: Type.Null(),
    errors: ['noRoom', 'notAllowed', 'noList', 'invalidName', 'badSignature'],
    access: 'user',
    cost: { each: { param: 'userNames', units: 0.1 } },
    example: { params: ['lobby', 'blacklist', ['mallory']], result: null },
  }),

  roomGetAccessList: request({
    doc: 'Gives the names in a list of the room, unordered: `adminlist`, `whitelist`, `blacklist`, or `userlist`, its members. A userlist longer than `limits.userlistPage`, and a list that does not fit into one reply, is read page by page: with options, which may be an empty map, a page is given instead (a `UserlistPage`; of a list that changes meanwhile nobody is left out who is in it all the while, and somebody may come twice).',
    params: { roomName: existing(RoomName), listName: required(ListName), options: optional(PageOptions) },
    result: Type.Union([Type.Array(UserName), UserlistPage]),
    errors: ['noRoom', 'notJoined', 'noList', 'listTooLong'],
    access: 'user',
    reads: true,
    cost: { units: 3, page: true },
    example: { params: ['lobby', 'userlist'], result: ['alice', 'bob'] },
  }),

  roomSetWhitelistMode: request({
    doc: 'Opens the room to everybody, or to its owner, admins and whitelist only. The owner and admins may. Members who may not be in the room any more are out when it is answered; in a large room each node takes out its own before it delivers anything later.',
    params: { roomName: existing(RoomName), mode: required(Type.Boolean({ description: 'Whitelist-only.' })) },
    result: Type.Null(),
    errors: ['noRoom', 'notAllowed'],
    access: 'user',
    cost: { units: 10 },
    example: { params: ['lobby', true], result: null },
  }),

  roomGetWhitelistMode: request({
    doc: 'Tells whether the room is whitelist-only.',
    params: { roomName: existing(RoomName) },
    result: Type.Boolean(),
    errors: ['noRoom', 'notJoined'],
    access: 'user',
    reads: true,
    example: { params: ['lobby'], result: false },
  }),
};

const LISTS = `${JOINED} Only in rooms with \`enableAccessListsUpdates\`. Those who lose the room by it hear it first.`;

export const accessNotifications = {
  roomAccessListAdded: notification({
    doc: 'Users were added to a list of the room; the names are those of the request. With `until` they are off the blacklist again at that time, of which nothing is told.',
    params: [
      carries('roomName', RoomName),
      carries('listName', ListName),
      carries('userNames', ListNames),
      mayCarry('until', Timestamp),
    ],
    audience: LISTS,
    example: ['lobby', 'blacklist', ['mallory'], 1767225600000],
  }),

  roomAccessListRemoved: notification({
    doc: 'Users were taken out of a list of the room; the names are those of the request.',
    params: [carries('roomName', RoomName), carries('listName', ListName), carries('userNames', ListNames)],
    audience: LISTS,
    example: ['lobby', 'whitelist', ['mallory']],
  }),

  roomModeChanged: notification({
    doc: 'The mode of the room was set, perhaps to what it was.',
    params: [carries('roomName', RoomName), carries('mode', Type.Boolean({ description: 'Whitelist-only.' }))],
    audience: LISTS,
    example: ['lobby', true],
  }),
};
