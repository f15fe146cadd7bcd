/**
 * Schemas of the things that several requests and notifications share, with their documentation. A schema with a
 * `title` is a named type of the protocol document; `form: 'name'` marks strings that are brought to NFC on arrival.
 */
import Type, { type Static } from 'typebox';
import { defaultLimits, deviceIdLength } from './limits.ts';
import type { Value, ValueMap } from './values.ts';

export const RoomName = Type.String({ title: 'RoomName', form: 'name', description: 'Name of a room.' });

export const UserName = Type.String({ title: 'UserName', form: 'name', description: 'Name of a user.' });

export const SocketId = Type.String({ title: 'SocketId', description: 'Opaque id of one connection.' });

export const Timestamp = Type.Integer({
  title: 'Timestamp',
  minimum: 0,
  description: 'Milliseconds since the epoch, UTC.',
});

export const MessageId = Type.Integer({
  title: 'MessageId',
  minimum: 0,
  description: 'Number of a message in its room: 1, 2, 3 … without gaps. 0 stands for "before the first".',
});

export const Epoch = Type.String({
  title: 'Epoch',
  description: "Opaque name of a log's life. Message ids of different epochs are not comparable.",
});

export const Count = Type.Integer({ title: 'Count', minimum: 0, description: 'A number of things.' });

export const AnyValue = Type.Unsafe<Value>({
  title: 'AnyValue',
  description: 'Nil, a boolean, a number, a string, bytes, an array or a map.',
});

export const Message = Type.Unsafe<ValueMap>({
  type: 'object',
  title: 'Message',
  description: 'Any map of at most `limits.messageBytes`. `author`, `timestamp` and `id` in it are overwritten.',
});

export const ProcessedMessage = Type.Unsafe<ValueMap>({
  type: 'object',
  title: 'ProcessedMessage',
  required: ['timestamp'],
  description:
    "The author's map plus `author` (UserName), `timestamp` (Timestamp) and `id` (MessageId; absent if transient, and of a direct message). What the service itself sent has an `author` only if its map has.",
});

export const Options = Type.Object(
  {},
  { title: 'Options', description: 'No options are known yet; unknown keys are ignored.' },
);

export const JoinOptions = Type.Object(
  {
    group: Type.Optional(
      Type.String({
        form: 'name',
        description:
          'Group of the session to file the room under, if this socket takes part in it; `custom` for a room not filed yet. `system` is reserved.',
      }),
    ),
  },
  { title: 'JoinOptions', description: 'Options of joining a room.' },
);

export const MessageOptions = Type.Object(
  {
    clientMessageId: Type.Optional(
      Type.String({
        maxLength: defaultLimits.clientMessageIdLength,
        description:
          'Chosen by the client, unique per author and room or receiver. A repeat within 5 minutes gives the first result and publishes nothing.',
      }),
    ),
    transient: Type.Optional(
      Type.Boolean({ description: 'Not stored, no id, result nil; may be dropped for slow readers.' }),
    ),
  },
  { title: 'MessageOptions', description: 'Options of posting a message.' },
);

export const PageOptions = Type.Object(
  {
    cursor: Type.Optional(Type.String({ description: 'The `cursor` of the page before; none for the first page.' })),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        description:
          'Names wanted, up to `limits.userlistPage`; a page may be shorter, and one of a list other than the userlist somewhat longer.',
      }),
    ),
  },
  { title: 'PageOptions', description: 'Which page of a list.' },
);

/** Names that one request adds to a list or takes out of it. */
export const listNamesMax = 500;

export const ListNames = Type.Array(UserName, {
  title: 'ListNames',
  maxItems: listNamesMax,
  description: 'Users, known or not. Of a list that is too long `badArgument` shows nothing.',
});

export const ListName = Type.String({ title: 'ListName', description: 'Name of an access list.' });

