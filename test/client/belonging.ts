// What the service says of a room and of the list of rooms, for tests of rooms that people belong to; and what a room tells, in words.
import type { ConversationsOptions } from '../../src/client/conversation/conversations.ts';
import type { Room } from '../../src/client/room/room.ts';
import { Message } from '../../src/client/message/message.ts';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import type { Scope } from '../support/scope.ts';
import { message, settle } from './in-room.ts';
import { connectSpeaking, type Speaking } from './people.ts';

export const described = (fields: ValueMap = {}): ValueMap => ({
  roomName: 'lobby',
  kind: 'normal',
  owner: 'alice',
  role: 'member',
  whitelistOnly: true,
  writers: 'all',
  invites: 'members',
  slowModeMs: 0,
  memberCount: 3,
  occupantCount: 1,
  attributes: { title: 'Tea' },
  version: 1,
  endsAt: null,
  muted: false,
  epoch: 'e1',
  lastMessageId: 5,
  ...fields,
});

/** A room of the list: the later it is named so, the newer its last message. */
export const listed = (roomName: string, id: number, fields: ValueMap = {}): ValueMap => ({
  roomName,
  kind: 'normal',
  role: 'member',
  attributes: { title: roomName },
  memberCount: 2,
  lastMessage: message(id),
  lastActivity: 1000 + id,
  unread: 0,
  mentioned: false,
  muted: false,
  ...fields,
});

/** Every event of a room from now on, in words: the name, and what it is about. */
export function heardOf(room: Room): string[] {
  const told: string[] = [];
  room.onAny((event, what) => {
    if (what instanceof Message) told.push(`${event} ${String(what.id)}`);
    else told.push(`${event} ${JSON.stringify(what)}`);
  });
  return told;
}

export const pageOf = (rooms: ValueMap[], cursor: string | null = null): Value => ({ rooms, cursor });

/** A client that has read this page of its list of rooms. */
export async function withList(
  scope: Scope,
  rooms: ValueMap[],
  cursor: string | null = null,
  options?: ConversationsOptions,
): Promise<Speaking> {
  const speaking = await connectSpeaking(scope);
  const loading = speaking.client.conversations.load(options);
  (await speaking.service.next('roomList')).answer(pageOf(rooms, cursor));
  await loading;
  return speaking;
}

/** Until what was told is there: behind it an answer. */
export async function told({ client, service, tell }: Speaking, ...notices: [string, ...Value[]][]): Promise<void> {
  tell(...notices);
  await settle({ client, service });
}
