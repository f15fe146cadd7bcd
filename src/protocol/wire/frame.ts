/**
 * Notifications as MessagePack frames made once and sent to many. Fields that only the store can know (ids, times,
 * counts) are left out at fixed places, as 64-bit integers that the store's scripts put in; who receives a frame is
 * left to the bus and the hub.
 */
import type { NotificationName } from '../catalogue.ts';
import { encodeJson } from './json.ts';
import { decodeTrusted, encodeShared, encodeValue } from './msgpack.ts';
import { concat, mapHeader, stringSize } from './pack.ts';
import { StoredValue } from './stored.ts';
import type { Value, ValueMap } from '../values.ts';

/** MessagePack's head byte of an unsigned 64-bit integer; the eight bytes after it are what is patched in. */
const UINT64 = Uint8Array.of(0xcf);
const ARRAY_OF_3 = 0x93;
const FIXARRAY = 0x90;

export interface RoomMessageFrame {
  readonly head: Uint8Array;
  readonly middle: Uint8Array;
  /** Size of the client's message map in MessagePack, to be held against `limits.messageBytes`. */
  readonly bytes: number;
}

const ROOM_MESSAGE = opening('roomMessage', 2);
const DIRECT_MESSAGE = opening('directMessage', 1);
const DIRECT_MESSAGE_ECHO = opening('directMessageEcho', 2);
const AUTHOR = encodeValue('author');
const TIMESTAMP = concat([encodeValue('timestamp'), UINT64]);
const ID = concat([encodeValue('id'), UINT64]);
/** Fields of a processed message that are the server's, whatever the client sent under these keys. */
const SERVER_FIELDS = ['author', 'timestamp', 'id'];
/** The service itself writes without an author, or in the name that its message gives. */
const SERVICE_FIELDS = ['timestamp', 'id'];
const NOTHING = new Uint8Array(0);

/**
 * `head ++ u64be(timestamp) ++ middle ++ u64be(id)` is the frame `[2, 'roomMessage', [roomName, {…message, author,
 * timestamp, id}]]`. For a transient message there is no id and `head ++ u64be(timestamp)` is the whole. Top-level
 * `author`, `timestamp` and `id` of the message are dropped. An author of '' is the service itself: it adds no `author`,
 * and one in the message stays.
 */
export function roomMessageFrame(
  roomName: string,
  author: string,
  message: ValueMap,
  transient: boolean,
): RoomMessageFrame {
  const { head, bytes } = messageHead([ROOM_MESSAGE, encodeValue(roomName)], author, message, !transient);
  return { head, middle: transient ? NOTHING : ID, bytes };
}

/**
 * `head ++ u64be(timestamp)` is the frame `[2, 'directMessage', [{…message, author, timestamp}]]`; what is dropped of the
 * message is as in a room's, and so are `bytes`.
 */
export function directMessageFrame(author: string, message: ValueMap): { head: Uint8Array; bytes: number } {
  return messageHead([DIRECT_MESSAGE], author, message, false);
}

/** The `directMessageEcho` of a whole `directMessage` to a user. */
export function directEchoFrame(userName: string, frame: Uint8Array): Uint8Array {
  return concat([DIRECT_MESSAGE_ECHO, encodeValue(userName), frame.subarray(DIRECT_MESSAGE.length)]);
}

/** Everything up to the timestamp, behind which only an id may come. */
function messageHead(
  beginning: readonly Uint8Array[],
  author: string,
  message: ValueMap,
  hasId: boolean,
): { head: Uint8Array; bytes: number } {
  const isService = author === '';
  const by = isService ? [] : [AUTHOR, encodeValue(author)];
  const ours = isService ? SERVICE_FIELDS : SERVER_FIELDS;
  let shared = encodeShared(message);
  const bytes = shared.length;
  let count = Object.keys(message).length;
  if (ours.some((field) => Object.hasOwn(message, field))) {
    const fields = Object.entries(message).filter(([key]) => !ours.includes(key));
    shared = encodeShared(Object.fromEntries(fields));
    count = fields.length;
  }
  const entries = shared.subarray(mapHeader(count).length);
  const added = (isService ? 1 : 2) + (hasId ? 1 : 0);
  // `entries` refers to the encoder's own buffer: it must be copied before anything else is encoded.
  return { head: concat([...beginning, mapHeader(count + added), entries, ...by, TIMESTAMP]), bytes };
}

