/** Changes of messages that are stored, in rooms and between two users: other words, none any more, reactions, more text. */
import Type, { type Static } from 'typebox';
import {
  carries,
  defaulted,
  existing,
  JOINED,
  notification,
  optional,
  request,
  required,
  type Params,
} from './declare.ts';
import { Message, MESSAGE_MENTIONS, ProcessedMessage } from './message.ts';
import { openFrame } from './wire/opening.ts';
import { By, Count, MessageId, NextCursor, RoomName, Timestamp, UserName } from './types.ts';

/** Different keys that the reactions to one message have. */
export const REACTION_KEYS_MAX = 32;
/** Bytes of a key in UTF-8. */
export const REACTION_KEY_BYTES = 64;
/** Of all users together, to one message. */
export const REACTIONS_MAX = 10_000;
/** Who reacted, in one page. */
export const REACTIONS_PAGE_MAX = 100;

const Version = Type.Integer({
  title: 'Version',
  minimum: 1,
  description: 'Counts the contents that a message has had: 1 as it was posted.',
});

export const ReactionCounts = Type.Record(Type.String(), Count, {
  title: 'ReactionCounts',
  description: 'How many users have reacted to a message, by key; a key that nobody has is left out.',
});
export type ReactionCounts = Static<typeof ReactionCounts>;

export const UpdateOptions = Type.Object(
  {
    ifVersion: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'Only if the message is of this version; `versionConflict` otherwise.',
      }),
    ),
    mentions: MESSAGE_MENTIONS,
  },
  { title: 'UpdateOptions', description: 'Options of giving a message another content.' },
);
export type UpdateOptions = Static<typeof UpdateOptions>;

export const RecallOptions = Type.Object(
  {
    reason: Type.Optional(
      Type.String({ maxLength: 256, description: 'Told to everybody who is there, and not kept with the message.' }),
    ),
  },
  { title: 'RecallOptions', description: 'Options of recalling a message.' },
);
export type RecallOptions = Static<typeof RecallOptions>;

export const ReactOptions = Type.Object(
  { remove: Type.Optional(Type.Boolean({ description: "Takes the caller's reaction back." })) },
  { title: 'ReactOptions', description: 'Options of reacting to a message.' },
);

export const AppendOptions = Type.Object(
  {
    offset: Type.Optional(
      Type.Integer({
        minimum: 0,
        description:
          'Bytes of UTF-8 in `textMessage` behind which the text belongs; its end where left out. What is there already has to be the same, and is not appended again: so an append may be repeated.',
      }),
    ),
    done: Type.Optional(
      Type.Boolean({ description: 'True with the last of the text: nothing can be appended behind it.' }),
    ),
  },
  { title: 'AppendOptions', description: 'Options of appending to a message.' },
);
export type AppendOptions = Static<typeof AppendOptions>;

export const ReactionsOptions = Type.Object(
  {
    key: Type.Optional(Type.String({ minLength: 1, description: 'Only reactions of this key.' })),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: REACTIONS_PAGE_MAX, description: 'Reactions wanted, 20 where left out.' }),
    ),
    cursor: Type.Optional(
      Type.String({ maxLength: 512, description: 'The `cursor` of the page before; none for the first page.' }),
    ),
  },
  { title: 'ReactionsOptions', description: 'Which reactions to a message.' },
);
export type ReactionsOptions = Static<typeof ReactionsOptions>;

export const ReactionsPage = Type.Object(
  {
    reactions: Type.Array(
      Type.Object({ userName: UserName, key: Type.String() }, { title: 'Reaction', description: 'Who reacted, how.' }),
    ),
    cursor: NextCursor,
  },
  { title: 'ReactionsPage', description: 'Who reacted to a message, by key and name.' },
);
export type ReactionsPage = Static<typeof ReactionsPage>;

const Changed = Type.Object(
  { version: Version, timestamp: Timestamp },
  { title: 'ChangedMessage', description: 'The version of the message now, and when it came to it.' },
);
const Reacted = Type.Object(
  { counts: ReactionCounts },
  { title: 'Reacted', description: 'The reactions to the message now.' },
);
const Appended = Type.Object(
  {
    length: Type.Integer({ minimum: 0, description: 'Bytes of UTF-8 that `textMessage` has now.' }),
    version: Version,
  },
  { title: 'Appended', description: 'The message behind an append.' },
);

const numbered = {
  change: Type.Integer({
    minimum: 1,
    description: 'Number of the change: 1, 2, 3 … in the room, or of the two users.',
  }),
  id: MessageId,
  version: Version,
  timestamp: Timestamp,
};

export const MessageUpdated = Type.Object(
  {
    ...numbered,
    kind: Type.Literal('update'),
    message: ProcessedMessage,
    by: Type.Optional(
      Type.Union([UserName, Type.Null()], { description: 'Where it was not the author; nil for the service.' }),
    ),
  },
  { title: 'MessageUpdated', description: 'The message has another content; it comes whole.' },
);

