/** What people call the rooms that they belong to, and the list of them. */
import type { Client, Room, RoomEntry } from '../../client/index.ts';
import type { Conversation } from '../talk/conversation.ts';

/** The title of a room, as far as anything has told it: in quotes, for it may look like anything. */
export function titleOf(client: Client, roomName: string): string | undefined {
  const room = client.rooms.get(roomName);
  const { title } = room?.meta ?? {};
  if (room === undefined) return undefined;
  if (typeof title === 'string' && title.trim() !== '') lastTitles.set(room, `"${title.trim()}"`);
  else if (room.isJoined) lastTitles.delete(room);
  return lastTitles.get(room);
}

/** Nothing is known of a room any more that was taken away; people still are told of it by its title. */
const lastTitles = new WeakMap<Room, string>();

/** A conversation; of a user whom one does not write to there is none, but this. */
export type Where = Pick<Conversation, 'isRoom' | 'name' | 'label'>;

/** As people name it; by its label it is known. */
export function placeOf(client: Client, { isRoom, name, label }: Where): string {
  return (isRoom ? titleOf(client, name) : undefined) ?? label;
}

/** A line for each conversation that is open, and for each room that one belongs to. */
export function placeLines(client: Client, open: readonly Conversation[], current: Conversation | undefined): string[] {
  const lines = open.map((each) => {
    const { unread } = each.target;
    return `${each === current ? '›' : ' '} ${placeOf(client, each)}${unread > 0 ? `, ${unread} unread` : ''}`;
  });
  const names = new Set(open.flatMap(({ isRoom, name }) => (isRoom ? [name] : [])));
  const { list, hasMore } = client.conversations;
  const others = list.filter(({ room }) => !names.has(room.name)).map((entry) => `  ${entryWords(client, entry)}`);
  if (others.length === 0) return lines;
  return [...lines, 'You also belong to:', ...others, ...(hasMore ? ['  and to older ones'] : [])];
}

function entryWords(client: Client, { room, role, unread, mentioned, muted }: RoomEntry): string {
  const title = titleOf(client, room.name);
  const notes = [
    ...(role === 'member' ? [] : [role]),
    ...(unread > 0 ? [`${unread} unread${mentioned ? ', one names you' : ''}`] : []),
    ...(muted ? ['muted'] : []),
  ];
  return [title === undefined ? room.name : `${title} (${room.name})`, ...notes].join(', ');
}
