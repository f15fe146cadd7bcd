/**
 * Rows as LeanCloud gives them: the class `_Conversation` (and `_ConversationMemberInfo`) as its console exports them or its API gives them,
 * and messages as its API gives them. A row says by its columns which it is.
 */
import { isJsonMap, parsed, type JsonMap, type Row } from './lines.ts';
import { conversationColumns, fieldNames, fileFieldNames, RECALLED_TYPE, typeNames } from './leancloud-table.ts';
import {
  namesOf,
  textOf,
  timeOf,
  unknown,
  type Conversation,
  type Item,
  type Said,
  type SourceOptions,
} from './source.ts';

/** Behind the id of a conversation in `conv-id`. */
const PADDING = /0{8}$/;
const ID_LENGTH = 24;

export function readLeanCloudRow({ map }: Row, _number: number, options: SourceOptions): Item {
  const messageId = textOf(map['msg-id'] ?? map['msgId']);
  if (messageId !== undefined) return readMessage(map, messageId);
  const id = idOf(map['objectId'] ?? map['_id']);
  const of = textOf(map['cid']);
  if (of !== undefined && map['role'] !== undefined) return readRole(map, of);
  if (id === undefined) return unknown('it is neither a conversation nor a message');
  return { what: 'conversation', id, conversation: readConversation(map, id, options) };
}

/** `Owner` and `Member` are said by the conversation itself. */
function readRole(map: JsonMap, id: string): Item {
  const userName = textOf(map['clientId']);
  return userName === undefined
    ? { what: 'nothing' }
    : { what: 'role', id, userName, isAdmin: map['role'] === 'Manager' };
}

function readConversation(map: JsonMap, id: string, { direct }: SourceOptions): Conversation {
  const creator = textOf(map['c']);
  const isTransient = map['tr'] === true;
  const isOfService = map['sys'] === true;
  const members = isTransient ? [] : namesOf(map['m']);
  const unique = map['unique'] === true && !isTransient && !isOfService;
  // Who has made it and left is no member, and an owner would always be one. To the others anybody may come.
  const isThere = isTransient || isOfService || creator === undefined || members.includes(creator);
  const [one, other] = members;
  const isPair = direct && unique && members.length === 2 && one !== undefined && other !== undefined;
  return {
    roomName: id,
    direct: isPair ? [one, other] : undefined,
    kind: isTransient ? 'transient' : 'normal',
    unique,
    owner: isThere ? creator : undefined,
    members,
    left: isThere || creator === undefined ? [] : [creator],
    admins: [],
    muted: namesOf(map['mu']),
    attributes: attributesOf(map),
    writers: isOfService ? 'admins' : 'all',
    invites: 'members',
    // Anybody may subscribe to a conversation of the service, and enter a chat room.
    whitelistOnly: !isTransient && !isOfService,
    read: {},
    isOfService,
  };
}

function attributesOf(map: JsonMap): JsonMap {
  const { name, attr, createdAt } = map;
  const others = Object.entries(map).filter(([column]) => !Object.hasOwn(conversationColumns, column));
  const made = timeOf(createdAt);
  return {
    ...Object.fromEntries(others.map(([column, value]) => [column, plain(value)])),
    ...(isJsonMap(attr) ? Object.fromEntries(Object.entries(attr).map(([key, value]) => [key, plain(value)])) : {}),
    ...(textOf(name) === undefined ? {} : { name }),
    ...(made === undefined ? {} : { createdAt: made }),
  };
}

/** Dates are marked as such wherever they stand. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!isJsonMap(value)) return value;
  if (value['__type'] === 'Date') return timeOf(value) ?? null;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}

function readMessage(map: JsonMap, tie: string): Item {
  const given = textOf(map['conv-id'] ?? map['convId']);
  const to = textOf(map['to']);
  // In a conversation of the service `conv-id` is a hash of it and the one user to whom it was said.
  const own = given?.length === ID_LENGTH + 8 && PADDING.test(given) ? given.slice(0, ID_LENGTH) : given;
  const id = map['is-conv'] === false ? own : (to ?? own);
  const time = timeOf(map['timestamp']);
  if (id === undefined) return unknown('a message without a conversation');
  if (time === undefined) return unknown('a message without a time');
  const content = contentOf(map);
  const isRecalled = map['recalled'] === true || content === 'recalled';
  const said: Said = {
    author: textOf(map['from']),
    message: content === 'recalled' ? {} : content,
    recalled: isRecalled,
    mentions: namesOf(map['mention-pids'] ?? map['mention-client-ids'] ?? map['mentionPids']),
    mentionAll: (map['mention-all'] ?? map['mentionAll']) === true,
    isPrivate: own !== undefined && own !== id,
  };
  return { what: 'said', id, time, tie, said };
}

/** `data` is text, mostly of a typed message as JSON, or that map itself, or bytes in base64 (`bin`). */
function contentOf(map: JsonMap): JsonMap | 'recalled' {
  const { data, bin } = map;
  if (bin === true && typeof data === 'string') return { type: 'binary', content: { $bytes: data } };
  const typed = typeof data === 'string' && data.startsWith('{') ? parsed(data) : data;
  if (isJsonMap(typed) && typeof typed['_lctype'] === 'number') return typedMessage(typed, typed['_lctype']);
  return { textMessage: typeof data === 'string' ? data : JSON.stringify(data ?? '') };
}

/** Names that parts of a typed message have here: a field of the application's own that is called so has `_` before it. */
const taken: ReadonlySet<string> = new Set(Object.values(fieldNames));

function typedMessage(typed: JsonMap, number: number): JsonMap | 'recalled' {
  if (number === RECALLED_TYPE) return 'recalled';
  const type = typeNames.has(number) ? typeNames.get(number) : number;
  const fields = Object.entries(typed).flatMap(([key, value]): [string, unknown][] => {
    if (key === '_lctype' || value === null) return [];
    const named = nameIn(fieldNames, key) ?? (taken.has(key) ? `_${key}` : key);
    return [[named, key === '_lcfile' && isJsonMap(value) ? fileOf(value) : plain(value)]];
  });
  return { ...(type === undefined ? {} : { type }), ...Object.fromEntries(fields) };
}

const fileOf = (file: JsonMap): JsonMap =>
  Object.fromEntries(Object.entries(file).map(([key, value]) => [nameIn(fileFieldNames, key) ?? key, plain(value)]));

/** Keys of a row may be those of any object, such as `constructor`. */
const nameIn = (names: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(names, key) ? names[key] : undefined;

/** Also as databases spell it. */
const idOf = (value: unknown): string | undefined => textOf(isJsonMap(value) ? value['$oid'] : value);
