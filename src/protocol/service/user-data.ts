/** What the service itself asks about all that there is of one user: reading it out, and erasing it. */
import Type, { type Static } from 'typebox';
import { optional, request, required } from '../declare.ts';
import { Role } from '../member.ts';
import { ProcessedMessage } from '../message.ts';
import { MessageId, NextCursor, RoomName, Timestamp, UserName } from '../params/types.ts';
import type { ValueMap } from '../params/values.ts';

export const exportPageMax = 500;
export const exportPageDefault = 100;

export const ExportOptions = Type.Object(
  {
    cursor: Type.Optional(Type.String({ maxLength: 400_000, description: 'The `cursor` of the page before.' })),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: exportPageMax,
        description: `Entries wanted, about; ${exportPageDefault} when left out.`,
      }),
    ),
  },
  { title: 'ExportOptions', description: 'Which page.' },
);
export type ExportOptions = Static<typeof ExportOptions>;

export const ExportEntry = Type.Object(
  {
    kind: Type.Union(
      [
        Type.Literal('user'),
        Type.Literal('list'),
        Type.Literal('contacts'),
        Type.Literal('session'),
        Type.Literal('room'),
        Type.Literal('message'),
        Type.Literal('reaction'),
      ],
      {
        description:
          'In this order: the user itself, its own lists, its contacts, the rooms in its session, the rooms that it has to do with, each before what it wrote and has reacted to there, and the same of its conversations with other users.',
      },
    ),
    userName: Type.Optional(UserName),
    lastOnline: Type.Optional(Type.Union([Timestamp, Type.Null()])),
    whitelistOnly: Type.Optional(Type.Boolean({ description: 'Only its whitelist may write to it.' })),
    profile: Type.Optional(Type.Unsafe<ValueMap>({ type: 'object', description: 'What it has set, as it is stored.' })),
    state: Type.Optional(Type.Unsafe<ValueMap>({ type: 'object', description: 'What it shows of how it is.' })),
    listName: Type.Optional(Type.String()),
    names: Type.Optional(Type.Array(UserName, { description: 'Of a list, or of its contacts: some of them.' })),
    roomName: Type.Optional(RoomName),
    group: Type.Optional(Type.String({ description: 'The group of its session that the room is in.' })),
    owner: Type.Optional(Type.Boolean({ description: 'The room is its own.' })),
    joined: Type.Optional(Type.Boolean({ description: 'It has joined with some socket.' })),
    lists: Type.Optional(Type.Array(Type.String(), { description: 'Lists of the room that it is in.' })),
    role: Type.Optional(Role),
    message: Type.Optional(ProcessedMessage),
    id: Type.Optional(MessageId),
    key: Type.Optional(Type.String({ description: 'How it has reacted to the message of that `id`.' })),
  },
  {
    title: 'ExportEntry',
    description:
      "One thing of a user. `userName` is the user, and of a `message` or a `reaction` that is no room's the other one of the conversation.",
  },
);
export type ExportEntry = Static<typeof ExportEntry>;

const ExportPage = Type.Object(
  {
    entries: Type.Array(ExportEntry, { description: 'A line each, if a file of JSON lines is wanted.' }),
    cursor: NextCursor,
  },
  {
    title: 'ExportPage',
    description:
      'Some of what there is of a user. What exists while all pages are read is in one of them, perhaps in two. A page may be empty; only a nil `cursor` is the end.',
  },
);

const Erasure = Type.Object(
  { done: Type.Boolean({ description: 'It is done. Otherwise it is under way: ask again.' }) },
  { title: 'Erasure', description: 'How far the erasure of a user has come.' },
);

export const serverUserDataRequests = {
  exportUser: request({
    doc: 'Gives all that there is of a user, page by page: its profile, state, lists, contacts and session, the rooms that it owns, belongs to, has joined or is listed in, and what it wrote and has reacted to, as far as it is kept, in every room and conversation. It goes through all rooms, a few for each page: of a large service there are many pages.',
    params: { userName: required(UserName), options: optional(ExportOptions) },
    result: ExportPage,
    errors: ['noUser'],
    access: 'service',
    example: {
      params: ['alice', { limit: 2 }],
      result: {
        entries: [
          {
            kind: 'user',
            userName: 'alice',
            lastOnline: null,
            whitelistOnly: false,
            profile: { fullName: 'Alice' },
            state: {},
          },
          {
            kind: 'message',
            roomName: 'lobby',
            message: { textMessage: 'hello', author: 'alice', timestamp: 1767225600500, id: 42 },
          },
        ],
        cursor: 'WyJyb29tcyJd',
      },
    },
  }),

  eraseUser: request({
    doc: 'Erases a user with what it wrote: closes its sockets with code 4502, deletes it as `deleteUser` does, takes it off the members of rooms, and leaves of each of its messages, in all rooms and conversations, `{id, author, timestamp, recalled: true}`; their ids and their order stay. Nothing of what they said is in Redis when it is done. It goes on by itself, whatever becomes of the node that was asked; until then nobody logs in by that name (`unavailable`). Asked again it tells whether it is done, for a day; a user who has come back since is erased as well. Also of a user who does not exist any more. Who has the messages already is not told.',
    params: { userName: required(UserName) },
    result: Erasure,
    errors: ['noUser'],
    access: 'service',
    example: { params: ['alice'], result: { done: false } },
  }),
};
