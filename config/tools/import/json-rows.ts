/** Rows of our own form, for whoever writes an export by itself: `kind` says what a row is. */
import { isJsonMap, type JsonMap, type Row } from './lines.ts';
import { digitsOf, namesOf, textOf, timeOf, unknown, type Conversation, type Item } from './source.ts';

/** What a row may have, by its kind. */
const fields: Readonly<Record<string, readonly string[]>> = {
  conversation: [
    ...['kind', 'id', 'roomName', 'direct', 'type', 'unique', 'owner', 'members', 'admins', 'muted', 'attributes'],
    ...['writers', 'invites', 'whitelistOnly', 'read'],
  ],
  message: ['kind', 'conversation', 'id', 'author', 'timestamp', 'message', 'mentions', 'mentionAll', 'recalled'],
};

export function readJsonRow({ map }: Row, number: number): Item {
  const kind = textOf(map['kind']) ?? '';
  const known = Object.hasOwn(fields, kind) ? fields[kind] : undefined;
  if (known === undefined) return unknown('its `kind` is neither conversation nor message');
  const odd = Object.keys(map).find((field) => !known.includes(field));
  if (odd !== undefined) return unknown(`a ${kind} has no field ${odd.slice(0, 40)}`);
  return kind === 'conversation' ? readConversation(map) : readMessage(map, number);
}

function readConversation(map: JsonMap): Item {
  const id = textOf(map['id']);
  if (id === undefined) return unknown('a conversation without an `id`');
  const { type = 'normal', writers = 'all', invites = 'members', attributes = {}, read = {} } = map;
  if (type !== 'normal' && type !== 'transient') return unknown('its `type` is neither normal nor transient');
  if (writers !== 'all' && writers !== 'admins' && writers !== 'owner')
    return unknown('its `writers` are nobody known');
  if (invites !== 'members' && invites !== 'admins') return unknown('its `invites` are nobody known');
  if (!isJsonMap(attributes) || !isJsonMap(read)) return unknown('its `attributes` and `read` are maps');
  const [one, other, ...more] = namesOf(map['direct']);
  if (map['direct'] !== undefined && (one === undefined || other === undefined || more.length > 0)) {
    return unknown('its `direct` is a list of two users');
  }
  const times = Object.entries(read).map(([userName, time]) => [userName, timeOf(time)] as const);
  if (times.some(([, time]) => time === undefined)) return unknown('its `read` has times');
  const conversation: Conversation = {
    roomName: textOf(map['roomName']) ?? id,
    direct: one === undefined || other === undefined ? undefined : [one, other],
    kind: type,
    unique: map['unique'] === true,
    owner: textOf(map['owner']),
    members: type === 'transient' ? [] : namesOf(map['members']),
    left: [],
    admins: namesOf(map['admins']),
    muted: namesOf(map['muted']),
    attributes,
    writers,
    invites,
    whitelistOnly: map['whitelistOnly'] !== false && type !== 'transient',
    read: Object.fromEntries(times.map(([userName, time]) => [userName, time ?? 0])),
    isOfService: false,
  };
  return { what: 'conversation', id, conversation };
}

function readMessage(map: JsonMap, number: number): Item {
  const id = textOf(map['conversation']);
  const time = timeOf(map['timestamp']);
  const { message = {}, recalled } = map;
  if (id === undefined) return unknown('a message without a `conversation`');
  if (time === undefined) return unknown('a message without a `timestamp`');
  if (!isJsonMap(message)) return unknown('its `message` is a map');
  const said = {
    author: textOf(map['author']),
    message,
    recalled: recalled === true,
    mentions: namesOf(map['mentions']),
    mentionAll: map['mentionAll'] === true,
    isPrivate: false,
  };
  // Without an id of its own it stays where it is among those of its time.
  return { what: 'said', id, time, tie: textOf(map['id']) ?? digitsOf(number), said };
}
