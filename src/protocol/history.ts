/** What was said in a room, for those who read it again: joined users, the owner and admins. */
import Type, { type Static } from 'typebox';
import { carries, defaulted, existing, notification, request, required } from './declare.ts';
import { ProcessedMessage } from './message.ts';
import {
  AnyValue,
  Epoch,
  LastChange,
  LastChangeTimestamp,
  MessageId,
  RoomName,
  Timestamp,
  UserName,
} from './params/types.ts';
import { opening } from './wire/opening.ts';
import { encodeValue } from './wire/msgpack.ts';
import { concat } from './wire/pack.ts';

export const HistoryInfo = Type.Object(
  {
    historyMaxGetMessages: Type.Integer({ minimum: 0, description: 'Most messages in one response.' }),
    historyMaxSize: Type.Integer({ minimum: 0, description: 'Messages that are kept.' }),
    historySize: Type.Integer({ minimum: 0, description: 'Messages kept now.' }),
    lastMessageId: MessageId,
    oldestMessageId: Type.Integer({ minimum: 1, description: 'Oldest kept; `lastMessageId + 1` if none is.' }),
    epoch: Epoch,
    lastChange: LastChange,
    lastChangeTimestamp: Type.Optional(LastChangeTimestamp),
  },
  { title: 'HistoryInfo', description: "State of a room's history." },
);
export type HistoryInfo = Static<typeof HistoryInfo>;

/** Messages that one search looks at, and gives at most. */
export const SEARCHED_MAX = 1000;
export const FOUND_MAX = 100;

const Bound = Type.Object(
  { id: Type.Optional(MessageId), time: Type.Optional(Timestamp) },
  {
    title: 'SearchBound',
    description: 'A message, inclusive, by its id or by the time; by both where both are given.',
  },
);

export const SearchOptions = Type.Object(
  {
    from: Type.Optional(Bound),
    to: Type.Optional(Bound),
    direction: Type.Optional(
      Type.Union([Type.Literal('backward'), Type.Literal('forward')], {
        description: '`backward`, from the newest on, where it is left out.',
      }),
    ),
    author: Type.Optional(UserName),
    type: Type.Optional(AnyValue),
    event: Type.Optional(Type.String({ description: 'The `event` of the message.' })),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: FOUND_MAX, description: 'Messages wanted, 20 where left out.' }),
    ),
    cursor: Type.Optional(
      Type.String({ description: 'The `cursor` of the page before; none for the first page.', maxLength: 64 }),
    ),
  },
  {
    title: 'SearchOptions',
    description:
      'Which messages: those between `from`, the older end, and `to`, the newer one, that have this author, this `type` and this `event`, as far as they are named.',
  },
);
export type SearchOptions = Static<typeof SearchOptions>;

export const SearchPage = Type.Object(
  {
    messages: Type.Array(ProcessedMessage),
    cursor: Type.Union([Type.String(), Type.Null()], {
      description: 'To look on, also where this page has no message; nil at the end.',
    }),
  },
  {
    title: 'SearchPage',
    description: `What was found among ${SEARCHED_MAX} messages at most, in the direction of the search: newest first, or oldest first where it goes \`forward\`.`,
  },
);
export type SearchPage = Static<typeof SearchPage>;

export const historyRequests = {
  roomRecentHistory: request({
    doc: 'Gives the newest messages, newest first, at most `limits.historyMaxGetMessages`; fewer where they would take too many bytes, one at least.',
    params: { roomName: existing(RoomName) },
    result: Type.Array(ProcessedMessage),
    errors: ['noRoom', 'notJoined'],
    access: 'user',
    reads: true,
    cost: { units: 3, page: true },
    example: {
      params: ['lobby'],
      result: [{ textMessage: 'hello', author: 'bob', timestamp: 1767225600500, id: 42 }],
    },
  }),

  roomHistoryGet: request({
    doc: 'Gives the messages with ids `id + 1` to `id + limit`, newest first, at most `limits.historyMaxGetMessages`. Where the start was trimmed, the page starts at the oldest message kept. It ends earlier where more would take too many bytes, and has one message at least: a page shorter than asked for is not the last one.',
    params: {
      roomName: existing(RoomName),
      id: required(MessageId),
      limit: required(Type.Integer({ minimum: 1, description: 'Messages wanted.' })),
    },
    result: Type.Array(ProcessedMessage),
    errors: ['noRoom', 'notJoined'],
    access: 'user',
    reads: true,
    cost: { units: 3, page: true },
    example: {
      params: ['lobby', 41, 10],
      result: [{ textMessage: 'hello', author: 'bob', timestamp: 1767225600500, id: 42 }],
    },
  }),

  roomHistorySearch: request({
    doc: `Finds messages of the room by time, id, author, type and event. Looks at ${SEARCHED_MAX} messages at most; the cursor goes on from there, with the same options. One of another epoch is a \`badArgument\`: the search begins anew.`,
    params: { roomName: existing(RoomName), options: defaulted(SearchOptions, {}) },
    result: SearchPage,
    errors: ['noRoom', 'notJoined'],
    access: 'user',
    reads: true,
    cost: { units: 10, page: true },
    example: {
      params: ['lobby', { author: 'bob', limit: 1 }],
      result: {
        messages: [{ textMessage: 'hello', author: 'bob', timestamp: 1767225600500, id: 42 }],
        cursor: '41.e3b0c44298fc1c14',
      },
    },
  }),

  roomHistoryInfo: request({
    doc: "Describes the room's history.",
    params: { roomName: existing(RoomName) },
    result: HistoryInfo,
    errors: ['noRoom', 'notJoined'],
    access: 'user',
    reads: true,
    example: {
      params: ['lobby'],
      result: {
        historyMaxGetMessages: 100,
        historyMaxSize: 10000,
        historySize: 42,
        lastMessageId: 42,
        oldestMessageId: 1,
        epoch: 'e3b0c442',
        lastChange: 3,
        lastChangeTimestamp: 1767225600400,
      },
    },
  }),
};

export const historyNotifications = {
  roomReset: notification({
    doc: 'The server could not bridge a gap for this room. Messages may be missing: take `epoch` and `lastMessageId` as the new position and read history as needed.',
    params: [carries('roomName', RoomName), carries('epoch', Epoch), carries('lastMessageId', MessageId)],
    audience: 'The joined sockets concerned.',
    example: ['lobby', '9f86d081', 57],
  }),
};

const ROOM_RESET = opening('roomReset', 3);
/** MessagePack's head byte of a string of 16 bytes, as epochs are. */
const STRING_OF_16 = Uint8Array.of(0xb0);

/** `prefix ++ epoch ++ 0xcf ++ u64be(lastMessageId)` is the frame of a `roomReset`, for whoever has both at the last moment only. */
export const roomResetPrefix = (roomName: string): Uint8Array =>
  concat([ROOM_RESET, encodeValue(roomName), STRING_OF_16]);
