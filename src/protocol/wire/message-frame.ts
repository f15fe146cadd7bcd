/**
 * What the frames of messages have in common, posted to a room or sent to a user: the map with the fields of the server's,
 * and reading it again. The frames themselves are made where their notifications are declared.
 */
import type { ValueMap } from '../params/values.ts';
import { encodeShared, encodeValue } from './msgpack.ts';
import { opening, UINT64 } from './opening.ts';
import { concat, equals, mapHeader, stringSize } from './pack.ts';
import { StoredValue } from './stored.ts';

export const ROOM_MESSAGE = opening('roomMessage', 2);
export const DIRECT_MESSAGE = opening('directMessage', 1);
const AUTHOR = encodeValue('author');
const IS_RECALLED = [encodeValue('recalled'), encodeValue(true)];
const TIMESTAMP = concat([encodeValue('timestamp'), UINT64]);
export const MESSAGE_ID = concat([encodeValue('id'), UINT64]);
const UINT64_BYTES = 8;
/** Fields of a processed message that are the server's, whatever the client sent under these keys. */
const SERVER_FIELDS: ReadonlySet<string> = new Set(
  'author timestamp id mentions mentionAll version updatedAt reactions repliesCount recalled'.split(' '),
);
/** The service itself writes without an author. */
const SERVICE_FIELDS: ReadonlySet<string> = new Set([...SERVER_FIELDS].filter((field) => field !== 'author'));

/** Whom a message mentions: names without doubles, and all who are in the room. */
export interface Mentioning {
  readonly mentions?: readonly string[] | undefined;
  readonly mentionAll?: boolean | undefined;
}

/** Names, and who is in the room, where there are any: each becomes a field. */
function mentionEntries({ mentions = [], mentionAll = false }: Mentioning): Uint8Array[][] {
  const entries: Uint8Array[][] = [];
  if (mentions.length > 0) entries.push([encodeValue('mentions'), encodeValue([...mentions])]);
  if (mentionAll) entries.push([encodeValue('mentionAll'), encodeValue(true)]);
  return entries;
}

interface PrefixOptions {
  /** Further fields that are not the client's. */
  readonly others?: readonly string[];
  readonly mentioning?: Mentioning;
  /** It is what is left of a message whose content is gone. */
  readonly isRecalled?: boolean;
}

/**
 * Everything up to the timestamp, behind which only an id may come. The author
 * is always last: that of the service's own message is the one that its map names, if it names one.
 */
export function messagePrefix(
  beginning: readonly Uint8Array[],
  author: string | undefined,
  message: ValueMap,
  hasId: boolean,
  { others = [], mentioning = {}, isRecalled = false }: PrefixOptions = {},
): { prefix: Uint8Array; bytes: number } {
  const named = author ?? message['author'];
  const isBy = typeof named === 'string';
  const mentioned = mentionEntries(mentioning);
  if (isRecalled) mentioned.push(IS_RECALLED);
  const by = [...mentioned.flat(), ...(isBy ? [AUTHOR, encodeValue(named)] : [])];
  const fixed = isBy ? SERVER_FIELDS : SERVICE_FIELDS;
  const isOurs = (key: string): boolean => fixed.has(key) || others.includes(key);
  let shared = encodeShared(message);
  const bytes = shared.length;
  const keys = Object.keys(message);
  let count = keys.length;
  if (keys.some(isOurs)) {
    const fields = Object.entries(message).filter(([key]) => !isOurs(key));
    shared = encodeShared(Object.fromEntries(fields));
    count = fields.length;
  }
  const entries = shared.subarray(mapHeader(count).length);
  const added = mentioned.length + (isBy ? 2 : 1) + (hasId ? 1 : 0);
  // `entries` refers to the encoder's own buffer: it must be copied before anything else is encoded.
  return { prefix: concat([...beginning, mapHeader(count + added), entries, ...by, TIMESTAMP]), bytes };
}

/**
 * The content of a message in MessagePack: what is the client's of its map, and whom it mentions. `bytes`: as the client's whole map takes
 * them, to be held against `limits.messageBytes`.
 */
export function messageContent(
  message: ValueMap,
  { others = [], mentioning = {} }: Omit<PrefixOptions, 'isRecalled'> = {},
): { content: Uint8Array; bytes: number } {
  const bytes = encodeShared(message).length;
  const fields = Object.entries(message).filter(([key]) => !SERVER_FIELDS.has(key) && !others.includes(key));
  const mentioned = mentionEntries(mentioning);
  const shared = encodeShared(Object.fromEntries(fields));
  const entries = shared.slice(mapHeader(fields.length).length);
  return { content: concat([mapHeader(fields.length + mentioned.length), entries, ...mentioned.flat()]), bytes };
}

/** What is before the time and the id of a message by an author, and between them: so it is known whose it is without decoding it. */
export const authorMark = (author: string): { readonly mark: Uint8Array; readonly middle: Uint8Array } => ({
  mark: concat([AUTHOR, encodeValue(author), TIMESTAMP]),
  middle: MESSAGE_ID,
});

/** Whether a stored message is by an author, as its end says. */
export function isBy(frame: Uint8Array, { mark, middle }: ReturnType<typeof authorMark>): boolean {
  const middleAt = frame.length - UINT64_BYTES - middle.length;
  const markAt = middleAt - UINT64_BYTES - mark.length;
  if (markAt < 0) return false;
  return (
    equals(frame.subarray(middleAt, middleAt + middle.length), middle) &&
    equals(frame.subarray(markAt, markAt + mark.length), mark)
  );
}

/** The message in a `roomMessage` or `directMessage` made here, as it is there. Anything else is a defect, and throws. */
export function storedMessageIn(frame: Uint8Array): StoredValue {
  if (beginsWith(frame, DIRECT_MESSAGE)) return new StoredValue(frame.subarray(DIRECT_MESSAGE.length));
  const name = beginsWith(frame, ROOM_MESSAGE) ? stringSize(frame, ROOM_MESSAGE.length) : 0;
  if (name === 0) throw new TypeError('Not the frame of a message');
  return new StoredValue(frame.subarray(ROOM_MESSAGE.length + name));
}

export const beginsWith = (frame: Uint8Array, opened: Uint8Array): boolean =>
  opened.every((byte, at) => frame[at] === byte);
