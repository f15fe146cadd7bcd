/** Requests about messages from user to user, and about who may write to the caller. */
import Type from 'typebox';
import { optional, request, required } from '../declare.ts';
import {
  ListName,
  ListNames,
  Message,
  MessageOptions,
  PageOptions,
  ProcessedMessage,
  UserlistPage,
  UserName,
} from '../types.ts';

export const directRequests = {
  directMessage: request({
    doc: "Sends a message to all sockets of a user. The user's own lists decide: the blacklist first, then, in whitelist-only mode, the whitelist. Gives the message as it was sent; nil if transient.",
    params: { userName: required(UserName), message: required(Message), options: optional(MessageOptions) },
    result: Type.Union([ProcessedMessage, Type.Null()]),
    errors: ['notAllowed', 'noUser', 'noUserOnline', 'messageTooLarge'],
    access: 'user',
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
