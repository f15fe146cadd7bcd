/** Messages that were said elsewhere, as the service itself brings them into rooms and conversations of its own. */
import Type, { type Static } from 'typebox';
import { request, required } from '../declare.ts';
import { Message } from '../message.ts';
import { MessageId, RoomName, Timestamp, UserName } from '../params/types.ts';

/** Messages of one batch. */
export const IMPORT_BATCH_MAX = 500;
const MENTIONS_MAX = 50;
const READS_MAX = 1000;

export const ImportedMessage = Type.Object(
  {
    author: Type.Optional(UserName),
    timestamp: Timestamp,
    message: Type.Optional(Message),
    recalled: Type.Optional(
      Type.Boolean({ description: 'It was recalled, or erased: of its content nothing is kept.' }),
    ),
    mentions: Type.Optional(
      Type.Array(UserName, {
        maxItems: MENTIONS_MAX,
        description: `Users, at most ${MENTIONS_MAX}, whom it mentions; without names that nobody can have.`,
      }),
    ),
    mentionAll: Type.Optional(Type.Boolean({ description: 'It mentions all who are in the room.' })),
  },
  {
    title: 'ImportedMessage',
    description:
      'A message as it was said elsewhere, in its latest version. Its author need not be known; left out, it is the service. What is dropped of its map is as of one that is posted.',
  },
);
export type ImportedMessage = Static<typeof ImportedMessage>;

const AT = Type.Integer({ minimum: 0, description: 'How many messages were imported before these.' });
const DONE = Type.Optional(Type.Boolean({ description: 'These are the last ones.' }));
const MESSAGES = Type.Array(ImportedMessage, {
  maxItems: IMPORT_BATCH_MAX,
  description: `At most ${IMPORT_BATCH_MAX}, oldest first. With none the answer tells how far the import is.`,
});

export const RoomImport = Type.Object(
  {
    at: AT,
    messages: MESSAGES,
    done: DONE,
    read: Type.Optional(
      Type.Array(Type.Object({ userName: UserName, id: MessageId }), {
        maxItems: READS_MAX,
        description:
          'Up to which message members, and who is in the room, have read; whoever is not named has read all. With the last batch, also without names; what was imported before it is settled so once.',
      }),
    ),
  },
  { title: 'RoomImport', description: 'A batch of messages of a room.' },
);
export type RoomImport = Static<typeof RoomImport>;

export const DirectImport = Type.Object(
  { at: AT, messages: MESSAGES, done: DONE },
  { title: 'DirectImport', description: 'A batch of messages of two users, each by one of them.' },
);
export type DirectImport = Static<typeof DirectImport>;

export const ImportProgress = Type.Object(
  {
    imported: Type.Integer({ minimum: 0, description: 'Messages that were imported, of all batches: the next `at`.' }),
    open: Type.Boolean({ description: 'More may come: it has not ended, and nothing else was said.' }),
    tooOld: Type.Integer({
      minimum: 0,
      description: 'How many of these are older than messages become here. They have their ids, and are not kept.',
    }),
    oldestMessageId: Type.Integer({
      minimum: 1,
      description:
        'The oldest message that is given, for no more, no older, or no larger ones are kept; the next id where none is.',
    }),
    messageBytes: Type.Integer({ description: 'Bytes that a message may take here, as `limits.messageBytes`.' }),
  },
  { title: 'ImportProgress', description: 'How far an import is.' },
);
export type ImportProgress = Static<typeof ImportProgress>;

const EXAMPLE = {
  at: 0,
  messages: [
    { author: 'alice', timestamp: 1607225600500, message: { textMessage: 'hello' } },
    { author: 'bob', timestamp: 1607225600900, message: { textMessage: 'hello yourself' }, mentions: ['alice'] },
  ],
  done: true,
};
const EXAMPLE_RESULT = { imported: 2, open: false, tooOld: 0, oldestMessageId: 1, messageBytes: 16384 };

const HOW =
  'oldest first, batch by batch, each with the number of those before it (`at`): ids go on from there, author and time stay as they were. What is kept is what would be kept of posts. It may begin as long as nothing was said, and ends with `done`, or with the first message that is posted: then `notAllowed`. A batch that comes again, as after a lost answer, is not written again and gives where the import is; any other that does not go on from there is `otherImport`, with where to go on. Times may not go back, nor lie ahead (`badArgument`).';

export const serverImportRequests = {
  roomImport: request({
    doc: `Imports messages that were said elsewhere into a room, ${HOW} Nobody is told of the messages: with \`done\` or \`read\` who is in the room, and its members, have read them; who is there is told to read the room again (\`roomReset\`), then and once a second at most before.`,
    params: { roomName: required(RoomName), batch: required(RoomImport) },
    result: ImportProgress,
    errors: ['noRoom', 'invalidName', 'messageTooLarge', 'otherImport', 'notAllowed'],
    access: 'service',
    example: { params: ['lobby', EXAMPLE], result: EXAMPLE_RESULT },
  }),

  directImport: request({
    doc: `Imports messages that were said elsewhere into the conversation of two users, ${HOW} Nobody is told: all of it has come, and was read. Where messages from user to user are not stored it is \`notAllowed\`.`,
    params: { userName: required(UserName), peer: required(UserName), batch: required(DirectImport) },
    result: ImportProgress,
    errors: ['noUser', 'messageTooLarge', 'otherImport', 'notAllowed'],
    access: 'service',
    example: { params: ['alice', 'bob', EXAMPLE], result: EXAMPLE_RESULT },
  }),
};
