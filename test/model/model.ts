// What a chat service is, as plain objects: rooms with owners, lists and occupants, and sockets that are told. It judges each
// request by the contract and changes itself; the real service has to say and do the same.

export const listNames = ['adminlist', 'whitelist', 'blacklist'] as const;
export type ListName = (typeof listNames)[number];

export type Verdict = { readonly result: number | null } | { readonly code: string };

const refused = (code: string): Verdict => ({ code });
const done = (result: number | null = null): Verdict => ({ result });

export class RoomModel {
  owner: string | undefined;
  whitelistOnly: boolean;
  readonly lists: Readonly<Record<ListName, Set<string>>>;
  /** User → its sockets that are joined. */
  readonly occupants = new Map<string, Set<string>>();
  /** What was posted; the id of a message is its place, counted from 1. */
  readonly posted: string[] = [];

  constructor(owner: string, whitelistOnly: boolean) {
    this.owner = owner;
    this.whitelistOnly = whitelistOnly;
    this.lists = { adminlist: new Set(), whitelist: new Set(), blacklist: new Set() };
  }

  isTop(user: string): boolean {
    return this.owner === user || this.lists.adminlist.has(user);
  }

  admits(user: string): boolean {
    if (this.isTop(user)) return true;
    return !this.lists.blacklist.has(user) && (!this.whitelistOnly || this.lists.whitelist.has(user));
  }

  mayEdit(user: string, list: ListName, names: readonly string[]): boolean {
    if (this.owner === user) return true;
    if (list === 'adminlist' || !this.lists.adminlist.has(user)) return false;
    return this.owner === undefined || !names.includes(this.owner);
  }
}

export interface SocketModel {
  readonly user: string;
  readonly node: number;
  /** Rooms whose loss it has to be told, once for each time. */
  readonly losses: string[];
  /** What it has to hear, `room text`. */
  readonly hears: string[];
}

export class ChatModel {
  readonly rooms = new Map<string, RoomModel>();
  readonly sockets = new Map<string, SocketModel>();
  /** How many nodes may still be killed: each costs the time of a lease. */
  killsLeft = 0;

  connect(socket: string, user: string, node: number): void {
    this.sockets.set(socket, { user, node, losses: [], hears: [] });
  }

  disconnect(socket: string): void {
    for (const room of this.rooms.values()) this.#take(room, socket);
    this.sockets.delete(socket);
  }

  userOf(socket: string): string {
    return this.sockets.get(socket)?.user ?? '';
  }

  create(socket: string, roomName: string, whitelistOnly: boolean): Verdict {
    if (this.rooms.has(roomName)) return refused('roomExists');
    this.rooms.set(roomName, new RoomModel(this.userOf(socket), whitelistOnly));
    return done();
  }

  delete(socket: string, roomName: string): Verdict {
    const room = this.rooms.get(roomName);
    if (room === undefined) return refused('noRoom');
    if (room.owner !== this.userOf(socket)) return refused('notAllowed');
    for (const user of room.occupants.keys()) this.#tellLoss(user, roomName);
    this.rooms.delete(roomName);
    return done();
  }

  join(socket: string, roomName: string): Verdict {
    const room = this.rooms.get(roomName);
    if (room === undefined) return refused('noRoom');
    const user = this.userOf(socket);
    if (!room.admits(user)) return refused('notAllowed');
    const joined = room.occupants.get(user) ?? new Set();
    room.occupants.set(user, joined.add(socket));
    return done(joined.size);
  }

  leave(socket: string, roomName: string): Verdict {
    const room = this.rooms.get(roomName);
    return room === undefined ? refused('noRoom') : done(this.#take(room, socket));
  }

  post(socket: string, roomName: string, text: string): Verdict {
    const room = this.rooms.get(roomName);
    if (room === undefined) return refused('noRoom');
    if (!room.occupants.has(this.userOf(socket))) return refused('notJoined');
    room.posted.push(text);
    for (const joined of room.occupants.values()) {
      for (const each of joined) this.sockets.get(each)?.hears.push(`${roomName} ${text}`);
    }
    return done(room.posted.length);
  }

  edit(socket: string, roomName: string, list: ListName, names: readonly string[], adding: boolean): Verdict {
    const room = this.rooms.get(roomName);
    if (room === undefined) return refused('noRoom');
    if (!room.mayEdit(this.userOf(socket), list, names)) return refused('notAllowed');
    for (const name of names) {
      if (adding) room.lists[list].add(name);
      else room.lists[list].delete(name);
    }
    this.#evict(roomName, room);
    return done();
  }

  setMode(socket: string, roomName: string, whitelistOnly: boolean): Verdict {
    const room = this.rooms.get(roomName);
    if (room === undefined) return refused('noRoom');
    if (!room.isTop(this.userOf(socket))) return refused('notAllowed');
    room.whitelistOnly = whitelistOnly;
    this.#evict(roomName, room);
    return done();
  }

  changeOwner(roomName: string, owner: string | undefined): Verdict {
    const room = this.rooms.get(roomName);
    if (room === undefined) return refused('noRoom');
    room.owner = owner;
    this.#evict(roomName, room);
    return done();
  }

  #evict(roomName: string, room: RoomModel): void {
    for (const user of room.occupants.keys()) {
      if (room.admits(user)) continue;
      room.occupants.delete(user);
      this.#tellLoss(user, roomName);
    }
  }

  #tellLoss(user: string, roomName: string): void {
    for (const socket of this.sockets.values()) if (socket.user === user) socket.losses.push(roomName);
  }

  /** Returns how many sockets of its user stay joined. */
  #take(room: RoomModel, socket: string): number {
    const user = this.userOf(socket);
    const joined = room.occupants.get(user);
    joined?.delete(socket);
    if (joined?.size === 0) room.occupants.delete(user);
    return joined?.size ?? 0;
  }
}
