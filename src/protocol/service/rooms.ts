/** What the service itself asks about rooms and nodes. */
import Type from 'typebox';
import { optional, request, required } from '../declare.ts';
import { ListName, RoomName, UserName } from '../params/types.ts';
import {
  AddRoomOptions,
  ApiPageOptions,
  historyAgeMax,
  historySizeMax,
  NamesPage,
  NodesPage,
  RoomDetails,
} from './types.ts';

const Switch = Type.Boolean({ description: 'On.' });

export const serverRoomRequests = {
  addRoom: request({
    doc: 'Creates a room, with its lists.',
    params: { roomName: required(RoomName), options: optional(AddRoomOptions) },
    result: Type.Null(),
    errors: ['invalidName', 'roomExists', 'listLimitExceeded'],
    access: 'service',
    example: { params: ['lobby', { owner: 'alice', adminlist: ['bob'] }], result: null },
  }),

  deleteRoom: request({
    doc: 'Deletes a room, as `roomDelete` does for its owner.',
    params: { roomName: required(RoomName) },
    result: Type.Null(),
    errors: ['noRoom'],
    access: 'service',
    example: { params: ['lobby'], result: null },
  }),

  hasRoom: request({
    doc: 'Tells whether there is such a room.',
    params: { roomName: required(RoomName) },
    result: Type.Boolean(),
    errors: [],
    access: 'service',
    example: { params: ['lobby'], result: true },
  }),

  roomHasInList: request({
    doc: 'Tells whether a name is in a list of a room: `adminlist`, `whitelist`, `blacklist`, or `userlist`, its members.',
    params: { roomName: required(RoomName), listName: required(ListName), item: required(UserName) },
    result: Type.Boolean(),
    errors: ['noRoom', 'noList'],
    access: 'service',
    example: { params: ['lobby', 'userlist', 'alice'], result: true },
  }),

  hasRoomAccess: request({
    doc: 'Tells whether a user, known or not, may join a room. Not if there is no such room.',
    params: { roomName: required(RoomName), userName: required(UserName) },
    result: Type.Boolean(),
    errors: [],
    access: 'service',
    example: { params: ['lobby', 'alice'], result: true },
  }),

  changeRoomOwner: request({
    doc: 'Gives a room another owner, known or not, or none. The one before is out if it would not be admitted otherwise.',
    params: {
      roomName: required(RoomName),
      owner: required(Type.Union([UserName, Type.Null()], { description: 'nil for none.' })),
    },
    result: Type.Null(),
    errors: ['noRoom', 'invalidName'],
    access: 'service',
    example: { params: ['lobby', 'bob'], result: null },
  }),

  changeRoomHistoryMaxSize: request({
    doc: 'Sets how many messages a room keeps. Of those there are now, the oldest are gone at once if they are too many.',
    params: {
      roomName: required(RoomName),
      historyMaxSize: required(
        Type.Integer({ minimum: 0, maximum: historySizeMax, description: 'Messages; 0 keeps none.' }),
      ),
    },
    result: Type.Null(),
    errors: ['noRoom'],
    access: 'service',
    example: { params: ['lobby', 1000], result: null },
  }),

  changeRoomHistoryMaxAge: request({
    doc: "Sets up to which age a room's messages are given and kept, in place of PARLEY_HISTORY_MAX_AGE_MS. Of those there are now, the older ones are gone at once; a longer age brings none back.",
    params: {
      roomName: required(RoomName),
      historyMaxAgeMs: required(
        Type.Union([Type.Integer({ minimum: 0, maximum: historyAgeMax }), Type.Null()], {
          description: "Milliseconds; 0 for ever, nil for the service's setting.",
        }),
      ),
    },
    result: Type.Null(),
    errors: ['noRoom'],
    access: 'service',
    example: { params: ['lobby', 86_400_000], result: null },
  }),

  changeAccessListsUpdates: request({
    doc: 'Switches whether a room announces changes of its lists and its mode. Nobody is told of the switch.',
    params: { roomName: required(RoomName), enabled: required(Switch) },
    result: Type.Null(),
    errors: ['noRoom'],
    access: 'service',
    example: { params: ['lobby', true], result: null },
  }),

  changeUserlistUpdates: request({
    doc: 'Switches whether a room announces who joins and leaves. Nobody is told of the switch.',
    params: { roomName: required(RoomName), enabled: required(Switch) },
    result: Type.Null(),
    errors: ['noRoom'],
    access: 'service',
    example: { params: ['lobby', true], result: null },
  }),

  roomGet: request({
    doc: 'Describes a room: its rules, the sizes of its lists, its history, its attributes, and the nodes with sockets in it.',
    params: { roomName: required(RoomName) },
    result: RoomDetails,
    errors: ['noRoom'],
    access: 'service',
    example: {
      params: ['lobby'],
      result: {
        roomName: 'lobby',
        owner: 'alice',
        whitelistOnly: false,
        enableUserlistUpdates: true,
        enableAccessListsUpdates: true,
        sizes: { userlist: 2, members: 3, adminlist: 1, whitelist: 0, blacklist: 0 },
        history: {
          historyMaxGetMessages: 100,
          historyMaxSize: 10000,
          historySize: 42,
          lastMessageId: 42,
          oldestMessageId: 1,
          epoch: 'e3b0c442',
          lastChange: 3,
          lastChangeTimestamp: 1767225600400,
        },
        historyMaxAgeMs: null,
        kind: 'normal',
        attributes: { title: 'Tea' },
        version: 1,
        nodes: [{ nodeId: 'n8Jd0w', sockets: 3 }],
      },
    },
  }),

  roomsList: request({
    doc: 'Gives the names of all rooms, page by page.',
    params: { options: optional(ApiPageOptions) },
    result: NamesPage,
    errors: [],
    access: 'service',
    example: { params: [{ limit: 100 }], result: { names: ['lobby'], cursor: null } },
  }),

  nodesList: request({
    doc: 'Gives the nodes of the service, page by page, those that died and are being cleaned up after included.',
    params: { options: optional(ApiPageOptions) },
    result: NodesPage,
    errors: [],
    access: 'service',
    example: {
      params: [],
      result: {
        nodes: [{ nodeId: 'n8Jd0w', leaseExpiresAt: 1767225610000, claimed: false, topics: 12 }],
        cursor: null,
      },
    },
  }),
};
