/** Messages, and posting them to a room. */
import Type, { type Static } from 'typebox';
import { carries, existing, JOINED, notification, optional, request, required } from './declare.ts';
import { defaultLimits } from './params/limits.ts';
import { MessageId, RoomName, UserName } from './params/types.ts';
import { MESSAGE_ID, messagePrefix, ROOM_MESSAGE, type Mentioning } from './wire/message-frame.ts';
import { encodeValue } from './wire/msgpack.ts';
import type { ValueMap } from './params/values.ts';

export const Message = Type.Unsafe<ValueMap>({
  type: 'object',
  title: 'Message',
  description:
    "Any map of at most `limits.messageBytes`. `author`, `timestamp` and `id` in it are overwritten; `mentions` and `mentionAll` are dropped, for they are options, and so are `version`, `updatedAt`, `reactions`, `repliesCount` and `recalled`, which are the server's.",
});

export const ProcessedMessage = Type.Unsafe<ValueMap>({
  type: 'object',
  title: 'ProcessedMessage',
  required: ['timestamp'],
  description:
    "The author's map plus `author` (UserName), `timestamp` (Timestamp) and `id` (MessageId; absent if transient, and of a direct message that is not stored), and where it mentions somebody `mentions` (names) and `mentionAll` (true). What the service itself sent has an `author` only if its map has. It is the latest version: of one that has changed `version` (1 where left out) and `updatedAt` (Timestamp) say so; `reactions` (ReactionCounts) and `repliesCount` are there where there are any; text that is appended to has `done`, false until the end. Of a message that was recalled, or whose content was erased, `id`, `author`, `timestamp` and `recalled: true` are left, with `version` and `updatedAt` where it was recalled.",
});

/** Bytes of `pushData` in MessagePack. */
export const PUSH_DATA_BYTES = 4096;

/** Names that one message mentions. */
const MENTIONS_MAX = 50;

/** Whom a message mentions, as its options say. */
export const MESSAGE_MENTIONS = Type.Optional(
  Type.Array(UserName, {
    maxItems: MENTIONS_MAX,
    description: `Users, at most ${MENTIONS_MAX}, who are mentioned: it comes back as a field of the message, without names that nobody can have.`,
  }),
);

/** What a message may have wherever it goes. */
const common = {
  clientMessageId: Type.Optional(
    Type.String({
      maxLength: defaultLimits.clientMessageIdLength,
      description:
        'Chosen by the client, unique per author and room or receiver. A repeat within 5 minutes gives the first result and publishes nothing.',
    }),
  ),
  transient: Type.Optional(
    Type.Boolean({
      description:
        'Not stored, no id, result nil; dropped for readers who lag. Of those with an `event` in their map, which a socket sends to one room or user within 100 ms of another one with the same `event`, only the latest goes, when the time is over.',
    }),
  ),
  mentions: MESSAGE_MENTIONS,
  pushData: Type.Optional(
    Type.Unsafe<ValueMap>({
      type: 'object',
      description: `Given to the operator's \`onAbsent\` with the message; at most ${PUSH_DATA_BYTES} bytes in MessagePack. Nobody else gets it.`,
    }),
  ),
};

export const MessageOptions = Type.Object(
  {
    ...common,
    mentionAll: Type.Optional(
      Type.Boolean({
        description:
          'Mentions all who are in the room; for its owner and admins. Comes back as a field of the message.',
      }),
    ),
    will: Type.Optional(
      Type.Boolean({
        description:
          'Not posted now: kept for this socket, which has one will at a time, the last one. It is posted when the socket goes without `disconnect()`, also with its node, as far as the user may post there then. Result nil.',
      }),
    ),
    priority: Type.Optional(
      Type.Union([Type.Literal('high'), Type.Literal('normal'), Type.Literal('low')], {
        description:
          'Of a transient message to a room: for a reader who lags, `low` ones are dropped first, then `normal` ones, then `high` ones. `normal` where it is left out.',
      }),
    ),
  },
  { title: 'MessageOptions', description: 'Options of posting a message to a room.' },
);
export type MessageOptions = Static<typeof MessageOptions>;

/** Those of a room that mean nothing here are declared all the same: an option that is not known is ignored, and the message would go at once. */
export const DirectMessageOptions = Type.Object(
  {
    ...common,
    mentionAll: Type.Optional(Type.Boolean({ description: '`notAllowed`: a conversation has no owner.' })),
    will: Type.Optional(Type.Literal(false, { description: 'Only a message to a room can be a will.' })),
    priority: Type.Optional(
      Type.Literal('normal', { description: 'Only transient messages to rooms have another one.' }),
    ),
  },
  { title: 'DirectMessageOptions', description: 'Options of sending a message to a user.' },
);
export type DirectMessageOptions = Static<typeof DirectMessageOptions>;

export const messageRequests = {
  roomMessage: request({
    doc: 'Posts a message to a room that the user has joined with some socket. Gives its id once it is stored; nil if transient, or a will. An integer `replyTo` in a message that is stored names one of the room that is there, whose `repliesCount` grows.',
    params: { roomName: existing(RoomName), message: required(Message), options: optional(MessageOptions) },
    result: Type.Union([MessageId, Type.Null()]),
    errors: ['noRoom', 'notJoined', 'notAllowed', 'messageTooLarge', 'silenced', 'noMessage', 'roomExpired'],
    access: 'user',
    check: 'roomMessageCheck',
    pipelined: 'posts',
    cost: { spread: { room: 'roomName' } },
    example: { params: ['lobby', { textMessage: 'hello' }, { clientMessageId: 'c-1' }], result: 42 },
  }),
};

export const messageNotifications = {
  roomMessage: notification({
    doc: 'A message was posted to the room. Ids come in order and without gaps.',
    params: [carries('roomName', RoomName), carries('message', ProcessedMessage)],
    audience: `${JOINED} The sender's included.`,
    example: ['lobby', { textMessage: 'hello', author: 'bob', timestamp: 1767225600500, id: 42 }],
  }),
};

export interface RoomMessageFrame {
  readonly prefix: Uint8Array;
  readonly middle: Uint8Array;
  /** Size of the client's message map in MessagePack, to be held against `limits.messageBytes`. */
  readonly bytes: number;
}

const NOTHING = new Uint8Array(0);

/**
 * `prefix ++ u64be(timestamp) ++ middle ++ u64be(id)` is the frame `[2, 'roomMessage', [roomName, {…message, author,
 * timestamp, id}]]`. For a transient message there is no id and `prefix ++ u64be(timestamp)` is the whole. Top-level
 * `author`, `timestamp` and `id` of the message are dropped, and what it mentions is put in their place. Without an author it is
 * the service itself: it adds no `author`, and one in the message stays.
 */
export function roomMessageFrame(
  roomName: string,
  author: string | undefined,
  message: ValueMap,
  transient: boolean,
  mentioning: Mentioning = {},
): RoomMessageFrame {
  const beginning = [ROOM_MESSAGE, encodeValue(roomName)];
  const { prefix, bytes } = messagePrefix(beginning, author, message, !transient, { mentioning });
  return { prefix, middle: transient ? NOTHING : MESSAGE_ID, bytes };
}

/** The same of a message whose content is gone. */
export function recalledMessageFrame(roomName: string, author: string | undefined): RoomMessageFrame {
  const beginning = [ROOM_MESSAGE, encodeValue(roomName)];
  return { ...messagePrefix(beginning, author, {}, true, { isRecalled: true }), middle: MESSAGE_ID };
}