export const Chat = Type.Object(
  {
    name: RoomName,
    group: Type.String({ description: 'The group of the session that the room is filed under.' }),
    private: Type.Boolean({ description: 'The room is whitelist-only.' }),
    meta: Type.Unsafe<ValueMap>({ type: 'object', description: 'Attributes of the room; empty for now.' }),
  },
  { title: 'Chat', description: "A room as it is filed in a user's session." },
);

export const ChatNotice = Type.Object(
  { chat: Chat },
  { title: 'ChatNotice', description: 'What happened to it is in the name of the notification.' },
);

export const SessionChats = Type.Unsafe<{ [group: string]: { [roomName: string]: Static<typeof Chat> } }>({
  type: 'object',
  title: 'SessionChats',
  required: ['custom'],
  description: 'Group → name of the room → `Chat`. `custom` is always there.',
});

export const RoomPosition = Type.Object(
  {
    roomName: RoomName,
    epoch: Type.Optional(Epoch),
    lastMessageId: Type.Optional(MessageId),
    lastTimestamp: Type.Optional(Timestamp),
    group: Type.Optional(Type.String({ form: 'name', description: 'As in JoinOptions.' })),
  },
  {
    title: 'RoomPosition',
    description:
      'How far a client has seen a room: the epoch, the id of the last message seen, and the timestamp of that message. Without `epoch` and `lastMessageId` it is a plain join.',
  },
);

export const ErrorValue = Type.Object(
  {
    code: Type.String({ description: "One of the error codes, or one that the operator's hooks have chosen." }),
    args: Type.Array(AnyValue, { description: 'As the table of errors says.' }),
    message: Type.String({ description: 'A sentence for people; not to be parsed.' }),
    temporary: Type.Boolean({ description: 'True if the same request, unchanged, may succeed later.' }),
    retryAfterMs: Type.Optional(Type.Integer({ minimum: 0, description: 'Wait this long before repeating it.' })),
  },
  { title: 'ErrorValue', description: 'Why a request was refused.' },
);

export const RoomJoined = Type.Object(
  {
    roomName: RoomName,
    njoined: Type.Integer({ minimum: 1, description: "The user's sockets joined to the room, this one included." }),
    epoch: Epoch,
    lastMessageId: MessageId,
    recovered: Type.Boolean({ description: 'False when the gap could not be filled whole.' }),
    messages: Type.Array(ProcessedMessage, { description: 'What was missed since the position, oldest first.' }),
  },
  { title: 'RoomJoined', description: 'A room joined by `roomsJoin`.' },
);

export const RoomRefused = Type.Object(
  { roomName: RoomName, error: ErrorValue },
  { title: 'RoomRefused', description: 'A room that `roomsJoin` could not join.' },
);

export const HistoryInfo = Type.Object(
  {
    historyMaxGetMessages: Type.Integer({ minimum: 0, description: 'Most messages in one response.' }),
    historyMaxSize: Type.Integer({ minimum: 0, description: 'Messages that are kept.' }),
    historySize: Type.Integer({ minimum: 0, description: 'Messages kept now.' }),
    lastMessageId: MessageId,
    oldestMessageId: Type.Integer({ minimum: 1, description: 'Oldest kept; `lastMessageId + 1` if none is.' }),
    epoch: Epoch,
  },
  { title: 'HistoryInfo', description: "State of a room's history." },
);

export const NotificationsInfo = Type.Object(
  {
    enableUserlistUpdates: Type.Boolean({ description: '`roomUserJoined` and `roomUserLeft` are sent.' }),
    enableAccessListsUpdates: Type.Boolean({ description: 'Changes of the access lists are announced.' }),
  },
  { title: 'NotificationsInfo', description: 'Which notifications a room sends.' },
);

export const UserSeen = Type.Object(
  {
    joined: Type.Boolean({ description: 'The user is a member now.' }),
    timestamp: Type.Union([Timestamp, Type.Null()], { description: 'When that last changed; nil if never.' }),
  },
  { title: 'UserSeen', description: "A user's presence in a room." },
);

