// A service of conversations as plain objects: rooms, the sockets of users, and what each of them has to be told, exactly and in order.
// It judges each request by the contract and changes itself. Edits of a room are in conversation-edits.ts.
import { Conversation, type Making } from './conversation.ts';
import type { Value } from '../../src/protocol/params/values.ts';

export type Answer = { readonly result: Value } | { readonly code: string };

export const refused = (code: string): Answer => ({ code });
export const done = (result: Value = null): Answer => ({ result });

/** A notice as a socket hears it: its name, then what it carries. */
export type Notice = readonly [name: string, ...params: Value[]];

export interface Listener {
  readonly user: string;
  readonly node: number;
  /** What it has to hear, in order, by what keeps the order: a room, or what a user alone is told of one. */
  readonly hears: Map<string, Notice[]>;
  /** Rooms whose loss it has to be told, once for each time. */
  readonly losses: string[];
}

/** Temporary rooms that are made in a life, at most. */
export const TEMPORARY_ROOMS = 2;

export class Conversations {
  readonly rooms = new Map<string, Conversation>();
  readonly sockets = new Map<string, Listener>();
  /** Everybody whom the service knows, connected or not. */
  readonly users: ReadonlySet<string>;
  /** How many nodes may still be killed: each costs the time of a lease. */
  killsLeft = 0;
  temporaries = 0;

  constructor(users: readonly string[]) {
    this.users = new Set(users);
  }

  connect(socket: string, user: string, node: number): void {
    this.sockets.set(socket, { user, node, hears: new Map(), losses: [] });
  }

  disconnect(socket: string): void {
    const user = this.userOf(socket);
    for (const [key, room] of this.rooms) {
      if (room.leave(user, socket).isLast) this.#tellComing(key, 'roomUserLeft', user);
    }
    this.sockets.delete(socket);
  }

  userOf(socket: string): string {
    return this.sockets.get(socket)?.user ?? '';
  }

  isIn(socket: string, key: string): boolean {
    return this.rooms.get(key)?.occupants.get(this.userOf(socket))?.has(socket) ?? false;
  }

  socketsOf(user: string): string[] {
    return [...this.sockets].flatMap(([socket, listener]) => (listener.user === user ? [socket] : []));
  }

  /** To all who are in the room, and to a socket beside them. */
  tell(key: string, [name, ...params]: Notice, actor?: string): void {
    const hearers = new Set([...(this.rooms.get(key)?.occupants.values() ?? [])].flatMap((joined) => [...joined]));
    if (actor !== undefined) hearers.add(actor);
    for (const socket of hearers) this.#hear(socket, key, [name, key, ...params]);
  }

  /** To all sockets of a user but one. */
  tellUser(user: string, about: string, notice: Notice, except?: string): void {
    for (const socket of this.socketsOf(user)) if (socket !== except) this.#hear(socket, about, notice);
  }

