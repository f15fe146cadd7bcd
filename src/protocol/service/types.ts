/** Schemas of what only the server API takes and gives. Those it shares with clients are in `../types.ts`. */
import { AttributeMap } from '../attributes.ts';
import { RoomKind } from '../conversation.ts';
import Type, { type Static } from 'typebox';
import { Count, ListNames, NextCursor, RoomName, SocketId, UserName } from '../params/types.ts';
import { HistoryInfo } from '../history.ts';

/** Bytes that a close frame has left for the reason, and some. */
export const reasonBytesMax = 100;
export const historySizeMax = 10_000_000;
/** A hundred years. */
export const historyAgeMax = 3_153_600_000_000;
export const apiPageMax = 1000;
export const apiPageDefault = 100;

export const As = Type.Object(
  {
    userName: Type.Optional(
      Type.String({
        form: 'name',
        description: 'The user on whose behalf it is asked. Without one, the service acts.',
      }),
    ),
    socketId: Type.Optional(
      Type.String({
        description:
          "A socket of that user, on whatever node: the one that joins or leaves; of other requests, the one that does not hear their echoes. Of a join or leave all of the user's sockets hear the echo.",
      }),
    ),
    bypassPermissions: Type.Optional(
      Type.Boolean({ description: 'The rights of the user do not count. The service without a user has all rights.' }),
    ),
    bypassHooks: Type.Optional(
      Type.Boolean({
        description: "The operator's hooks around the request (before, after, checks of messages) are not asked.",
      }),
    ),
  },
  { title: 'As', additionalProperties: false, description: 'On whose behalf a request is made, and with what rights.' },
);

export const AddUserOptions = Type.Object(
  {
    whitelist: Type.Optional(ListNames),
    blacklist: Type.Optional(ListNames),
    whitelistOnly: Type.Optional(Type.Boolean({ description: 'Only its whitelist may write to the user.' })),
  },
  { title: 'AddUserOptions', description: 'Who may write to a new user.' },
);

export const AddRoomOptions = Type.Object(
  {
    owner: Type.Optional(UserName),
    adminlist: Type.Optional(ListNames),
    whitelist: Type.Optional(ListNames),
    blacklist: Type.Optional(ListNames),
    whitelistOnly: Type.Optional(Type.Boolean({ description: 'Only listed users may join.' })),
    historyMaxSize: Type.Optional(
      Type.Integer({ minimum: 0, maximum: historySizeMax, description: 'Messages that are kept.' }),
    ),
    historyMaxAgeMs: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: historyAgeMax,
        description: 'Age up to which messages are given and kept; 0 for ever.',
      }),
    ),
    enableAccessListsUpdates: Type.Optional(Type.Boolean({ description: 'Changes of the lists are announced.' })),
    enableUserlistUpdates: Type.Optional(Type.Boolean({ description: 'Who joins and leaves is announced.' })),
  },
  {
    title: 'AddRoomOptions',
    description: "A new room. Without an owner it has none; what else is left out is as the service's settings say.",
  },
);

export const ApiPageOptions = Type.Object(
  {
    cursor: Type.Optional(Type.String({ maxLength: 600, description: 'The `cursor` of the page before.' })),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: apiPageMax,
        description: `How many are wanted; ${apiPageDefault} when left out.`,
      }),
    ),
  },
  { title: 'ApiPageOptions', description: 'Which page.' },
);

export const NamesPage = Type.Object(
  { names: Type.Array(Type.String()), cursor: NextCursor },
  {
    title: 'NamesPage',
    description:
      'Some of the names, in no order. What exists while all pages are read is in one of them, perhaps in two. A page may be shorter or somewhat longer than asked for, also empty; only a nil `cursor` is the end.',
  },
);

export const NodeInfo = Type.Object(
  {
    nodeId: Type.String({ description: 'Opaque id of an instance of a node; another one after each start.' }),
    leaseExpiresAt: Type.Integer({
      description: 'When it counts as dead unless it is heard of, by the clock of Redis.',
    }),
    claimed: Type.Boolean({ description: 'It was given up for dead, and others clean up after it.' }),
    topics: Type.Integer({ minimum: 0, description: 'Rooms and users with sockets on it, about.' }),
  },
  { title: 'NodeInfo', description: 'A node.' },
);

export const NodesPage = Type.Object(
  { nodes: Type.Array(NodeInfo), cursor: NextCursor },
  { title: 'NodesPage', description: 'Some of the nodes, by id.' },
);

export const RoomDetails = Type.Object(
  {
    roomName: RoomName,
    owner: Type.Union([UserName, Type.Null()], { description: 'nil if it has none.' }),
    whitelistOnly: Type.Boolean(),
    enableUserlistUpdates: Type.Boolean(),
    enableAccessListsUpdates: Type.Boolean(),
    sizes: Type.Object(
      { userlist: Count, members: Count, adminlist: Count, whitelist: Count, blacklist: Count },
      { title: 'RoomListSizes', description: 'Names in each list.' },
    ),
    history: HistoryInfo,
    historyMaxAgeMs: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
      description: "Age up to which its messages are given; 0 for ever, nil as the service's setting says.",
    }),
    kind: RoomKind,
    attributes: AttributeMap,
    version: Type.Integer({ minimum: 0, description: 'Of the attributes.' }),
    nodes: Type.Array(
      Type.Object(
        { nodeId: Type.String(), sockets: Count },
        { title: 'RoomNode', description: 'Sockets that are joined on one node.' },
      ),
    ),
  },
  { title: 'RoomDetails', description: 'A room as the operator sees it.' },
);

export const UserDetails = Type.Object(
  {
    userName: UserName,
    online: Type.Boolean(),
    sockets: Type.Array(
      Type.Object(
        { socketId: SocketId, nodeId: Type.String(), rooms: Type.Array(RoomName) },
        { title: 'UserSocket', description: 'A socket, its node, and the rooms it has joined.' },
      ),
    ),
    whitelistOnly: Type.Boolean({ description: 'Only its whitelist may write to it.' }),
    sizes: Type.Object(
      { whitelist: Count, blacklist: Count },
      { title: 'UserListSizes', description: "Names in each of the user's own lists." },
    ),
  },
  { title: 'UserDetails', description: 'A user as the operator sees it.' },
);

export const Reason = Type.String({
  minLength: 1,
  maxLength: reasonBytesMax,
  description: `For people, in the close frame: one line of at most ${reasonBytesMax} bytes.`,
});

export type As = Static<typeof As>;
export type AddUserOptions = Static<typeof AddUserOptions>;
export type AddRoomOptions = Static<typeof AddRoomOptions>;
export type ApiPageOptions = Static<typeof ApiPageOptions>;
export type RoomDetails = Static<typeof RoomDetails>;
export type UserDetails = Static<typeof UserDetails>;