export const UserlistPage = Type.Object(
  {
    names: Type.Array(UserName),
    cursor: Type.Union([Type.String(), Type.Null()], { description: 'For the next page; nil at the end.' }),
    count: Type.Integer({ minimum: 0, description: 'Names in the whole list.' }),
  },
  { title: 'UserlistPage', description: 'One page of the members of a room, or of another list of names.' },
);

export const Credentials = Type.Object(
  {
    token: Type.Optional(Type.String({ description: 'JWT; its subject is the user name.' })),
    userName: Type.Optional(
      Type.String({ form: 'name', description: 'Accepted alone only by services in open mode (development).' }),
    ),
    anonymous: Type.Optional(Type.Boolean({ description: 'Log in under a random name, where that is allowed.' })),
    resumeToken: Type.Optional(Type.String({ description: 'From the AuthData of an earlier login of this device.' })),
    deviceId: Type.Optional(Type.String({ maxLength: deviceIdLength, description: 'Names this device to its user.' })),
    enableSync: Type.Optional(
      Type.Boolean({
        description: "This socket takes part in its user's session: rooms filed by one device are told to the others.",
      }),
    ),
  },
  { title: 'Credentials', description: 'Who logs in.' },
);

const LimitsValue = Type.Object(
  {
    frameBytes: Type.Integer(),
    messageBytes: Type.Integer(),
    depth: Type.Integer(),
    nameBytes: Type.Integer(),
    roomsPerSocket: Type.Integer(),
    requestsInFlight: Type.Integer(),
    requestsPerSecond: Type.Integer(),
    historyMaxGetMessages: Type.Integer(),
    userlistPage: Type.Integer(),
    clientMessageIdLength: Type.Integer(),
    names: Type.Optional(
      Type.Literal('username', {
        description: 'Names are made by RFC 8265 (UsernameCaseMapped). Otherwise not there.',
      }),
    ),
  },
  { title: 'ServiceLimits', description: 'The limits of this service, as in the table of limits.' },
);

export const AuthData = Type.Object(
  {
    id: SocketId,
    userName: UserName,
    serverTime: Timestamp,
    heartbeatMs: Type.Integer({ minimum: 1, description: 'WebSocket pings come at least this often.' }),
    tokenExpiresAt: Type.Union([Timestamp, Type.Null()], {
      description:
        'When the socket is closed unless refreshed: of a resumed login the end of its chain. nil if it is not.',
    }),
    resumeToken: Type.String({ description: 'Logs the same user and device in again.' }),
    inbox: Type.Object(
      { epoch: Epoch, seq: Type.Integer({ minimum: 0 }) },
      { title: 'InboxPosition', description: "Position in the log of the user's notices. No request takes it yet." },
    ),
    protocol: Type.Literal(1, { description: 'Version of this protocol.' }),
    limits: LimitsValue,
  },
  {
    title: 'AuthData',
    description:
      'What a successful login gives. Claims of the token that the operator passes on are in it as well, under their own names; none replaces a field of this table. A login by `resumeToken` has those of the login that it resumes.',
  },
);

export type Chat = Static<typeof Chat>;
export type JoinOptions = Static<typeof JoinOptions>;
export type MessageOptions = Static<typeof MessageOptions>;
export type PageOptions = Static<typeof PageOptions>;
export type RoomPosition = Static<typeof RoomPosition>;
export type RoomJoined = Static<typeof RoomJoined>;
export type RoomRefused = Static<typeof RoomRefused>;
export type HistoryInfo = Static<typeof HistoryInfo>;
export type NotificationsInfo = Static<typeof NotificationsInfo>;
export type UserSeen = Static<typeof UserSeen>;
export type UserlistPage = Static<typeof UserlistPage>;
export type Credentials = Static<typeof Credentials>;
export type AuthData = Static<typeof AuthData>;
