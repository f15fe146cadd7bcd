/** Messages from user to user, and who may write to the caller. */
import Type, { type Static } from 'typebox';
import { carries, defaulted, notification, optional, OTHERS, request, required } from './declare.ts';
import { SearchOptions, SearchPage } from './history.ts';
import { DirectMessageOptions, Message, ProcessedMessage } from './message.ts';
import { ListName, ListNames, MessageId, PageOptions, Timestamp, UserlistPage, UserName } from './params/types.ts';
import {
  beginsWith,
  DIRECT_MESSAGE,
  MESSAGE_ID,
  messageContent,
  messagePrefix,
  type Mentioning,
} from './wire/message-frame.ts';
import { encodeValue } from './wire/msgpack.ts';
import { opening } from './wire/opening.ts';
import { concat, mapWith } from './wire/pack.ts';
import { StoredResult, StoredValue } from './wire/stored.ts';
import { isMap, type ValueMap } from './params/values.ts';

const DirectHistoryOptions = Type.Object(
  {
    fromId: Type.Optional(MessageId),
    fromTime: Type.Optional(Timestamp),
    direction: Type.Optional(
      Type.Union([Type.Literal('backward'), Type.Literal('forward')], {
        description:
          '`backward` gives what is before `fromId` (exclusive) and not after `fromTime`, the newest of it; `forward` what is after `fromId` and not before `fromTime`, the oldest of it. `backward` where it is left out, but `forward` where there is only a `fromTime`.',
      }),
    ),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Messages wanted, up to `limits.historyMaxGetMessages`.' }),
    ),
  },
  {
    title: 'DirectHistoryOptions',
    description: 'Which page of a conversation; the newest messages where nothing is said.',
  },
);

export const directStatuses = ['not_sent', 'sent', 'read'] as const;
export type DirectStatus = (typeof directStatuses)[number];

const DirectStatusValue = Type.Object(
  {
    status: Type.Union([Type.Literal('sent'), Type.Literal('read')], {
      description: '`sent`: a socket of the receiver has had it; `read`: the receiver has said so.',
    }),
    upToId: MessageId,
  },
  { title: 'DirectStatus', description: 'How far the messages of one side of a conversation have come.' },
);
export type DirectStatusValue = Static<typeof DirectStatusValue>;

const MissedRest = Type.Object(
  { more: Type.Boolean({ description: 'There may be more.' }) },
  { title: 'MissedRest', description: 'Whether this is all.' },
);