export const MessageRecalled = Type.Object(
  { ...numbered, kind: Type.Literal('recall'), by: By, reason: Type.Optional(Type.String()) },
  { title: 'MessageRecalled', description: 'The content of the message is gone; its id, author and time stay.' },
);

export const MessageReactions = Type.Object(
  {
    ...numbered,
    kind: Type.Literal('reactions'),
    counts: ReactionCounts,
    by: Type.Optional(UserName),
    key: Type.Optional(Type.String()),
    removed: Type.Optional(Type.Boolean({ description: 'True where the reaction was taken back.' })),
  },
  {
    title: 'MessageReactions',
    description:
      'Others react to the message than before. In a large room the counts come without who it was, at most once a second and message.',
  },
);

export const MessageAppended = Type.Object(
  {
    ...numbered,
    kind: Type.Literal('append'),
    offset: Type.Integer({ minimum: 0, description: 'Bytes of UTF-8 in `textMessage` behind which the text belongs.' }),
    text: Type.String(),
    done: Type.Optional(Type.Boolean({ description: 'True: that was all. False where it is left out.' })),
  },
  { title: 'MessageAppended', description: 'The message has more text.' },
);

export const MessageReplies = Type.Object(
  { ...numbered, kind: Type.Literal('replies'), repliesCount: Count },
  { title: 'MessageReplies', description: 'Somebody has replied to the message.' },
);

export const MessageChange = Type.Union(
  [MessageUpdated, MessageRecalled, MessageReactions, MessageAppended, MessageReplies],
  { title: 'MessageChange', description: 'A change of a message, by its `kind`.' },
);
export type MessageChange = Static<typeof MessageChange>;

const message = required(Type.Integer({ minimum: 1, description: 'Id of the message.' }));

/** What follows the room, or the other user, in the params of each request. */
const params = {
  update: { id: message, message: required(Message), options: optional(UpdateOptions) },
  recall: { id: message, options: optional(RecallOptions) },
  react: {
    id: message,
    key: required(
      Type.String({
        minLength: 1,
        maxLength: REACTION_KEY_BYTES,
        description: `Whatever the application means by it, at most ${REACTION_KEY_BYTES} bytes of UTF-8.`,
      }),
    ),
    options: optional(ReactOptions),
  },
  append: {
    id: message,
    text: required(Type.String({ description: 'What follows. It may be empty, with `done`.' })),
    options: optional(AppendOptions),
  },
  reactions: { id: message, options: defaulted(ReactionsOptions, {}) },
} satisfies Record<string, Params>;

const told = (where: string): string => `The change is told to ${where}.`;

export const changeRequests = {
  roomMessageUpdate: request({
    doc: `Gives a message another content, whole. Its author may, as long as it may post in the room and the message is young enough for the service; where the service says so the owner and admins too. ${told('the room')}`,
    params: { roomName: existing(RoomName), ...params.update },
    result: Changed,
    errors: ['noRoom', 'notJoined', 'notAllowed', 'noMessage', 'versionConflict', 'messageTooLarge', 'silenced'],
    access: 'user',
    check: 'roomMessageCheck',
    pipelined: true,
    cost: { units: 1, spread: { room: 'roomName' } },
    example: {
      params: ['lobby', 42, { textMessage: 'hello, all' }, { ifVersion: 1 }],
      result: { version: 2, timestamp: 1767225600900 },
    },
  }),

  roomMessageRecall: request({
    doc: `Takes the content of a message away, for good: its id, author and time stay, with \`recalled: true\`. Its author may, and the owner and admins. ${told('the room')}`,
    params: { roomName: existing(RoomName), ...params.recall },
    result: Changed,
    errors: ['noRoom', 'notJoined', 'notAllowed', 'noMessage'],
    access: 'user',
    pipelined: true,
    cost: { units: 5, spread: { room: 'roomName' } },
    example: { params: ['lobby', 42, { reason: 'off topic' }], result: { version: 2, timestamp: 1767225600900 } },
  }),

  roomMessageReact: request({
    doc: `Reacts to a message, once with each key; at most ${REACTION_KEYS_MAX} different keys, and ${REACTIONS_MAX} reactions, a message. Repeating it changes nothing and tells nobody. ${told('the room')}`,
    params: { roomName: existing(RoomName), ...params.react },
    result: Reacted,
    errors: ['noRoom', 'notJoined', 'notAllowed', 'noMessage', 'silenced'],
    access: 'user',
    on: 'user',
    pipelined: true,
    cost: { units: 1, spread: { room: 'roomName' } },
    example: { params: ['lobby', 42, '👍'], result: { counts: { '👍': 1 } } },
  }),

  roomMessageAppend: request({
    doc: `Appends to the \`textMessage\` of a message that is still being written; its author may, as it may update it. Appends of a message within 50 ms are one change. Not behind \`done\`. ${told('the room')}`,
    params: { roomName: existing(RoomName), ...params.append },
    result: Appended,
    errors: ['noRoom', 'notJoined', 'notAllowed', 'noMessage', 'wrongOffset', 'messageTooLarge', 'silenced'],
    access: 'user',
    check: 'roomMessageCheck',
    pipelined: true,
    cost: { units: 1, spread: { room: 'roomName' } },
    example: { params: ['lobby', 42, ', all', { offset: 5 }], result: { length: 10, version: 2 } },
  }),

  roomReactionsGet: request({
    doc: 'Gives who reacted to a message, by key and name, page by page.',
    params: { roomName: existing(RoomName), ...params.reactions },
    result: ReactionsPage,
    errors: ['noRoom', 'notJoined', 'noMessage'],
    access: 'user',
    reads: true,
    cost: { units: 3, page: true },
    example: {
      params: ['lobby', 42, { key: '👍' }],
      result: { reactions: [{ userName: 'alice', key: '👍' }], cursor: null },
    },
  }),
};

