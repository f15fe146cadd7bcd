/** Rooms that people belong to: making them, the list of one's own, what each is, and whether one wants to be called for it. */
import Type, { type Static } from 'typebox';
import { Signature } from './connection.ts';
import { AttributeMap } from './attributes.ts';
import { carries, defaulted, existing, notification, request } from './declare.ts';
import { Role } from './member.ts';
import { ProcessedMessage } from './message.ts';
import { Count, Epoch, MessageId, NextCursor, RoomName, Timestamp, UserName } from './params/types.ts';

export const RoomKind = Type.Union([Type.Literal('normal'), Type.Literal('transient'), Type.Literal('temporary')], {
  title: 'RoomKind',
  description:
    '`normal`: people may belong to it. `transient`: nobody does; who is in it is counted and not told, and a socket is in one such room at a time: joining another one leaves it (`roomLeftEcho` with its own id), and of several in `roomsJoin` the last one stays. `temporary`: its members are those it was made with, and it ends by itself.',
});
export type RoomKind = Static<typeof RoomKind>;

export const Writers = Type.Union([Type.Literal('all'), Type.Literal('admins'), Type.Literal('owner')], {
  title: 'Writers',
  description: 'Who may post: everybody in the room, the owner and admins, or the owner.',
});
export type Writers = Static<typeof Writers>;

export const Invites = Type.Union([Type.Literal('members'), Type.Literal('admins')], {
  title: 'Invites',
  description: 'Who may add members: every member, or the owner and admins.',
});
export type Invites = Static<typeof Invites>;

/** Members that a room is made with, its creator included. */
export const MEMBERS_AT_CREATION = 500;
export const TEMPORARY_MEMBERS = 10;
export const TEMPORARY_MS_MAX = 30 * 24 * 3600 * 1000;
export const TEMPORARY_MS_DEFAULT = 24 * 3600 * 1000;
export const SLOW_MODE_MS_MAX = 24 * 3600 * 1000;

export const ConversationOptions = Type.Object(
  {
    members: Type.Optional(
      Type.Array(UserName, {
        maxItems: MEMBERS_AT_CREATION,
        description: 'Who belongs to it besides the caller, who always does.',
      }),
    ),
    unique: Type.Optional(
      Type.Boolean({
        description:
          'The room of exactly these people is given where there is one: of two for good, whatever became of its members; of more as long as it has exactly these members. For `normal` rooms without `roomName`.',
      }),
    ),
    roomName: Type.Optional(RoomName),
    kind: Type.Optional(RoomKind),
    ttlMs: Type.Optional(
      Type.Integer({
        minimum: 1000,
        maximum: TEMPORARY_MS_MAX,
        description: `How long a \`temporary\` room is there; ${TEMPORARY_MS_DEFAULT} where left out.`,
      }),
    ),
    attributes: Type.Optional(AttributeMap),
    writers: Type.Optional(Writers),
    invites: Type.Optional(Invites),
    whitelistOnly: Type.Optional(
      Type.Boolean({ description: 'Only members and listed users may join; on by default.' }),
    ),
    signature: Type.Optional(Signature),
  },
  {
    title: 'ConversationOptions',
    description:
      'What a room is made with. Where the service asks for it, with a signature over `create:U:names:timestamp:nonce` of the caller U and the members named, in the order of their bytes, joined by `:`.',
  },
);
export type ConversationOptions = Static<typeof ConversationOptions>;

export const ConversationCreated = Type.Object(
  {
    roomName: RoomName,
    created: Type.Boolean({ description: 'False where the room of these people was there.' }),
    epoch: Epoch,
  },
  { title: 'ConversationCreated', description: 'The room that was made, or found.' },
);
export type ConversationCreated = Static<typeof ConversationCreated>;

export const RoomListed = Type.Object(
  {
    roomName: RoomName,
    kind: RoomKind,
    role: Role,
    attributes: AttributeMap,
    memberCount: Count,
    lastMessage: Type.Union([ProcessedMessage, Type.Null()], { description: 'Nil where none is kept.' }),
    lastActivity: Timestamp,
    unread: Count,
    mentioned: Type.Boolean({ description: 'An unread message mentions the caller.' }),
    muted: Type.Boolean({ description: 'The caller wants no push for it.' }),
  },
  { title: 'RoomListed', description: 'A room that one belongs to, as the list has it.' },
);
export type RoomListed = Static<typeof RoomListed>;

/** Rooms in one page of the list. */
export const ROOM_LIST_MAX = 100;

export const RoomListOptions = Type.Object(
  {
    cursor: Type.Optional(Type.String({ description: 'The `cursor` of the page before; none for the first page.' })),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: ROOM_LIST_MAX, description: 'Rooms wanted, 20 where left out.' }),
    ),
    kind: Type.Optional(RoomKind),
    attributes: Type.Optional(AttributeMap),
    members: Type.Optional(
      Type.Array(UserName, { maxItems: 10, description: 'Only rooms to which all of these belong as well.' }),
    ),
  },
  {
    title: 'RoomListOptions',
    description:
      'Which rooms of the list. `attributes` names values by dotted path (`{"order.state": "open"}`); only rooms that have exactly these are given.',
  },
);
export type RoomListOptions = Static<typeof RoomListOptions>;