  #hear(socket: string, about: string, notice: Notice): void {
    const listener = this.sockets.get(socket);
    if (listener === undefined) return;
    listener.hears.set(about, [...(listener.hears.get(about) ?? []), notice]);
  }

  /** Of rooms that do not tell who is in them nothing is told. */
  #tellComing(key: string, name: 'roomUserJoined' | 'roomUserLeft', user: string): void {
    if (this.rooms.get(key)?.kind !== 'transient') this.tell(key, [name, user]);
  }

  tellInvited(key: string, user: string, by: string | null, except?: string): void {
    const attributes = structuredClone(this.rooms.get(key)?.attributes ?? {});
    this.tellUser(user, personal(key), ['roomInvited', { roomName: key, by, attributes }], except);
  }

  tellKicked(key: string, user: string, by: string | null, except?: string): void {
    this.tellUser(user, personal(key), ['roomKicked', { roomName: key, by }], except);
  }

  /** Makes a room; its members are told, on all their sockets but the one that makes it. */
  #make(socket: string, key: string, members: readonly string[], making: Making): void {
    const owner = this.userOf(socket);
    const room = new Conversation(owner, making);
    this.rooms.set(key, room);
    if (making.kind === 'transient') return;
    for (const user of new Set([owner, ...members])) {
      room.addMember(user);
      this.tellInvited(key, user, owner, socket);
    }
  }

  create(socket: string, key: string, members: readonly string[], making: Making): Answer {
    if (members.some((user) => !this.users.has(user))) return refused('noUser');
    if (this.rooms.has(key)) return refused('roomExists');
    this.#make(socket, key, members, making);
    return done({ roomName: key, created: true });
  }

  /** The room of exactly these people, the caller among them. */
  unique(socket: string, named: readonly string[], making: Making): Answer {
    const caller = this.userOf(socket);
    const people = [...new Set([caller, ...named])].toSorted();
    if (people.some((user) => !this.users.has(user))) return refused('noUser');
    for (let number = 1; ; number++) {
      const key = uniqueKey(people, number);
      const room = this.rooms.get(key);
      if (room === undefined) {
        this.#make(socket, key, named, making);
        return done({ roomName: key, created: true });
      }
      const missing = people.filter((user) => !room.roster.has(user));
      if (missing.length === 0 && room.roster.size === people.length) return done({ roomName: key, created: false });
      if (people.length > 2) continue;
      this.#putBack(key, room, missing, socket);
      return done({ roomName: key, created: false });
    }
  }

  /** But for those who are banned. */
  #putBack(key: string, room: Conversation, missing: readonly string[], socket: string): void {
    const by = this.userOf(socket);
    const added = missing.filter((user) => !room.isBanned(user));
    for (const user of added) room.addMember(user);
    if (added.length > 0) this.tell(key, ['roomMembersAdded', added, by], socket);
    for (const user of added) this.tellInvited(key, user, by, socket);
  }

  delete(socket: string, key: string): Answer {
    const room = this.rooms.get(key);
    if (room === undefined) return refused('noRoom');
    const by = this.userOf(socket);
    if (room.owner !== by) return refused('notAllowed');
    for (const user of room.occupants.keys()) this.#tellLoss(user, key);
    for (const user of room.roster) this.tellKicked(key, user, by, socket);
    this.rooms.delete(key);
    return done();
  }

  join(socket: string, key: string): Answer {
    const room = this.rooms.get(key);
    if (room === undefined) return refused('noRoom');
    const user = this.userOf(socket);
    if (!room.admits(user)) return refused('notAllowed');
    return done(this.#enter(socket, key, room));
  }

  /** Makes the room where there is none, and joins it. */
  joinCreating(socket: string, key: string, making: Making): Answer {
    if (this.rooms.has(key)) return this.join(socket, key);
    const room = new Conversation(this.userOf(socket), making);
    this.rooms.set(key, room);
    return done(this.#enter(socket, key, room));
  }

  #enter(socket: string, key: string, room: Conversation): number {
    const user = this.userOf(socket);
    const isFirst = !room.occupants.has(user);
    const joined = room.enter(user, socket);
    if (isFirst) this.#tellComing(key, 'roomUserJoined', user);
    if (room.kind === 'transient') this.#leaveOthers(socket, key);
    return joined;
  }

  /** A socket is in one transient room at a time; it is told which one it has left. */
  #leaveOthers(socket: string, key: string): void {
    for (const [other, room] of this.rooms) {
      if (other === key || room.kind !== 'transient' || !this.isIn(socket, other)) continue;
      const { left } = room.leave(this.userOf(socket), socket);
      this.#hear(socket, takenOut(other), ['roomLeftEcho', other, socket, left]);
    }
  }

  leave(socket: string, key: string): Answer {
    const room = this.rooms.get(key);
    if (room === undefined) return refused('noRoom');
    const user = this.userOf(socket);
    const { left, isLast } = room.leave(user, socket);
    if (isLast) this.#tellComing(key, 'roomUserLeft', user);
    return done(left);
  }

  post(socket: string, key: string, text: string): Answer {
    const room = this.rooms.get(key);
    if (room === undefined) return refused('noRoom');
    const user = this.userOf(socket);
    if (!room.occupants.has(user)) return refused('notJoined');
    const code = room.refusesPostOf(user);
    if (code !== undefined) return refused(code);
    const id = room.post(user, text);
    this.tell(key, ['roomMessage', { text, author: user, id }]);
    return done(id);
  }

  read(socket: string, key: string, upToId: number): Answer {
    const room = this.rooms.get(key);
    if (room === undefined) return refused('noRoom');
    const user = this.userOf(socket);
    if (!room.mayRead(user)) return refused('notJoined');
    if (room.read(user, upToId))
      this.tellUser(user, reading(key), ['roomReadEcho', key, room.marks.get(user) ?? 0], socket);
    return done();
  }

  /** Takes out who may not be there any more, those `named` by the change in that order: who goes later hears of who went before. */
  evict(key: string, named: readonly string[] = []): void {
    const room = this.rooms.get(key);
    if (room === undefined) return;
    for (const user of new Set([...named, ...room.occupants.keys()])) {
      if (!room.occupants.has(user) || room.admits(user)) continue;
      room.takeOut(user);
      this.#tellLoss(user, key);
      this.#tellComing(key, 'roomUserLeft', user);
    }
  }

  #tellLoss(user: string, key: string): void {
    for (const socket of this.socketsOf(user)) this.sockets.get(socket)?.losses.push(key);
  }
}

/** Besides the order of each room there are those of what one user is told of one room, or one socket. */
export const personal = (key: string): string => `${key}, its people`;
export const reading = (key: string): string => `${key}, read`;
export const muting = (key: string): string => `${key}, muted`;
export const takenOut = (key: string): string => `${key}, out of it`;

/** What the model calls the room of these people; there may be others of theirs. */
export const uniqueKey = (people: readonly string[], number = 1): string =>
  `unique ${people.toSorted().join('+')}${number === 1 ? '' : ` ${number}`}`;
