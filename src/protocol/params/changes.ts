/** Schemas of changes of messages: what is asked for, what it comes to, and what is told of it. */
import Type, { type Static } from 'typebox';
import { MESSAGE_MENTIONS, ProcessedMessage } from '../message.ts';
import { By, Count, MessageId, NextCursor, Timestamp, UserName } from './types.ts';

/** Different keys that the reactions to one message have. */
export const REACTION_KEYS_MAX = 32;
/** Of why a message is recalled. */
export const REASON_LENGTH = 256;
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
      Type.String({
        maxLength: REASON_LENGTH,
        description: 'Told to everybody who is there, and not kept with the message.',
      }),
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

export const Changed = Type.Object(
  { version: Version, timestamp: Timestamp },
  { title: 'ChangedMessage', description: 'The version of the message now, and when it came to it.' },
);
export const Reacted = Type.Object(
  { counts: ReactionCounts },
  { title: 'Reacted', description: 'The reactions to the message now.' },
);
export const Appended = Type.Object(
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
