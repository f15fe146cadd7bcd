/**
 * The table of error codes, and `Failure`, the value that stands for a refused request everywhere in the service.
 * Who may fail with which code is left to the catalogue.
 */
import type { Value } from './values.ts';

export interface ErrorEntry {
  /** Names of the args, in order. */
  readonly args: readonly string[];
  /** True when the same request, unchanged, may succeed later. */
  readonly temporary: boolean;
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
    message: 'Bad argument at index {index}: {value}.',
    doc: 'A param has the wrong type or range. `value` is nil if it is binary, larger than 1 KiB or no valid value.',
    nextMove: 'Correct the request.',
  },
  internalError: {
    args: ['text'],
    temporary: false,
    message: 'Internal error: {text}.',
    doc: 'The service failed in a way it did not foresee. `text` names a reference for the operator, nothing internal.',
    nextMove: 'Report it; retry only if repeating the request is harmless.',
  },
  invalidName: {
    args: ['name'],
    temporary: false,
    message: 'The name {name} is not valid.',
    doc: 'A name to be created breaks the rule for names.',
    nextMove: 'Choose another name.',
  },
  invalidSocket: {
    args: ['id'],
    temporary: false,
    message: 'There is no socket {id}.',
    doc: 'The socket named is not connected.',
    nextMove: 'Forget that socket.',
  },
  listLimitExceeded: {
    args: ['list'],
    temporary: false,
    message: 'The list {list} would exceed its size limit.',
    doc: 'Adding would make an access list longer than the service allows.',
    nextMove: 'Remove names first.',
  },
  noCommand: {
    args: ['name'],
    temporary: false,
    message: 'There is no request {name}.',
    doc: 'The method is not known to this service.',
    nextMove: 'Do not send it again.',
  },
  noList: {
    args: ['list'],
    temporary: false,
    message: 'There is no list {list}.',
    doc: 'No list of that name exists.',
    nextMove: 'Correct the list name.',
  },
  noLogin: {
    args: [],
    temporary: false,
    message: 'Not logged in.',
    doc: 'The socket has not logged in, or the credentials named no user.',
    nextMove: 'Send `login` with credentials first.',
  },
  noRoom: {
    args: ['room'],
    temporary: false,
    message: 'There is no room {room}.',
    doc: 'The room does not exist.',
    nextMove: 'Forget the room, or create it.',
  },
  noSocket: {
    args: ['command'],
    temporary: false,
    message: 'The request {command} needs a socket.',
    doc: 'The request was made through an interface without a socket.',
    nextMove: 'Send it over a WebSocket.',
  },
  noUser: {
    args: ['user'],
    temporary: false,
    message: 'There is no user {user}.',
    doc: 'The user does not exist.',
    nextMove: 'Correct the user name.',
  },
  noUserOnline: {
    args: ['user'],
    temporary: false,
    message: 'The user {user} is not online.',
    doc: 'The user has no connected socket.',
    nextMove: 'Try again when the user is back.',
  },
  notAllowed: {
    args: [],
    temporary: false,
    message: 'Not allowed.',
    doc: 'The caller lacks the right, or the feature is switched off.',
    nextMove: 'Do not repeat it unless the rights have changed.',
  },
  notJoined: {
    args: ['room'],
    temporary: false,
    message: 'Not joined to the room {room}.',
    doc: 'The request needs the caller to be a member of the room.',
    nextMove: 'Join the room first.',
  },
  roomExists: {
    args: ['room'],
    temporary: false,
    message: 'The room {room} exists already.',
    doc: 'A room of that name exists already.',
    nextMove: 'Join it, or choose another name.',
  },
  timeout: {
    args: [],
    temporary: true,
    message: 'The request took too long.',
    doc: 'The request was given up; whether it took effect is not known.',
    nextMove: 'Repeat it; posts with the same `clientMessageId`.',
  },
  userExists: {
    args: ['user'],
    temporary: false,
    message: 'The user {user} exists already.',
    doc: 'A user of that name exists already.',
    nextMove: 'Choose another name.',
  },
  userOnline: {
    args: ['user'],
    temporary: false,
    message: 'The user {user} is online.',
    doc: 'The user must not be connected for this.',
    nextMove: 'Disconnect the user first.',
  },
  wrongArgumentsCount: {
    args: ['expected', 'got'],
    temporary: false,
    message: 'Expected at least {expected} params, got {got}.',
    doc: 'Fewer params than the required ones were sent.',
    nextMove: 'Correct the request.',
  },
  unavailable: {
    args: [],
    temporary: true,
    message: 'The service cannot serve this at the moment.',
    doc: 'The store is away or slow, at login perhaps the keys of tokens, or the node is leaving. Whether the request took effect is not known.',
    nextMove: 'Repeat it after `retryAfterMs` (or a second); posts with the same `clientMessageId`.',
  },
  tooManyRequests: {
    args: [],
    temporary: true,
    message: 'Too many requests.',
    doc: 'The socket sends faster than its limits allow. The request had no effect.',
    nextMove: 'Wait `retryAfterMs`, then repeat it; send slower.',
  },
  tooManyRooms: {
    args: [],
    temporary: false,
    message: 'This socket is in too many rooms.',
    doc: 'The socket is joined to `limits.roomsPerSocket` rooms.',
    nextMove: 'Leave a room first.',
  },
  tooManySockets: {
    args: [],
    temporary: true,
    message: 'The user has too many sockets.',
    doc: 'The user has as many sockets as the service allows, on all nodes together; those of a node that has ended or is stopping do not count.',
    nextMove: 'Wait `retryAfterMs`, or close another connection of the user.',
  },
  messageTooLarge: {
    args: [],
    temporary: false,
    message: 'The message is too large.',
    doc: 'The message map takes more than `limits.messageBytes` bytes in MessagePack.',
    nextMove: 'Send less.',
  },
  listTooLong: {
    args: ['count'],
    temporary: false,
    message: 'The list has {count} entries, too many for one response.',
    doc: 'The list is longer than one response carries.',
    nextMove: 'Read it in pages (`roomUserlistGet`).',
  },
  badToken: {
    args: [],
    temporary: false,
    message: 'The token is not valid.',
    doc: 'The token is malformed, not signed as configured, or not meant for this service.',
    nextMove: 'Get a new token.',
  },
  tokenExpired: {
    args: [],
    temporary: false,
    message: 'The token has expired.',
    doc: 'The token was good once, and is past its expiry.',
    nextMove: 'Get a new token.',
  },
  quotaExceeded: {
    args: ['quota'],
    temporary: false,
    message: 'The quota {quota} is used up.',
    doc: 'The owner of the room, who is the caller where one is created, has as much as one user may have: `rooms` owned, `listNames` in the lists of these rooms, or `bytes` of their history and events.',
    nextMove: 'Delete rooms, or remove names, first.',
  },
  sessionConflict: {
    args: [],
    temporary: false,
    message: 'Another device has taken over this session.',
    doc: 'A reconnecting login found that another login with the same tag is in place.',
    nextMove: 'Ask the person; log in without `isReconnect` to take over.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

/** A code that a hook of the operator's has chosen: one of the table, or one of the operator's own. */
export type HookCode = string & { readonly hookCode: true };

/** What a hook says in place of the table. */
export interface OwnWords {
  readonly message?: string;
  readonly temporary?: boolean;
}

/** A refused request. It is returned, not thrown, and carries no stack. */
export class Failure<C extends ErrorCode | HookCode = ErrorCode | HookCode> {
  readonly code: C;
  readonly args: Value[];
  /** How long to wait before repeating the request, milliseconds. */
  readonly retryAfterMs: number | undefined;
  readonly own: OwnWords | undefined;

  constructor(code: C, args: Value[], retryAfterMs: number | undefined, own?: OwnWords) {
    this.code = code;
    this.args = args;
    this.retryAfterMs = retryAfterMs;
    this.own = own;
  }
}

export function fail<C extends ErrorCode>(code: C, args: Value[] = [], retryAfterMs?: number): Failure<C> {
  return new Failure(code, args, retryAfterMs);
}

/** A refusal by a hook. */
export function refuse(code: string, args: Value[], own: OwnWords, retryAfterMs?: number): Failure<HookCode> {
  // Any code will do: what makes it a hook's is that it is made here.
  return new Failure(code as HookCode, args, retryAfterMs, own);
}

/** Whether a code is one of the table. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code);
}

/** An error as it travels. It is a map of the wire. */
export type ErrorValue = {
  code: string;
  args: Value[];
  message: string;
  temporary: boolean;
  retryAfterMs?: number;
};

const UNAVAILABLE_MS = 1000;

/** What the service cannot do now, and probably can in a moment. */
export function unavailable(): Failure<'unavailable'> {
  return fail('unavailable', [], UNAVAILABLE_MS);
}

/** The failure with its sentence, ready to be encoded. */
export function toErrorValue(failure: Failure): ErrorValue {
  const { code, args, own } = failure;
  const entry: ErrorEntry | undefined = isErrorCode(code) ? errorTable[code] : undefined;
  const value: ErrorValue = {
    code,
    args,
    message: own?.message ?? (entry === undefined ? `Refused: ${code}.` : sentence(entry, args)),
    temporary: own?.temporary ?? entry?.temporary ?? false,
  };
  if (failure.retryAfterMs !== undefined) value.retryAfterMs = failure.retryAfterMs;
  return value;
}

function sentence({ message, args: names }: ErrorEntry, args: readonly Value[]): string {
  return message.replace(/\{(\w+)\}/g, (_, name: string) => show(args[names.indexOf(name)]));
}

const SHOWN_LENGTH = 80;

/** An arg inside a sentence: scalars only, cut, so that a message stays one short line. */
function show(arg: Value | undefined): string {
  if (arg === undefined || arg === null) return 'nil';
  if (typeof arg === 'object') return 'a structured value';
  if (typeof arg !== 'string') return String(arg);
  // A surrogate pair cut in half is escaped by JSON.stringify, so the sentence stays well-formed.
  const shown = arg.length > SHOWN_LENGTH ? `${arg.slice(0, SHOWN_LENGTH - 1)}…` : arg;
  return JSON.stringify(shown);
}