/** `head ++ u64be(count)` is the frame of a notification whose last param is a count. */
export function countFrame(name: NotificationName, leading: readonly Value[]): Uint8Array {
  return concat([frameHead(name, leading), UINT64]);
}

/** `head ++ value` is the frame of a notification whose last param the store knows, in MessagePack. */
export function frameHead(name: NotificationName, leading: readonly Value[]): Uint8Array {
  return concat([opening(name, leading.length + 1), ...leading.map((param) => encodeValue(param))]);
}

const LEFT_KEY = encodeValue('left');
const COUNT_KEY = concat([encodeValue('count'), UINT64]);

/** `head ++ joined ++ leftKey ++ left ++ countKey ++ u64be(count)` is a `roomUserlistChanged`, its lists in MessagePack. */
export function userlistChangesFrame(roomName: string): {
  head: Uint8Array;
  leftKey: Uint8Array;
  countKey: Uint8Array;
} {
  const head = concat([frameHead('roomUserlistChanged', [roomName]), mapHeader(3), encodeValue('joined')]);
  return { head, leftKey: LEFT_KEY, countKey: COUNT_KEY };
}

/** `head ++ group` is the notice of a room in a session, the group in MessagePack. */
export function chatHead(name: '$.chat.join' | '$.chat.leave', roomName: string, isPrivate: boolean): Uint8Array {
  const fields = Object.entries({ name: roomName, private: isPrivate, meta: {} });
  const known = fields.flatMap(([key, value]) => [encodeValue(key), encodeValue(value)]);
  return concat([opening(name, 1), mapHeader(1), encodeValue('chat'), mapHeader(4), ...known, encodeValue('group')]);
}

/** The whole frame of a notification. */
export function notificationFrame(name: NotificationName, params: readonly Value[]): Uint8Array {
  return encodeValue([2, name, [...params]]);
}

export interface DecodedNotification {
  readonly name: string;
  readonly params: Value[];
}

/** Reads a frame made here. Anything else is a defect of the caller, and throws. */
export function decodeNotification(frame: Uint8Array): DecodedNotification {
  const value = decodeTrusted(frame);
  if (!Array.isArray(value) || value[0] !== 2) throw new TypeError('Not the frame of a notification');
  const [, name, params] = value;
  if (typeof name !== 'string' || !Array.isArray(params)) throw new TypeError('Not the frame of a notification');
  return { name, params };
}

/** The message in a `roomMessage` or `directMessage` made here, as it is there. Anything else is a defect, and throws. */
export function storedMessageIn(frame: Uint8Array): StoredValue {
  if (beginsWith(frame, DIRECT_MESSAGE)) return new StoredValue(frame.subarray(DIRECT_MESSAGE.length));
  const name = beginsWith(frame, ROOM_MESSAGE) ? stringSize(frame, ROOM_MESSAGE.length) : 0;
  if (name === 0) throw new TypeError('Not the frame of a message');
  return new StoredValue(frame.subarray(ROOM_MESSAGE.length + name));
}

const beginsWith = (frame: Uint8Array, opened: Uint8Array): boolean => opened.every((byte, at) => frame[at] === byte);

/** The same notification as one JSON text frame. */
export function transcodeToJson(frame: Uint8Array): string {
  return encodeJson(decodeTrusted(frame));
}

/** `[2, name, [` with the number of params, of which there are fewer than 16. */
/** Whether a frame is the notification of a name that has so many parameters. */
export function notificationTest(name: NotificationName, paramsCount: number): (frame: Uint8Array) => boolean {
  const begin = opening(name, paramsCount);
  return (frame) => frame.length > begin.length && begin.every((byte, i) => frame[i] === byte);
}

/** The count that ends a frame made by `countFrame`. */
export const countIn = (frame: Uint8Array): number =>
  Number(new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getBigUint64(frame.length - 8));

function opening(name: string, paramsCount: number): Uint8Array {
  return concat([Uint8Array.of(ARRAY_OF_3, 2), encodeValue(name), Uint8Array.of(FIXARRAY | paramsCount)]);
}
