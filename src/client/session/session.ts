/**
 * What a user's devices share: the rooms that are filed, by group, and a channel between them. What this device files or
 * takes out itself it hears from its rooms, the rest from the service: as it happens, and whole at each login.
 */
import type { Chat } from '../../protocol/session.ts';
import type { Core } from '../core.ts';
import { Emitter } from '../emitter.ts';
import type { Plugin } from '../plugin/plugin.ts';
import { isBeyond, isTemporary } from '../request-error.ts';
import type { Room } from '../room/room.ts';
import type { Rooms } from '../room/rooms.ts';
import { Filing, type Filed } from './filing.ts';
import { Sync } from './sync.ts';

export interface SessionEvents {
  /** Another device has filed a room, or it is found filed after a login. */
  '$.chat.join': [filed: { readonly chat: Room }];
  /** Another device has taken a room out, or it was lost, or has moved to another group. */
  '$.chat.leave': [left: { readonly chat: Room }];
  /** After a login: all of the group has been told. */
  '$.group.restored': [restored: { readonly group: string }];
  error: [error: unknown];
}

/** Where rooms are filed unless something else is said. */
const defaultGroup = 'custom';

export class Session extends Emitter<SessionEvents> {
  readonly #core: Core;
  readonly #known = new Filing();
  /** What is told from a loss on, until the client is back: then it is compared with what is known. */
  #found: Filing | undefined;
  #rooms: Rooms | undefined;
  /** Rooms that were left without a connection, and may still be filed. */
  readonly #left = new Set<string>();
  /** The rooms by group and name; a group stays when it is empty. */
  readonly chats: { readonly [group: string]: { readonly [roomName: string]: Room } };
  readonly #chats: { [group: string]: { [roomName: string]: Room } } = emptyMap();
  /** The user's own channel. */
  readonly sync: Sync;

