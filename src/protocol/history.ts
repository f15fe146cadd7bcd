/** What was said in a room, for those who read it again: joined users, the owner and admins. */
import Type, { type Static } from 'typebox';
import { carries, existing, notification, request, required } from './declare.ts';
import { ProcessedMessage } from './message.ts';
import { Epoch, MessageId, RoomName } from './types.ts';

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
export type HistoryInfo = Static<typeof HistoryInfo>;

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
