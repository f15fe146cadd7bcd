/** The rooms a client has objects of: one for each name. */
import { normaliseName } from '../../protocol/names/form.ts';
import type { Core } from '../core.ts';
import { Outbox } from '../message/outbox.ts';
import { Memberships } from './memberships.ts';
import { Room } from './room.ts';

export class Rooms {
  readonly #core: Core;
  readonly #objects = new Map<string, Room>();
  readonly memberships: Memberships;
  readonly outbox: Outbox;

  constructor(core: Core) {
    this.#core = core;
    const settled = (roomName: string): boolean => this.memberships.settled(roomName);
    // Before the outbox hears of a login, rooms are no longer settled.
    this.memberships = new Memberships(core, () => this.outbox.advance());
    this.outbox = new Outbox(core, settled);
  }

  get objects(): ReadonlyMap<string, Room> {
    return this.#objects;
  }

  of(roomName: string): Room {
    const name = normaliseName(roomName, this.#core.limits);
    const room = this.#objects.get(name) ?? new Room(this.#core, name, this.memberships, this.outbox);
    this.#objects.set(name, room);
    return room;
  }
}
