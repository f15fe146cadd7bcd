/** Which rooms and people are listed: what the user's session holds, and what came up on this page. */
import { useSyncExternalStore } from 'react';
import { useClient } from '../../client/react/index.ts';
import type { Client, Room, Session } from '../../client/index.ts';

/** More rooms than these are not joined by themselves: a socket may be in so many only. */
export const ROOMS_MAX = 100;
/** More people than these are not listed. */
export const PEOPLE_MAX = 200;

/** What was added here, by client: rooms as they are being joined, people who were written to. */
class Additions extends EventTarget {
  readonly rooms = new Set<string>();
  readonly directs = new Set<string>();

  changed(): void {
    this.dispatchEvent(new Event('change'));
  }
}

const additions = new WeakMap<Client, Additions>();

function additionsOf(client: Client): Additions {
  const known = additions.get(client);
  if (known !== undefined) return known;
  const fresh = new Additions();
  additions.set(client, fresh);
  return fresh;
}

/** Resolves with its name, as the service writes it, when the room is joined and listed. */
export async function addRoom(client: Client, name: string): Promise<string> {
  const room = await client.room(name).join({ create: true });
  noteRoom(client, room.name);
  return room.name;
}

/** Lists a room that is joined. */
export function noteRoom(client: Client, name: string): void {
  const added = additionsOf(client);
  if (added.rooms.has(name)) return;
  added.rooms.add(name);
  added.changed();
}

/** Leaves it on all devices, and lists it no more. */
export async function leaveRoom(client: Client, name: string): Promise<void> {
  await client.room(name).leave();
  const added = additionsOf(client);
  added.rooms.delete(name);
  added.changed();
}

export function noteDirect(client: Client, userName: string): void {
  const added = additionsOf(client);
  added.directs.add(userName);
  added.changed();
}

// No name has a control character in it, so a list of names is one text, which is the same one while nothing changes.
const listed = (names: Iterable<string>): string => [...new Set(names)].toSorted().join('\n');
const listOf = (text: string): readonly string[] => (text === '' ? [] : text.split('\n'));

export function useRoomNames(): readonly string[] {
  const client = useClient();
  const session = sessionOf(client);
  const text = useSyncExternalStore(
    (changed) => {
      const added = additionsOf(client);
      // A room that another device has left is gone from here too.
      const left = ({ chat }: { readonly chat: Room }): void => {
        added.rooms.delete(chat.name);
        changed();
      };
      added.addEventListener('change', changed);
      session?.on('$.chat.join', changed);
      session?.on('$.group.restored', changed);
      session?.on('$.chat.leave', left);
      return () => {
        added.removeEventListener('change', changed);
        session?.off('$.chat.join', changed);
        session?.off('$.group.restored', changed);
        session?.off('$.chat.leave', left);
      };
    },
    () => {
      const filed = Object.values(session?.chats ?? {}).flatMap((group) => Object.keys(group));
      return listed([...filed, ...additionsOf(client).rooms]);
    },
  );
  return listOf(text);
}

/** People who are no contacts, but have written, or were written to. */
export function useDirectNames(): readonly string[] {
  const client = useClient();
  const text = useSyncExternalStore(
    (changed) => {
      const added = additionsOf(client);
      added.addEventListener('change', changed);
      client.on('unread', changed);
      return () => {
        added.removeEventListener('change', changed);
        client.off('unread', changed);
      };
    },
    () => {
      const unread = [...client.directs.values()].filter((direct) => direct.unread > 0);
      return listed([...unread.map(({ userName }) => userName), ...additionsOf(client).directs]);
    },
  );
  return listOf(text);
}

const sessionOf = ({ session }: Client): Session | undefined => (session === false ? undefined : session);