export const directRequests = {
  directMessage: request({
    doc: "Sends a message to a user. The user's own lists decide: the blacklist first, then, in whitelist-only mode, the whitelist. It is stored, with an `id`, and told to all sockets of the user, later where the user is away; where the service keeps no messages (`live`) it reaches who is there, has no `id`, and `noUserOnline` is the answer where nobody is. `mentionAll` is `notAllowed`: a conversation has no owner. An integer `replyTo` in a message that is stored names one of the conversation. Gives the message as it was sent; nil if transient.",
    params: { userName: required(UserName), message: required(Message), options: optional(DirectMessageOptions) },
    result: Type.Union([ProcessedMessage, Type.Null()]),
    errors: ['notAllowed', 'noUser', 'noUserOnline', 'messageTooLarge', 'noMessage'],
    access: 'user',
    check: 'directMessageCheck',
    order: { user: 'userName' },
    pipelined: 'posts',
    cost: { units: 1, spread: { user: 'userName' } },
    example: {
      params: ['bob', { textMessage: 'hello' }],
      result: { textMessage: 'hello', author: 'alice', timestamp: 1767225600500, id: 7 },
    },
  }),

  directHistoryGet: request({
    doc: 'Gives stored messages of the caller and another user, in the order of their ids, which are 1, 2, 3 … for both together; each with its `status`: `not_sent`, `sent` (a socket of the receiver has had it) or `read`. Fewer than asked for where more would take too many bytes, one at least. What the other one wrote counts as `sent` by it.',
    params: { userName: required(UserName), options: optional(DirectHistoryOptions) },
    result: Type.Array(ProcessedMessage),
    errors: ['notAllowed', 'noUser'],
    access: 'user',
    reads: true,
    on: 'user',
    order: { user: 'userName' },
    cost: { units: 3, page: true },
    example: {
      params: ['bob', { fromId: 8 }],
      result: [{ textMessage: 'hello', author: 'bob', timestamp: 1767225600500, id: 7, status: 'read' }],
    },
  }),

  directHistorySearch: request({
    doc: 'Finds stored messages of the caller and another user, as `roomHistorySearch` does in a room; each with its `status`, which this does not change.',
    params: { userName: required(UserName), options: defaulted(SearchOptions, {}) },
    result: SearchPage,
    errors: ['notAllowed', 'noUser'],
    access: 'user',
    reads: true,
    on: 'user',
    order: { user: 'userName' },
    cost: { units: 10, page: true },
    example: {
      params: ['bob', { limit: 1 }],
      result: {
        messages: [{ textMessage: 'hello', author: 'bob', timestamp: 1767225600500, id: 7, status: 'read' }],
        cursor: '6.e3b0c44298fc1c14',
      },
    },
  }),

  directMessageRead: request({
    doc: 'Tells that the caller has read what another user wrote, up to an id. The mark never goes back, ends at the newest message, and only messages of the other one count; where it does not move nobody is told.',
    params: { userName: required(UserName), upToId: required(MessageId) },
    result: Type.Null(),
    errors: ['notAllowed', 'noUser'],
    access: 'user',
    on: 'user',
    order: { user: 'userName' },
    cost: { units: 1 },
    example: { params: ['bob', 7], result: null },
  }),

  missedMessagesGet: request({
    doc: 'Gives what other users wrote and no socket of the caller has had: by user, the oldest 100 of each at most, and as many as fit into a reply. Each has the status `not_sent`, under which it was stored; by this answer it counts as sent, and its author is told. There may be more: ask again until there is nothing.',
    params: {},
    result: Type.Record(Type.String(), Type.Array(ProcessedMessage)),
    errors: ['notAllowed'],
    access: 'user',
    on: 'user',
    order: 'self',
    cost: { units: 5, page: true },
    example: {
      params: [],
      result: { bob: [{ textMessage: 'hello', author: 'bob', timestamp: 1767225600500, id: 7, status: 'not_sent' }] },
    },
  }),

  directAddToList: request({
    doc: "Adds users to one of the caller's own lists, `whitelist` or `blacklist`.",
    params: { listName: required(ListName), userNames: required(ListNames) },
    result: Type.Null(),
    errors: ['noList', 'notAllowed', 'invalidName', 'listLimitExceeded'],
    access: 'user',
    on: 'user',
    order: { selfAnd: 'userNames' },
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
    order: { selfAnd: 'userNames' },
    cost: { each: { param: 'userNames', units: 0.1 } },
    example: { params: ['blacklist', ['mallory']], result: null },
  }),

  directGetAccessList: request({
    doc: "Gives the names in one of the caller's own lists, unordered; with options a page of them, as `roomGetAccessList` does.",
    params: { listName: required(ListName), options: optional(PageOptions) },
    result: Type.Union([Type.Array(UserName), UserlistPage]),
    errors: ['noList', 'listTooLong'],
    access: 'user',
    reads: true,
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
    reads: true,
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
    example: [{ textMessage: 'hello', author: 'bob', timestamp: 1767225600500, id: 7 }],
  }),

  directMessageEcho: notification({
    doc: 'Another socket of the user wrote to `userName`.',
    params: [carries('userName', UserName), carries('message', ProcessedMessage)],
    audience: OTHERS,
    example: ['bob', { textMessage: 'hello', author: 'alice', timestamp: 1767225600500, id: 7 }],
  }),

  missedMessages: notification({
    doc: 'What other users wrote while the user was away, as `missedMessagesGet` gives it. It comes after the login of a socket that has asked for it (`offlineMessages: "push"`), behind what it is told of its session, and only where there is, or may be, something; what is not in it is asked for by `missedMessagesGet`.',
    params: [
      carries('messages', Type.Record(Type.String(), Type.Array(ProcessedMessage))),
      carries('rest', MissedRest),
    ],
    audience: 'The socket that has logged in.',
    example: [
      { bob: [{ textMessage: 'hello', author: 'bob', timestamp: 1767225600500, id: 7, status: 'not_sent' }] },
      { more: false },
    ],
  }),

  directMessageStatus: notification({
    doc: 'Messages of the conversation with `userName` have come further: those of one side, up to an id. Statuses only go forward.',
    params: [carries('userName', UserName), carries('status', DirectStatusValue)],
    audience: "All sockets of the author, and the receiver's others.",
    example: ['bob', { status: 'read', upToId: 7 }],
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
  mentioning: Mentioning = {},
): { prefix: Uint8Array; bytes: number } {
  return messagePrefix([DIRECT_MESSAGE], author, message, false, { mentioning });
}

/** The `directMessageEcho` of a whole `directMessage` to a user. */
export function directEchoFrame(userName: string, frame: Uint8Array): Uint8Array {
  return concat([DIRECT_MESSAGE_ECHO, encodeValue(userName), frame.subarray(DIRECT_MESSAGE.length)]);
}

const DIRECT_MESSAGE_CHANGED = opening('directMessageChanged', 2);

/** How the frames begin, up to the message or the change, that tell a user of its conversation with another one. */
export function directHeads(peer: string): Readonly<Record<'directHead' | 'echoHead' | 'changedHead', Uint8Array>> {
  const name = encodeValue(peer);
  return {
    directHead: DIRECT_MESSAGE,
    echoHead: concat([DIRECT_MESSAGE_ECHO, name]),
    changedHead: concat([DIRECT_MESSAGE_CHANGED, name]),
  };
}

/** What the server says of a stored message when it is read again: whatever a client has sent under that key is dropped. */
const STATUS = 'status';

/** `prefix ++ u64be(timestamp) ++ middle ++ u64be(id)` is the frame of a message that is stored. */
export function storedDirectFrame(
  author: string,
  message: ValueMap,
  mentioning: Mentioning = {},
): { prefix: Uint8Array; middle: Uint8Array; bytes: number } {
  const prefixed = messagePrefix([DIRECT_MESSAGE], author, message, true, { others: [STATUS], mentioning });
  return { ...prefixed, middle: MESSAGE_ID };
}

/** What is the author's of a message that is stored, as a map. */
export const directContent = (message: ValueMap, mentioning: Mentioning): { content: Uint8Array; bytes: number } =>
  messageContent(message, { others: [STATUS], mentioning });

/** The same of one whose content is gone. */
export const recalledStoredFrame = (author: string): { prefix: Uint8Array; middle: Uint8Array } => ({
  prefix: messagePrefix([DIRECT_MESSAGE], author, {}, true, { isRecalled: true }).prefix,
  middle: MESSAGE_ID,
});

/** What is left of a `directMessage` whose content is gone; one that is not stored has no id. */
export function recalledDirectFrame(author: string, timestamp: number, id: number | undefined): Uint8Array {
  if (id === undefined) {
    const { prefix } = messagePrefix([DIRECT_MESSAGE], author, {}, false, { isRecalled: true });
    return concat([prefix, uint64(timestamp)]);
  }
  const { prefix, middle } = recalledStoredFrame(author);
  return concat([prefix, uint64(timestamp), middle, uint64(id)]);
}

function uint64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

const statusKey = encodeValue(STATUS);
const statusValues = new Map(directStatuses.map((status) => [status, encodeValue(status)]));

/** A stored message with its status. */
export const withStatus = ({ bytes }: StoredValue, status: DirectStatus): StoredValue =>
  new StoredValue(mapWith(bytes, statusKey, statusValues.get(status) ?? encodeValue(status)));

/** Bytes of an id behind `MESSAGE_ID`. */
const ID_BYTES = 8;

/** The author and the id in the `directMessage` of a message that is stored; undefined of any other frame. */
export function storedDirectIn(frame: Uint8Array): { author: string; id: number } | undefined {
  if (!beginsWith(frame, DIRECT_MESSAGE)) return undefined;
  // One without an id ends in its timestamp.
  if (!beginsWith(frame.subarray(-ID_BYTES - MESSAGE_ID.length), MESSAGE_ID)) return undefined;
  const { value } = new StoredValue(frame.subarray(DIRECT_MESSAGE.length));
  const { author, id } = isMap(value) ? value : {};
  return typeof author === 'string' && typeof id === 'number' ? { author, id } : undefined;
}

const MISSED = opening('missedMessages', 2);

/** The notification of what a user has missed: by user, each message as it is stored. */
export function missedMessagesFrame(
  messages: { readonly [userName: string]: readonly StoredValue[] },
  more: boolean,
): Uint8Array {
  return concat([MISSED, ...new StoredResult(messages).packed(), encodeValue({ more })]);
}
