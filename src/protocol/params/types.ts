/**
 * Schemas of what several nouns need, with their documentation; what one noun is about is in its own file. A schema with
 * a `title` is a named type of the protocol document; `form: 'name'` marks strings that are brought to NFC on arrival.
 */
import Type, { type Static } from 'typebox';
import type { Value } from './values.ts';

export const RoomName = Type.String({ title: 'RoomName', form: 'name', description: 'Name of a room.' });

export const UserName = Type.String({ title: 'UserName', form: 'name', description: 'Name of a user.' });

/** Who did something that others are told. */
export const By = Type.Union([UserName, Type.Null()], { title: 'By', description: 'Who did it; nil for the service.' });

export const SocketId = Type.String({ title: 'SocketId', description: 'Opaque id of one connection.' });

export const Timestamp = Type.Integer({
  title: 'Timestamp',
  minimum: 0,
  description: 'Milliseconds since the epoch, UTC.',
});

export const MessageId = Type.Integer({
  title: 'MessageId',
  minimum: 0,
  description: 'Number of a message in its room: 1, 2, 3 … without gaps. 0 stands for "before the first".',
});

export const LastChange = Type.Integer({
  title: 'LastChange',
  minimum: 0,
  description: 'Number of the last change of a message in its room: 1, 2, 3 … without gaps; 0 where there was none.',
});

export const LastChangeTimestamp = Type.Integer({
  title: 'LastChangeTimestamp',
  minimum: 0,
  description: 'When that last change was made; absent where there was none.',
});

export const Epoch = Type.String({
  title: 'Epoch',
  description: "Opaque name of a log's life. Message ids of different epochs are not comparable.",
});

export const Count = Type.Integer({ title: 'Count', minimum: 0, description: 'A number of things.' });

export const AnyValue = Type.Unsafe<Value>({
  title: 'AnyValue',
  description: 'Nil, a boolean, a number, a string, bytes, an array or a map.',
});

export const Options = Type.Object(
  {},
  { title: 'Options', description: 'No options are known yet; unknown keys are ignored.' },
);

export const PageOptions = Type.Object(
  {
    cursor: Type.Optional(Type.String({ description: 'The `cursor` of the page before; none for the first page.' })),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        description:
          'Names wanted, up to `limits.userlistPage`; a page may be shorter, and one of a list other than the userlist somewhat longer.',
      }),
    ),
  },
  { title: 'PageOptions', description: 'Which page of a list.' },
);
export type PageOptions = Static<typeof PageOptions>;

export const NextCursor = Type.Union([Type.String(), Type.Null()], {
  description: 'For the next page; nil at the end.',
});

export const UserlistPage = Type.Object(
  {
    names: Type.Array(UserName),
    cursor: NextCursor,
    count: Type.Integer({ minimum: 0, description: 'Names in the whole list.' }),
  },
  { title: 'UserlistPage', description: 'One page of the members of a room, or of another list of names.' },
);
export type UserlistPage = Static<typeof UserlistPage>;

/** Names that one request adds to a list or takes out of it. */
export const listNamesMax = 500;

export const ListNames = Type.Array(UserName, {
  title: 'ListNames',
  maxItems: listNamesMax,
  description: 'Users, known or not. Of a list that is too long `badArgument` shows nothing.',
});

export const ListName = Type.String({ title: 'ListName', description: 'Name of an access list.' });

export const ErrorValue = Type.Object(
  {
    code: Type.String({ description: "One of the error codes, or one that the operator's hooks have chosen." }),
    args: Type.Array(AnyValue, { description: 'As the table of errors says.' }),
    message: Type.String({ description: 'A sentence for people; not to be parsed.' }),
    temporary: Type.Boolean({ description: 'True if the same request, unchanged, may succeed later.' }),
    retryAfterMs: Type.Optional(Type.Integer({ minimum: 0, description: 'Wait this long before repeating it.' })),
  },
  { title: 'ErrorValue', description: 'Why a request was refused.' },
);
