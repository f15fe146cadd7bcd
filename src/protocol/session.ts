/** A user's session: the rooms that its devices share. */
import Type, { type Static } from 'typebox';
import { carries, notification, request } from './declare.ts';
import { RoomName } from './params/types.ts';
import { encodeValue } from './wire/msgpack.ts';
import { opening } from './wire/opening.ts';
import { concat, mapHeader } from './wire/pack.ts';
import type { ValueMap } from './params/values.ts';

export const Chat = Type.Object(
  {
    name: RoomName,
    group: Type.String({ description: 'The group of the session that the room is filed under.' }),
    private: Type.Boolean({ description: 'The room is whitelist-only.' }),
    meta: Type.Unsafe<ValueMap>({
      type: 'object',
      description:
        'Attributes of the room, as they were then; empty in `$.chat.leave`, and of rooms for which a session, of 256 KiB of them, had no place left.',
    }),
  },
  { title: 'Chat', description: "A room as it is filed in a user's session." },
);
export type Chat = Static<typeof Chat>;

export const ChatNotice = Type.Object(
  { chat: Chat },
  { title: 'ChatNotice', description: 'What happened to it is in the name of the notification.' },
);

export const SessionChats = Type.Unsafe<{ [group: string]: { [roomName: string]: Static<typeof Chat> } }>({
  type: 'object',
  title: 'SessionChats',
  required: ['custom'],
  description: 'Group → name of the room → `Chat`. `custom` is always there.',
});

export type SessionChats = Static<typeof SessionChats>;

export const sessionRequests = {
  sessionGet: request({
    doc: "Gives the rooms filed in the user's session, by group. Joining and leaving by sockets with `enableSync` change it, disconnects do not. `listTooLong` where they are more than a response holds; a login with `enableSync` is told all of them.",
    params: {},
    result: SessionChats,
    errors: ['listTooLong'],
    access: 'user',
    reads: true,
    on: 'user',
    order: 'self',
    cost: { units: 5, page: true },
    example: {
      params: [],
      result: { custom: { lobby: { name: 'lobby', group: 'custom', private: false, meta: {} } } },
    },
  }),
};

const SYNCED = "The user's sockets that logged in with `enableSync`";

export const sessionNotifications = {
  '$.chat.join': notification({
    doc: "A room was filed in the user's session. It is not joined by that: who wants its messages joins it.",
    params: [carries('notice', ChatNotice)],
    audience: `${SYNCED}, but for the one that joined; at its login each of them, for every room filed.`,
    example: [{ chat: { name: 'lobby', group: 'custom', private: false, meta: {} } }],
  }),

  '$.chat.leave': notification({
    doc: "A room was taken out of the user's session: left by another socket, lost, or on its way to another group.",
    params: [carries('notice', ChatNotice)],
    audience: `${SYNCED}, but for the one that left.`,
    example: [{ chat: { name: 'lobby', group: 'custom', private: false, meta: {} } }],
  }),

  '$.group.restored': notification({
    doc: 'All rooms of a group have been told by `$.chat.join`. It comes at login for each group that has rooms, and for `custom`.',
    params: [
      carries(
        'restored',
        Type.Object({ group: Type.String() }, { title: 'GroupRestored', description: 'Which group.' }),
      ),
    ],
    audience: 'A socket that logs in with `enableSync`, after `loginConfirmed`.',
    example: [{ group: 'custom' }],
  }),
};

const NO_ATTRIBUTES = encodeValue({});

/** `prefix ++ group` is the notice of a room in a session, the group in MessagePack. */
export function chatPrefix(
  name: '$.chat.join' | '$.chat.leave',
  roomName: string,
  isPrivate: boolean,
  /** In MessagePack. */
  attributes = NO_ATTRIBUTES,
): Uint8Array {
  const fields = Object.entries({ name: roomName, private: isPrivate });
  const known = fields.flatMap(([key, value]) => [encodeValue(key), encodeValue(value)]);
  const chat = [mapHeader(4), ...known, encodeValue('meta'), attributes, encodeValue('group')];
  return concat([opening(name, 1), mapHeader(1), encodeValue('chat'), ...chat]);
}

/** The same of a room that is taken out, as an open and as a whitelist-only one: only the store knows which it was. */
export function leavePrefixes(roomName: string): { openPrefix: Uint8Array; privatePrefix: Uint8Array } {
  return {
    openPrefix: chatPrefix('$.chat.leave', roomName, false),
    privatePrefix: chatPrefix('$.chat.leave', roomName, true),
  };
}
