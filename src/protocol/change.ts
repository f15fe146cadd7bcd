/** Changes of messages that are stored, in rooms and between two users: other words, none any more, reactions, more text. */
import Type from 'typebox';
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
import { Message } from './message.ts';
import {
  AppendOptions,
  Appended,
  Changed,
  MessageChange,
  Reacted,
  REACTION_KEY_BYTES,
  REACTION_KEYS_MAX,
  REACTIONS_MAX,
  ReactionsOptions,
  ReactionsPage,
  ReactOptions,
  RecallOptions,
  UpdateOptions,
} from './params/changes.ts';
import { RoomName, UserName } from './params/types.ts';
import { BYTES_KEY, PROTO_KEY } from './wire/fault.ts';
import { openFrame } from './wire/opening.ts';

export { REACTION_KEY_BYTES } from './params/changes.ts';
export type { MessageChange, ReactionCounts, ReactionsOptions, ReactionsPage } from './params/changes.ts';

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
        description: `Whatever the application means by it, at most ${REACTION_KEY_BYTES} bytes of UTF-8; not \`${PROTO_KEY}\` or \`${BYTES_KEY}\`, which no map may have as a key.`,
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

export const roomChangeRequests = {
  roomMessageUpdate: request({
    doc: `Gives a message another content, whole. Its author may, as long as it may post in the room and the message is young enough for the service; where the service says so the owner and admins too. Whom it mentions is told as by a post, unless the message was read, or has mentioned it already. ${told('the room')}`,
    params: { roomName: existing(RoomName), ...params.update },
    result: Changed,
    errors: ['noRoom', 'notJoined', 'notAllowed', 'noMessage', 'versionConflict', 'messageTooLarge', 'silenced'],
    access: 'user',
    check: 'roomMessageCheck',
    pipelined: 'changes',
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
    check: 'roomMessageCheck',
    pipelined: 'changes',
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
    check: 'roomMessageCheck',
    pipelined: 'changes',
    cost: { units: 1, spread: { room: 'roomName' } },
    example: { params: ['lobby', 42, '👍'], result: { counts: { '👍': 1 } } },
  }),

  roomMessageAppend: request({
    doc: `Appends to the \`textMessage\` of a message that is still being written; its author may, as it may update it. Appends of a message within 50 ms are one change. Not behind \`done\`. Where its author is gone in the middle nobody ends it but the author, from any socket (an empty text with \`done\`): show a text to which nothing was added for a while, by \`updatedAt\`, as one that was not finished. ${told('the room')}`,
    params: { roomName: existing(RoomName), ...params.append },
    result: Appended,
    errors: ['noRoom', 'notJoined', 'notAllowed', 'noMessage', 'wrongOffset', 'messageTooLarge', 'silenced'],
    access: 'user',
    check: 'roomMessageCheck',
    pipelined: 'changes',
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
    pipelined: 'changes',
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
    check: 'directMessageCheck',
    order,
    pipelined: 'changes',
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
    check: 'directMessageCheck',
    order,
    pipelined: 'changes',
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
    pipelined: 'changes',
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

export const changeRequests = { ...roomChangeRequests, ...directChangeRequests };

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
