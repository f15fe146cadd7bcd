// A user that watches rooms on one node, and builds their state from notifications alone: it asks once, when it joins, and
// from then on only listens.
import type { Value } from '../../src/protocol/params/values.ts';
import type { User } from '../support/rpc.ts';
import { listNames, type ListName } from './model.ts';

/** What is known of a room, sorted, so that two views compare. */
export interface RoomView {
  readonly occupants: readonly string[];
  readonly lists: Readonly<Record<ListName, readonly string[]>>;
  readonly whitelistOnly: boolean;
}

interface Watched {
  readonly occupants: Set<string>;
  readonly lists: Readonly<Record<ListName, Set<string>>>;
  whitelistOnly: boolean;
}

export class Witness {
  readonly user: User;
  readonly #rooms = new Map<string, Watched>();
  #read = 0;

  constructor(user: User) {
    this.user = user;
  }

  async join(roomName: string): Promise<void> {
    await this.user.call('roomJoin', roomName);
    this.#catchUp();
    const { occupants, lists, whitelistOnly } = await this.fetch(roomName);
    this.#rooms.set(roomName, {
      occupants: new Set(occupants),
      lists: {
        adminlist: new Set(lists.adminlist),
        whitelist: new Set(lists.whitelist),
        blacklist: new Set(lists.blacklist),
      },
      whitelistOnly,
    });
  }

  /** The rooms as notifications tell them. */
  seen(): Map<string, RoomView> {
    this.#catchUp();
    return new Map(
      [...this.#rooms].map(([roomName, { occupants, lists, whitelistOnly }]) => [
        roomName,
        viewOf(occupants, lists, whitelistOnly),
      ]),
    );
  }

  /** A room as requests tell it. */
  async fetch(roomName: string): Promise<RoomView> {
    const list = async (listName: string): Promise<string[]> =>
      // Checked against the catalogue like every result.
      (await this.user.call('roomGetAccessList', roomName, listName)) as string[];
    const [occupants, adminlist, whitelist, blacklist, mode] = await Promise.all([
      list('userlist'),
      list('adminlist'),
      list('whitelist'),
      list('blacklist'),
      this.user.call('roomGetWhitelistMode', roomName),
    ]);
    return viewOf(occupants, { adminlist, whitelist, blacklist }, mode === true);
  }

  #catchUp(): void {
    for (; this.#read < this.user.received.length; this.#read++) {
      const entry = this.user.received[this.#read];
      if (entry !== undefined && 'name' in entry) this.#apply(entry.name, entry.params);
    }
  }

  #apply(name: string, [roomName, what, more]: Value[]): void {
    const room = this.#rooms.get(nameOf(roomName));
    if (room === undefined) return;
    if (name === 'roomUserJoined') room.occupants.add(nameOf(what));
    if (name === 'roomUserLeft') room.occupants.delete(nameOf(what));
    if (name === 'roomModeChanged') room.whitelistOnly = what === true;
    if (name === 'roomAccessRemoved') this.#rooms.delete(nameOf(roomName));
    const list = listNames.find((one) => one === what);
    if (list === undefined || !Array.isArray(more)) return;
    for (const userName of more) {
      if (name === 'roomAccessListAdded') room.lists[list].add(nameOf(userName));
      if (name === 'roomAccessListRemoved') room.lists[list].delete(nameOf(userName));
    }
  }
}

export function viewOf(
  occupants: Iterable<string>,
  lists: Readonly<Record<ListName, Iterable<string>>>,
  whitelistOnly: boolean,
): RoomView {
  const sorted = (names: Iterable<string>): string[] => [...names].toSorted();
  return {
    occupants: sorted(occupants),
    lists: {
      adminlist: sorted(lists.adminlist),
      whitelist: sorted(lists.whitelist),
      blacklist: sorted(lists.blacklist),
    },
    whitelistOnly,
  };
}

/** A name as a notification carries it. */
export const nameOf = (value: Value | undefined): string => (typeof value === 'string' ? value : '');