export const RoomListPage = Type.Object(
  {
    rooms: Type.Array(RoomListed),
    cursor: NextCursor,
  },
  { title: 'RoomListPage', description: 'Rooms that one belongs to, newest activity first.' },
);
export type RoomListPage = Static<typeof RoomListPage>;

export const RoomDescription = Type.Object(
  {
    roomName: RoomName,
    kind: RoomKind,
    owner: Type.Union([UserName, Type.Null()]),
    role: Type.Union([Role, Type.Null()], {
      description: "The caller's; nil for who is no member, nor owner or admin.",
    }),
    whitelistOnly: Type.Boolean(),
    writers: Writers,
    invites: Invites,
    slowModeMs: Type.Integer({ minimum: 0, description: '0 where there is none.' }),
    memberCount: Count,
    occupantCount: Count,
    attributes: AttributeMap,
    version: Type.Integer({ minimum: 0, description: 'Of the attributes.' }),
    endsAt: Type.Union([Timestamp, Type.Null()], { description: 'When a temporary room ends.' }),
    silencedUntil: Type.Optional(
      Type.Union([Timestamp, Type.Null()], {
        description: 'Where the caller may not post: until when, nil for good; absent where it may.',
      }),
    ),
    muted: Type.Boolean(),
    epoch: Epoch,
    lastMessageId: MessageId,
  },
  { title: 'RoomDescription', description: 'What a room is, and what the caller is to it.' },
);
export type RoomDescription = Static<typeof RoomDescription>;

export const conversationRequests = {
  conversationCreate: request({
    doc: 'Makes a room that people belong to, whether they are online or not; the caller is its owner and a member, and joined to it only by joining. Every member is told by `roomInvited`, but for the socket that asks. A `transient` room has no members; a `temporary` one has up to 10, and neither name nor attributes of its own. Without `roomName` the service chooses a name.',
    params: { options: defaulted(ConversationOptions, {}) },
    result: ConversationCreated,
    errors: [
      'notAllowed',
      'invalidName',
      'roomExists',
      'noUser',
      'tooManyRooms',
      'listLimitExceeded',
      'quotaExceeded',
      'badSignature',
      'tooLarge',
    ],
    access: 'user',
    on: 'user',
    usersMay: 'roomsManagement',
    order: { roomIn: 'options' },
    cost: { units: 10 },
    example: {
      params: [{ members: ['bob'], unique: true, attributes: { title: 'Tea' } }],
      result: { roomName: 'u-mrx2b5nqkzsd4wavtu6jcfhy7e', created: true, epoch: 'e3b0c442' },
    },
  }),

  roomInfo: request({
    doc: 'Describes the room, for members, who is in it, its owner and admins.',
    params: { roomName: existing(RoomName) },
    result: RoomDescription,
    errors: ['noRoom', 'notJoined'],
    access: 'user',
    reads: true,
    example: {
      params: ['lobby'],
      result: {
        roomName: 'lobby',
        kind: 'normal',
        owner: 'alice',
        role: 'member',
        whitelistOnly: true,
        writers: 'all',
        invites: 'members',
        slowModeMs: 0,
        memberCount: 3,
        occupantCount: 2,
        attributes: { title: 'Tea' },
        version: 1,
        endsAt: null,
        muted: false,
        epoch: 'e3b0c442',
        lastMessageId: 42,
      },
    },
  }),

  roomList: request({
    doc: 'Gives the rooms that the caller belongs to, newest activity first. Of those with more than fit into a response the rest follows by `cursor`. Each room costs 0.05 units more.',
    params: { options: defaulted(RoomListOptions, {}) },
    result: RoomListPage,
    errors: [],
    access: 'user',
    reads: true,
    on: 'user',
    cost: { units: 5, page: true },
    example: {
      params: [{ limit: 20 }],
      result: {
        rooms: [
          {
            roomName: 'lobby',
            kind: 'normal',
            role: 'owner',
            attributes: { title: 'Tea' },
            memberCount: 3,
            lastMessage: { textMessage: 'hello', author: 'bob', timestamp: 1767225600500, id: 42 },
            lastActivity: 1767225600500,
            unread: 2,
            mentioned: false,
            muted: false,
          },
        ],
        cursor: null,
      },
    },
  }),

  roomMute: request({
    doc: 'The caller, a member, wants no push for the room: it is named as `muted` where the operator is told of absent members. Messages come as ever.',
    params: { roomName: existing(RoomName) },
    result: Type.Null(),
    errors: ['noRoom', 'notAllowed'],
    access: 'user',
    on: 'user',
    example: { params: ['lobby'], result: null },
  }),

  roomUnmute: request({
    doc: 'Takes back `roomMute`.',
    params: { roomName: existing(RoomName) },
    result: Type.Null(),
    errors: ['noRoom', 'notAllowed'],
    access: 'user',
    on: 'user',
    example: { params: ['lobby'], result: null },
  }),
};

export const conversationNotifications = {
  roomMuteEcho: notification({
    doc: 'Another socket of the user has muted the room, or unmuted it.',
    params: [carries('roomName', RoomName), carries('muted', Type.Boolean())],
    audience: "The user's other sockets, on any node.",
    example: ['lobby', true],
  }),
};