const userName = required(UserName);
const order = { user: 'userName' } as const;

export const directChangeRequests = {
  directMessageUpdate: request({
    doc: `Gives a message that the caller has sent to a user another content, as \`roomMessageUpdate\` does in a room. Whom the user's lists keep from writing may not. ${told('both')}`,
    params: { userName, ...params.update },
    result: Changed,
    errors: ['notAllowed', 'noUser', 'noMessage', 'versionConflict', 'messageTooLarge'],
    access: 'user',
    on: 'user',
    check: 'directMessageCheck',
    order,
    pipelined: true,
    cost: { units: 1, spread: { user: 'userName' } },
    example: {
      params: ['bob', 7, { textMessage: 'hello, Bob' }],
      result: { version: 2, timestamp: 1767225600900 },
    },
  }),

  directMessageRecall: request({
    doc: `Takes the content of a message that the caller has sent to a user away, for good, whatever the lists of the user say. ${told('both')}`,
    params: { userName, ...params.recall },
    result: Changed,
    errors: ['notAllowed', 'noUser', 'noMessage'],
    access: 'user',
    on: 'user',
    order,
    pipelined: true,
    cost: { units: 5, spread: { user: 'userName' } },
    example: { params: ['bob', 7], result: { version: 2, timestamp: 1767225600900 } },
  }),

  directMessageReact: request({
    doc: `Reacts to a message of the conversation with a user, as \`roomMessageReact\` does in a room. ${told('both')}`,
    params: { userName, ...params.react },
    result: Reacted,
    errors: ['notAllowed', 'noUser', 'noMessage'],
    access: 'user',
    on: 'user',
    order,
    pipelined: true,
    cost: { units: 1, spread: { user: 'userName' } },
    example: { params: ['bob', 7, '👍'], result: { counts: { '👍': 1 } } },
  }),

  directMessageAppend: request({
    doc: `Appends to a message that the caller has sent to a user and is still writing, as \`roomMessageAppend\` does in a room. ${told('both')}`,
    params: { userName, ...params.append },
    result: Appended,
    errors: ['notAllowed', 'noUser', 'noMessage', 'wrongOffset', 'messageTooLarge'],
    access: 'user',
    on: 'user',
    check: 'directMessageCheck',
    order,
    pipelined: true,
    cost: { units: 1, spread: { user: 'userName' } },
    example: { params: ['bob', 7, ', Bob', { offset: 5 }], result: { length: 10, version: 2 } },
  }),

  directReactionsGet: request({
    doc: 'Gives who reacted to a message of the conversation with a user, by key and name, page by page.',
    params: { userName, ...params.reactions },
    result: ReactionsPage,
    errors: ['notAllowed', 'noUser', 'noMessage'],
    access: 'user',
    reads: true,
    on: 'user',
    order,
    cost: { units: 3, page: true },
    example: { params: ['bob', 7], result: { reactions: [{ userName: 'bob', key: '👍' }], cursor: null } },
  }),
};

export const changeNotifications = {
  roomMessageChanged: notification({
    doc: 'A message of the room has changed. The numbers of the changes come in order and without gaps, each behind the message that it is about.',
    params: [carries('roomName', RoomName), carries('change', MessageChange)],
    audience: JOINED,
    example: [
      'lobby',
      { change: 3, id: 42, kind: 'append', version: 2, timestamp: 1767225600900, offset: 5, text: ', all' },
    ],
  }),

  directMessageChanged: notification({
    doc: 'A message of the conversation with `userName` has changed. The numbers of the changes come in order.',
    params: [carries('userName', UserName), carries('change', MessageChange)],
    audience: 'All sockets of both users.',
    example: ['bob', { change: 2, id: 7, kind: 'recall', version: 2, timestamp: 1767225600900, by: 'bob' }],
  }),
};

/** `opening ++ change` is a `roomMessageChanged`, the change in MessagePack. */
export const roomChangeOpening = (roomName: string): Uint8Array =>
  openFrame('roomMessageChanged' satisfies keyof typeof changeNotifications, [roomName]);
