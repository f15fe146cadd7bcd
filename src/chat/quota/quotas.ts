/**
 * What rooms take of their owners' quotas, which is two slots: reserving before a room is made, asking for more, giving
 * back. A step that was not done leaves the owner's notes too high, never too low, until somebody meets the quota and looks.
 */
import { fail, Failure, unavailable } from '../../protocol/errors/errors.ts';
import type { OwnerChanged } from '../../store/access/access-store.ts';
import type { NamesWanted } from '../../store/access/changed.ts';
import type { Wish } from '../../store/quota/grant.ts';
import { ROOM_BYTES, type Ask, type Granted, type Owned, type QuotaStore } from '../../store/quota/quota-store.ts';
import { SERVICE } from '../../store/rights.ts';
import type { RoomOptions, RoomStore } from '../../store/room/room-store.ts';
import { newEpoch } from '../../redis/tokens.ts';
import { nowOrLater, type Repairs } from '../repair/repairs.ts';

export interface QuotasDeps {
  readonly quotas: Pick<QuotaStore, 'grant' | 'write' | 'release' | 'isThere' | 'look' | 'firstNames'>;
  readonly rooms: Pick<RoomStore, 'create' | 'readInfo'>;
  readonly repairs: Pick<Repairs, 'retry'>;
}

/** A room that is about to be made, with so many names in its lists. */
export interface RoomToMake {
  readonly owner: string;
  readonly roomName: string;
  readonly names: number;
  /** By the service, which may go beyond the quota. */
  readonly forced: boolean;
}

/** Its life, and what was reserved for it of its owner's quota. */
export type Reserved = NonNullable<RoomOptions['reserved']>;

/** Names are granted by that many, so that a list that grows asks seldom. */
const NAMES_STEP = 100;
/** How often an edit asks: what it was granted may be taken back before it comes again. */
const TRIES_MAX = 3;

export class Quotas {
  readonly #deps: QuotasDeps;

  constructor(deps: QuotasDeps) {
    this.#deps = deps;
  }

  /** Makes a room, if its owner may own one more. `forced`: by the service, which may go beyond the quota. */
  async create(
    roomName: string,
    options: RoomOptions,
    forced: boolean,
  ): Promise<'ok' | 'roomExists' | Failure<'quotaExceeded'>> {
    const { rooms } = this.#deps;
    const { owner, lists = { adminlist: [], whitelist: [], blacklist: [] } } = options;
    if (owner === undefined) return rooms.create(roomName, options);
    const names = Object.values(lists).reduce((sum, list) => sum + new Set(list).size, 0);
    const created = await this.making(
      { owner, roomName, names, forced },
      (reserved) => rooms.create(roomName, { ...options, reserved }),
      (made) => made === 'ok',
    );
    if (!(created instanceof Failure)) return created;
    return (await rooms.readInfo(roomName, SERVICE)) === 'noRoom' ? created : 'roomExists';
  }

  /**
   * Runs what makes a room, with what is reserved of its owner's quota first; that is given back where it was not made. Nothing is run
   * where there is not enough.
   */
  async making<T>(
    { owner, roomName, names, forced }: RoomToMake,
    make: (reserved: Reserved) => Promise<T>,
    isMade: (made: T) => boolean,
  ): Promise<T | Failure<'quotaExceeded'>> {
    const { quotas } = this.#deps;
    const room = { owner, roomName, life: newEpoch() };
    const ask = { names, namesAsked: names + quotas.firstNames, bytes: ROOM_BYTES };
    const { short, grant } = await this.#grant(room, { ...ask, creating: true, forced });
    if (short !== undefined) return fail('quotaExceeded', [short]);
    const made = await make({ life: room.life, grant }).catch((error: unknown) => {
      // It may have been made all the same.
      this.#deps.repairs.retry(async () => {
        if (!(await quotas.isThere(room))) await quotas.release(room);
      }, error);
      throw error;
    });
    if (!isMade(made)) await this.#later(() => quotas.release(room));
    return made;
  }

  /** Does what needs names of a quota; where the room has not enough, it is granted more, and it is done again. */
  async withNames<T extends object | string>(
    roomName: string,
    act: () => Promise<T | NamesWanted>,
  ): Promise<T | Failure<'quotaExceeded' | 'unavailable'>> {
    for (let tries = 0; ; tries++) {
      const done = await act();
      if (!isWanted(done)) return done;
      if (tries === TRIES_MAX) return unavailable();
      const { owner, life, names } = done;
      const room = { owner, roomName, life };
      const namesAsked = Math.ceil(names / NAMES_STEP) * NAMES_STEP;
      const { short, grant } = await this.#grant(room, { names, namesAsked });
      if (short !== undefined) return fail('quotaExceeded', [short]);
      await this.#deps.quotas.write(room, grant);
    }
  }

  /**
   * Asks for what a room wants; nobody waits for it. Where it is refused the room's history gives way. Never rejects: the
   * room asks again.
   */
  async grow(roomName: string, { owner, life, needed, asked }: Wish): Promise<void> {
    const room = { owner, roomName, life };
    try {
      const { short, grant } = await this.#grant(room, { bytes: needed, bytesAsked: asked });
      await this.#deps.quotas.write(room, grant, short === undefined ? 'granted' : 'refused');
    } catch {
      // Redis does not answer, or is full.
    }
  }

  /** The owner of a room was changed: what it takes is noted of the new one, and not of the one before any more. */
  async moved(roomName: string, owner: string, { before, life, takes }: OwnerChanged): Promise<void> {
    const { quotas } = this.#deps;
    if (before === owner) return;
    await this.#later(async () => {
      if (owner !== '') await quotas.grant({ owner, roomName, life }, { ...takes, forced: true });
      if (before !== '') await quotas.release({ owner: before, roomName, life });
    });
  }

  /** A room is deleted. May be repeated. */
  async released(room: Owned): Promise<void> {
    if (room.owner !== '') await this.#deps.quotas.release(room);
  }

  async #grant(room: Owned, ask: Ask): Promise<Granted> {
    const { quotas } = this.#deps;
    const granted = await quotas.grant(room, ask);
    if (granted.lookFrom === undefined || !(await quotas.look(room.owner, granted.lookFrom))) return granted;
    return quotas.grant(room, ask);
  }

  async #later(work: () => Promise<void>): Promise<void> {
    await nowOrLater(this.#deps.repairs, work);
  }
}

const isWanted = (done: object | string): done is NamesWanted => typeof done === 'object' && 'names' in done;
