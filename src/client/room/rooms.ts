/** The rooms a client has objects of: one for each name. */
import { normaliseName } from '../../protocol/names/form.ts';
import type { Core } from '../core.ts';
import type { Outbox } from '../message/outbox.ts';
import { Memberships } from './memberships.ts';
import { Posting } from './posting.ts';
import { Room } from './room.ts';

export class Rooms {
  readonly #core: Core;
  readonly #objects = new Map<string, Room>();
  readonly memberships: Memberships;
  readonly posting: Posting;

  constructor(core: Core, outbox: Outbox) {
    this.#core = core;
    this.memberships = new Memberships(core, () => outbox.advance());
    this.posting = new Posting(outbox, (roomName) => this.memberships.settled(roomName));
    core.onLogin((_link, { limits }) => this.posting.connected(limits));
  }

  get objects(): ReadonlyMap<string, Room> {
    return this.#objects;
  }

  of(roomName: string): Room {
    const name = normaliseName(roomName, this.#core.limits);
    const room = this.#objects.get(name) ?? new Room(this.#core, name, this.memberships, this.posting);
    this.#objects.set(name, room);
    return room;
  }
}