  /** To be made before the rooms: what was taken out elsewhere is known before they are joined again. */
  constructor(core: Core) {
    super((error) => core.failed(error));
    this.#core = core;
    this.chats = this.#chats;
    this.sync = new Sync(core, this);
    this.#open(defaultGroup);
    core.onNotification('loginConfirmed', () => this.#found?.clear());
    // What was missed comes first, and then the whole session.
    core.onNotification('inboxPosition', () => this.#missed());
    core.onNotification('inboxReset', () => this.#missed());
    core.onNotification('$.chat.join', ({ chat }) => this.#joined(chat));
    core.onNotification('$.chat.leave', ({ chat }) => this.#leftElsewhere(chat));
    core.onNotification('$.group.restored', ({ group }) => this.#restored(group));
    core.onLogin(() => this.#loggedIn());
    core.onReady(() => this.#compare());
    core.onLoss(() => (this.#found = new Filing()));
  }

  plugin(plugin: Plugin): this {
    this.#core.plugins.add(this, 'Session', plugin);
    return this;
  }

  /** @internal The rooms whose objects are filed. */
  follow(rooms: Rooms): void {
    this.#rooms = rooms;
    rooms.follow({
      entered: (roomName, group) => this.#filedHere(roomName, group),
      left: (roomName, loss) => {
        // What is lost, or left by others, is told by the service.
        if (loss === undefined) this.#leftHere(roomName);
      },
    });
    this.#core.plugins.extend(this, 'Session');
  }

  #missed(): void {
    if (this.#core.link === undefined) this.#found?.clear();
  }

  #joined({ name, group, meta }: Chat): void {
    if (this.#found === undefined) this.#file({ name, group, meta }, true);
    else this.#found.add({ name, group, meta });
  }

  #leftElsewhere({ name, group }: Chat): void {
    if (this.#found !== undefined) return this.#found.remove({ name, group });
    const filed = this.#known.of(name);
    if (filed?.group === group) this.#takeOut(filed, true);
  }

  #restored(group: string): void {
    if (this.#found !== undefined) return this.#found.addGroup(group);
    this.#open(group);
    this.#tell('$.group.restored', { group });
  }

  /** This device has joined it, which files it where it was not. */
  #filedHere(roomName: string, asked: string | undefined): void {
    this.#left.delete(roomName);
    // It was filed before, perhaps in another group: that is told with the rest.
    if (this.#found?.of(roomName) !== undefined) return;
    const known = this.#known.of(roomName);
    const filed = { name: roomName, group: asked ?? known?.group ?? defaultGroup, meta: known?.meta ?? {} };
    this.#found?.add(filed);
    this.#file(filed, false);
  }

  #leftHere(roomName: string): void {
    const filed = this.#known.of(roomName);
    if (filed === undefined) return;
    if (this.#core.link === undefined) this.#left.add(roomName);
    this.#found?.remove(filed);
    this.#takeOut(filed, false);
  }

  /** What was taken out elsewhere must not be joined again: that would file it again. And the other way round. */
  #loggedIn(): void {
    const found = this.#found;
    if (found === undefined) return;
    for (const { name } of this.#known.rooms) {
      if (found.of(name) === undefined) this.#rooms?.memberships.leftElsewhere(name);
    }
    for (const roomName of this.#left) {
      const filed = found.of(roomName);
      // No room is joined again yet.
      const isWanted = this.#rooms?.memberships.settled(roomName) === false;
      if (filed === undefined || isWanted) this.#left.delete(roomName);
      // Joined again meanwhile: nothing has happened.
      if (filed !== undefined && isWanted) this.#file(filed, false);
      if (filed === undefined || isWanted) continue;
      found.remove(filed);
      this.#takeOutLater(roomName);
    }
  }

  /** Until it is answered it is still to be done, on the next connection if need be. */
  #takeOutLater(roomName: string): void {
    this.#core.request('roomLeave', { roomName }).then(
      () => this.#left.delete(roomName),
      (error: unknown) => {
        if (isTemporary(error)) return;
        this.#left.delete(roomName);
        if (!isBeyond(error)) this.#core.failed(error);
      },
    );
  }

  /** The client is back: joins, leaves, then what is restored. */
  #compare(): void {
    const found = this.#found;
    if (found === undefined) return;
    this.#found = undefined;
    const known = Array.from(this.#known.rooms);
    const groups = new Set([...found.groups, ...this.#known.groups]);
    const isSame = (filed: Filed, other: Filed | undefined): boolean => filed.group === other?.group;
    for (const filed of Array.from(found.rooms)) this.#file(filed, true);
    for (const filed of known) {
      // One that has moved was taken out of its group when it was filed in the other one.
      if (!isSame(filed, found.of(filed.name)) && isSame(filed, this.#known.of(filed.name))) this.#takeOut(filed, true);
    }
    for (const group of groups) {
      this.#open(group);
      this.#tell('$.group.restored', { group });
    }
  }

  #file(filed: Filed, isTold: boolean): void {
    const { name, group, meta } = filed;
    const known = this.#known.of(name);
    const isHere = known?.group === group;
    if (known !== undefined && !isHere) this.#takeOut(known, isTold);
    // What was known before may be outdated.
    const room = this.#rooms?.file(name, group, isTold ? meta : undefined);
    if (room === undefined) return;
    this.#known.add(filed);
    this.#open(group)[name] = room;
    if (isTold && !isHere) this.#tell('$.chat.join', { chat: room });
  }

  #takeOut(filed: Filed, isTold: boolean): void {
    const { name, group } = filed;
    this.#known.remove(filed);
    delete this.#open(group)[name];
    const room = this.#rooms?.file(name, undefined);
    if (isTold && room !== undefined) this.#tell('$.chat.leave', { chat: room });
  }

  #open(group: string): { [roomName: string]: Room } {
    this.#known.addGroup(group);
    return (this.#chats[group] ??= emptyMap());
  }

  #tell<N extends keyof SessionEvents>(event: N, what: SessionEvents[N][0]): void {
    // One argument is all that these events have.
    this.#core.plugins.receive(this, event, what, (passed) => void this.emit(event, ...([passed] as SessionEvents[N])));
  }
}

/** Names are others' to choose. */
function emptyMap<T>(): { [name: string]: T } {
  return Object.create(null) as { [name: string]: T };
}
