/** Messages from user to user, and who may write to the caller. */
import Type from 'typebox';
import { carries, notification, optional, OTHERS, request, required } from './declare.ts';
import { Message, MessageOptions, ProcessedMessage } from './message.ts';
import { ListName, ListNames, PageOptions, UserlistPage, UserName } from './types.ts';
import { DIRECT_MESSAGE, messagePrefix } from './wire/message-frame.ts';
import { encodeValue } from './wire/msgpack.ts';
import { opening } from './wire/opening.ts';
import { concat } from './wire/pack.ts';
import type { ValueMap } from './values.ts';

export const directRequests = {
  directMessage: request({
    doc: "Sends a message to all sockets of a user. The user's own lists decide: the blacklist first, then, in whitelist-only mode, the whitelist. Gives the message as it was sent; nil if transient.",
    params: { userName: required(UserName), message: required(Message), options: optional(MessageOptions) },
    result: Type.Union([ProcessedMessage, Type.Null()]),
    errors: ['notAllowed', 'noUser', 'noUserOnline', 'messageTooLarge'],
    access: 'user',
    check: 'directMessageCheck',
    order: { user: 'userName' },
    cost: { units: 1, spread: { user: 'userName' } },
    example: {
      params: ['bob', { textMessage: 'hello' }],
      result: { textMessage: 'hello', author: 'alice', timestamp: 1767225600500 },
    },
  }),

  directAddToList: request({
    doc: "Adds users to one of the caller's own lists, `whitelist` or `blacklist`.",
    params: { listName: required(ListName), userNames: required(ListNames) },
    result: Type.Null(),
    errors: ['noList', 'notAllowed', 'invalidName', 'listLimitExceeded'],
    access: 'user',
    on: 'user',
    order: 'self',
    cost: { each: { param: 'userNames', units: 0.1 } },
    example: { params: ['blacklist', ['mallory']], result: null },
  }),

  directRemoveFromList: request({
    doc: "Takes users out of one of the caller's own lists.",
    params: { listName: required(ListName), userNames: required(ListNames) },
    result: Type.Null(),
    errors: ['noList', 'notAllowed', 'invalidName'],
    access: 'user',
    on: 'user',
    order: 'self',
    cost: { each: { param: 'userNames', units: 0.1 } },
    example: { params: ['blacklist', ['mallory']], result: null },
  }),

  directGetAccessList: request({
    doc: "Gives the names in one of the caller's own lists, unordered; with options a page of them, as `roomGetAccessList` does.",
    params: { listName: required(ListName), options: optional(PageOptions) },
    result: Type.Union([Type.Array(UserName), UserlistPage]),
    errors: ['noList', 'listTooLong'],
    access: 'user',
    on: 'user',
    order: 'self',
    cost: { units: 3, page: true },
    example: { params: ['blacklist'], result: ['mallory'] },
  }),

  directSetWhitelistMode: request({
    doc: 'Lets everybody write to the caller, or only who is on its whitelist.',
    params: { mode: required(Type.Boolean({ description: 'Whitelist-only.' })) },
    result: Type.Null(),
    errors: [],
    access: 'user',
    on: 'user',
    order: 'self',
    example: { params: [true], result: null },
  }),

  directGetWhitelistMode: request({
    doc: 'Tells whether only those on its whitelist may write to the caller.',
    params: {},
    result: Type.Boolean(),
    errors: [],
    access: 'user',
    on: 'user',
    order: 'self',
    example: { params: [], result: false },
  }),
};

export const directNotifications = {
  directMessage: notification({
    doc: 'Another user wrote to this one.',
    params: [carries('message', ProcessedMessage)],
    audience: 'All sockets of the receiver.',
    example: [{ textMessage: 'hello', author: 'bob', timestamp: 1767225600500 }],
  }),

  directMessageEcho: notification({
    doc: 'Another socket of the user wrote to `userName`.',
    params: [carries('userName', UserName), carries('message', ProcessedMessage)],
    audience: OTHERS,
    example: ['bob', { textMessage: 'hello', author: 'alice', timestamp: 1767225600500 }],
  }),
};

const DIRECT_MESSAGE_ECHO = opening('directMessageEcho', 2);

/**
 * `prefix ++ u64be(timestamp)` is the frame `[2, 'directMessage', [{…message, author, timestamp}]]`; what is dropped of the
 * message is as in a room's, and so are `bytes`.
 */
export function directMessageFrame(
  author: string | undefined,
  message: ValueMap,
): { prefix: Uint8Array; bytes: number } {
  return messagePrefix([DIRECT_MESSAGE], author, message, false);
}

/** The `directMessageEcho` of a whole `directMessage` to a user. */
export function directEchoFrame(userName: string, frame: Uint8Array): Uint8Array {
  return concat([DIRECT_MESSAGE_ECHO, encodeValue(userName), frame.subarray(DIRECT_MESSAGE.length)]);
}
