/**
 * The table of error codes: what each means, how it is told, and what a client does about it. Who may fail with which is
 * the catalogue's; the refusals themselves are in `errors.ts`.
 */
export interface ErrorEntry {
  /** Names of the args, in order. */
  readonly args: readonly string[];
  /** True when the same request, unchanged, may succeed later. */
  readonly temporary: boolean;
  /** Where it is told by HTTP. */
  readonly status: 400 | 403 | 404 | 409 | 413 | 429 | 500 | 503 | 504;
  /** Sentence for people; `{name}` is replaced by the arg of that name. */
  readonly message: string;
  readonly doc: string;
  /** What a client should do on receiving it. */
  readonly nextMove: string;
}

export const errorTable = {
  badArgument: {
    args: ['index', 'value'],
    temporary: false,
    status: 400,
    message: 'Bad argument at index {index}: {value}.',
    doc: 'A param has the wrong type or range. `value` is nil if it is binary, larger than 1 KiB in either format, or no valid value; the message says what it was.',
    nextMove: 'Correct the request.',
  },
  internalError: {
    args: ['text'],
    temporary: false,
    status: 500,
    message: 'Internal error: {text}.',
    doc: 'The service failed in a way it did not foresee. `text` names a reference for the operator, nothing internal.',
    nextMove: 'Report it; retry only if repeating the request is harmless.',
  },
  invalidName: {
    args: ['name'],
    temporary: false,
    status: 400,
    message: 'The name {name} is not valid.',
    doc: 'A name to be created breaks the rule for names.',
    nextMove: 'Choose another name.',
  },
  invalidSocket: {
    args: ['id'],
    temporary: false,
    status: 404,
    message: 'There is no socket {id}.',
    doc: 'The socket named is not connected.',
    nextMove: 'Forget that socket.',
  },
  listLimitExceeded: {
    args: ['list'],
    temporary: false,
    status: 400,
    message: 'The list {list} would exceed its size limit.',
    doc: 'Adding would make an access list longer than the service allows.',
    nextMove: 'Remove names first.',
  },
  noCommand: {
    args: ['name'],
    temporary: false,
    status: 404,
    message: 'There is no request {name}.',
    doc: 'The method is not known to this service.',
    nextMove: 'Do not send it again.',
  },
  noList: {
    args: ['list'],
    temporary: false,
    status: 404,
    message: 'There is no list {list}.',
    doc: 'No list of that name exists.',
    nextMove: 'Correct the list name.',
  },
  noLogin: {
    args: [],
    temporary: false,
    status: 403,
    message: 'Not logged in.',
    doc: 'The socket has not logged in, or the credentials named no user.',
    nextMove: 'Send `login` with credentials first.',
  },
  noRoom: {
    args: ['room'],
    temporary: false,
    status: 404,
    message: 'There is no room {room}.',
    doc: 'The room does not exist.',
    nextMove: 'Forget the room, or create it.',
  },
  noSocket: {
    args: ['command'],
    temporary: false,
    status: 400,
    message: 'The request {command} needs a socket.',
    doc: 'The request was made through an interface without a socket.',
    nextMove: 'Send it over a WebSocket.',
  },
  noUser: {
    args: ['user'],
    temporary: false,
    status: 404,
    message: 'There is no user {user}.',
    doc: 'The user does not exist.',
    nextMove: 'Correct the user name.',
  },
  noUserOnline: {
    args: ['user'],
    temporary: false,
    status: 404,
    message: 'The user {user} is not online.',
    doc: 'The user has no connected socket.',
    nextMove: 'Try again when the user is back.',
  },
  notAllowed: {
    args: [],
    temporary: false,
    status: 403,
    message: 'Not allowed.',
    doc: 'The caller lacks the right, or the feature is switched off.',
    nextMove: 'Do not repeat it unless the rights have changed.',
  },
  notJoined: {
    args: ['room'],
    temporary: false,
    status: 403,
    message: 'Not joined to the room {room}.',
    doc: 'The request needs the caller to be a member of the room.',
    nextMove: 'Join the room first.',
  },
  roomExists: {
    args: ['room'],
    temporary: false,
    status: 409,
    message: 'The room {room} exists already.',
    doc: 'A room of that name exists already.',
    nextMove: 'Join it, or choose another name.',
  },
  timeout: {
    args: [],
    temporary: true,
    status: 504,
    message: 'The request took too long.',
    doc: 'The request was given up; whether it took effect is not known.',
    nextMove: 'Repeat it; posts with the same `clientMessageId`.',
  },
  userExists: {
    args: ['user'],
    temporary: false,
    status: 409,
    message: 'The user {user} exists already.',
    doc: 'A user of that name exists already.',
    nextMove: 'Choose another name.',
  },
  userOnline: {
    args: ['user'],
    temporary: false,
    status: 409,
    message: 'The user {user} is online.',
    doc: 'The user must not be connected for this.',
    nextMove: 'Disconnect the user first.',
  },
  wrongArgumentsCount: {
    args: ['expected', 'got'],
    temporary: false,
    status: 400,
    message: 'Expected at least {expected} params, got {got}.',
    doc: 'Fewer params than the required ones were sent.',
    nextMove: 'Correct the request.',
  },
  unavailable: {
    args: [],
    temporary: true,
    status: 503,
    message: 'The service cannot serve this at the moment.',
    doc: 'The store is away or slow, at login perhaps the keys of tokens, or the node is leaving. Whether the request took effect is not known.',
    nextMove: 'Repeat it after `retryAfterMs` (or a second); posts with the same `clientMessageId`.',
  },
  tooManyRequests: {
    args: [],
    temporary: true,
    status: 429,
    message: 'Too many requests.',
    doc: 'The socket sends faster than its limits allow, or the user faster than the room does (slow mode). The request had no effect.',
    nextMove: 'Wait `retryAfterMs`, then repeat it; send slower.',
  },
  tooManyRooms: {
    args: [],
    temporary: false,
    status: 403,
    message: 'That would be one room too many.',
    doc: 'The socket is joined to `limits.roomsPerSocket` rooms, or its user has as many in the session; or a user belongs to as many as one may.',
    nextMove: 'Leave a room, or quit it, first.',
  },
  tooManySockets: {
    args: [],
    temporary: true,
    status: 403,
    message: 'The user has too many sockets.',
    doc: 'The user has as many sockets as the service allows, on all nodes together; those of a node that has ended or is stopping do not count.',
    nextMove: 'Wait `retryAfterMs`, or close another connection of the user.',
  },
  messageTooLarge: {
    args: [],
    temporary: false,
    status: 413,
    message: 'The message is too large.',
    doc: 'The message map takes more than `limits.messageBytes` bytes in MessagePack.',
    nextMove: 'Send less.',
  },
  listTooLong: {
    args: ['count'],
    temporary: false,
    status: 400,
    message: 'The list has {count} entries, too many for one response.',
    doc: 'The list is longer than one response carries.',
    nextMove: 'Read it page by page, where the request has pages.',
  },
  badToken: {
    args: [],
    temporary: false,
    status: 403,
    message: 'The token is not valid.',
    doc: 'The token is malformed, not signed as configured, or not meant for this service.',
    nextMove: 'Get a new token.',
  },
  badSignature: {
    args: [],
    temporary: false,
    status: 403,
    message: 'The signature is not valid.',
    doc: 'The signature is not that of what is asked for, is more than 10 minutes old or to come, or was used before.',
    nextMove: 'Get a new signature.',
  },
  tokenExpired: {
    args: [],
    temporary: false,
    status: 403,
    message: 'The token has expired.',
    doc: 'The token was good once, and is past its expiry.',
    nextMove: 'Get a new token.',
  },
  quotaExceeded: {
    args: ['quota'],
    temporary: false,
    status: 403,
    message: 'The quota {quota} is used up.',
    doc: 'The owner of the room, who is the caller where one is created, has as much as one user may have: `rooms` owned, `listNames` in the lists of these rooms, or `bytes` of their history and events; or a user has in its own `profile`.',
    nextMove: 'Delete rooms, or remove names or fields, first.',
  },
  sessionConflict: {
    args: [],
    temporary: false,
    status: 409,
    message: 'Another device has taken over this session.',
    doc: 'A reconnecting login found that another login with the same tag is in place.',
    nextMove: 'Ask the person; log in without `isReconnect` to take over.',
  },
  roomExpired: {
    args: ['room'],
    temporary: false,
    status: 404,
    message: 'The room {room} has ended.',
    doc: 'The room was a temporary one, and its time is over.',
    nextMove: 'Forget the room.',
  },
  silenced: {
    args: ['until'],
    temporary: false,
    status: 403,
    message: 'You may not post here until {until}.',
    doc: 'The user is silenced in the room, until that time (a `Timestamp`; nil for good).',
    nextMove: 'Wait until then, or until `roomUnsilenced`.',
  },
  noMember: {
    args: ['user'],
    temporary: false,
    status: 404,
    message: 'The user {user} is no member of the room.',
    doc: 'The request is about a member, and the user is none.',
    nextMove: 'Make the user a member first.',
  },
  noMessage: {
    args: ['id'],
    temporary: false,
    status: 404,
    message: 'There is no message {id}.',
    doc: 'The message that is named was never there, is not kept any more, or was recalled.',
    nextMove: 'Do not name it.',
  },
  versionConflict: {
    args: ['version'],
    temporary: false,
    status: 409,
    message: 'It has changed meanwhile, and is of version {version}.',
    doc: 'Somebody else has changed it since the version that the request names.',
    nextMove: 'Read it, and decide again.',
  },
  otherImport: {
    args: ['imported'],
    temporary: false,
    status: 409,
    message: 'The import goes on behind {imported} messages, and these are not the next ones.',
    doc: 'Messages are imported from another place on than where the import is, or they are not those that were imported there.',
    nextMove: 'Go on behind as many messages, with the same source in the same order.',
  },
  tooLarge: {
    args: ['bytes'],
    temporary: false,
    status: 413,
    message: 'It would take {bytes} bytes, which is too much.',
    doc: 'What is kept would take more bytes than the service allows.',
    nextMove: 'Keep less.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

/** Whether a code is one of the table. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code);
}
