/**
 * Quotas of users in Redis: rooms owned, names in their lists, bytes of their history and events. A room and its owner are
 * two slots. The owner's has what each room was granted, and judges; the room has its grant, acts by it, and is the truth
 * about what it takes. More is granted on the owner's slot first, less is taken on the room's first: the notes of the
 * owner never say less than the rooms have. Every method is one script, but for `look`. Rejects with `StateUnavailable`.
 */
import type { Commands } from '../../redis/commands.ts';
import type { Grant } from './grant.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { list, pairs, text } from '../../redis/reply.ts';
import { flag } from '../../redis/script.ts';
import * as scripts from './quota-scripts.ts';

/** At most; 0: no limit. */
export interface QuotaLimits {
  readonly rooms: number;
  readonly listNames: number;
  readonly bytes: number;
}

export type Quota = keyof QuotaLimits;

/** A room as its owner's quota knows it. */
export interface Owned {
  readonly owner: string;
  readonly roomName: string;
  readonly life: string;
}

/** What a room is to have in all; not granted where that is less than it has. */
export interface Ask {
  readonly names?: number;
  readonly namesAsked?: number;
  readonly bytes?: number;
  readonly bytesAsked?: number;
  /** It is not there yet. */
  readonly creating?: boolean;
  /** By the service, which may go beyond the quota. */
  readonly forced?: boolean;
}

export interface Granted {
  /** What there was not enough of. Of bytes a room that is there has been given what is left. */
  readonly short: Quota | undefined;
  readonly grant: Grant;
  /** Where to look for what can be taken back, if that was not done lately. */
  readonly lookFrom: string | undefined;
}

/** What a room begins with. Names, so that a first ban needs nothing of another slot. */
export const ROOM_BYTES = 16_384;
const FIRST_NAMES = 20;
/** Where their number has no limit. */
const ROOMS_ASSUMED = 1000;
/** Bytes that were refused are not asked for again for that long, and a user's rooms are compared with its notes that often. */
const PAUSE_MS = 60_000;
/** A note as young may be of a room that is about to be created, or about to be told. */
const YOUNG_MS = 15_000;
const PAGE = 100;
const PAGES_MAX = 10;
const QUOTAS = ['rooms', 'listNames', 'bytes'] as const satisfies readonly Quota[];

export interface QuotaOptions extends QuotaLimits {
  /** `PAUSE_MS` and `YOUNG_MS` when left out. */
  readonly pauseMs?: number;
  readonly youngMs?: number;
}

export class QuotaStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #options: QuotaOptions;

  constructor(commands: Commands, keys: Keyspace, options: QuotaOptions) {
    this.#commands = commands;
    this.#keys = keys;
    this.#options = options;
  }

  /** Names that a room is granted when it is made, if there are any left: so many that every room can have them. */
  get firstNames(): number {
    const { rooms, listNames } = this.#options;
    return listNames === 0 ? FIRST_NAMES : Math.min(FIRST_NAMES, Math.floor(listNames / (rooms || ROOMS_ASSUMED)));
  }

  /** Judges and notes on the owner's slot what a room is to have. The room itself is told by `write`. */
  async grant({ owner, roomName, life }: Owned, ask: Ask): Promise<Granted> {
    const { names = 0, namesAsked = 0, bytes = 0, bytesAsked = 0, creating = false, forced = false } = ask;
    const { rooms, listNames, bytes: bytesMax, pauseMs = PAUSE_MS } = this.#options;
    const { owned } = this.#keys.user(owner);
    const limits = { roomsMax: rooms, namesMax: listNames, bytesMax, pauseMs };
    const wanted = { names, namesAsked, bytes, bytesAsked, creating: flag(creating), forced: flag(forced) };
    const args = { room: fieldOf(roomName, life), ...wanted, ...limits };
    const granted = await this.#commands.run(scripts.grantOwned, { owned }, args);
    return {
      short: QUOTAS.find((quota) => quota === granted.short),
      grant: { names: granted.names, bytes: granted.bytes },
      lookFrom: granted.look ? granted.cursor : undefined,
    };
  }

  /**
   * Tells a room what it was granted; with `refused`, that it is not all the bytes it wants, with `granted`, that it is.
   * False where it is not that owner's room any more.
   */
  async write(
    { owner, roomName, life }: Owned,
    { names, bytes }: Grant,
    wish?: 'granted' | 'refused',
  ): Promise<boolean> {
    const { meta } = this.#keys.room(roomName);
    const pauses = { granted: 0, refused: this.#options.pauseMs ?? PAUSE_MS };
    const refusedMs = wish === undefined ? '' : pauses[wish];
    const done = await this.#commands.run(scripts.writeGrant, { meta }, { life, owner, names, bytes, refusedMs });
    return done !== 'gone';
  }

  /** Gives back what a room had: it is deleted, or was never made. May be repeated. */
  async release(owned: Owned): Promise<void> {
    await this.#record(owned.owner, fieldOf(owned.roomName, owned.life), '', undefined);
  }

  /** Whether there is that room, of that owner. */
  async isThere(owned: Owned): Promise<boolean> {
    return (await this.#shrink(owned)) !== 'gone';
  }

  /**
   * Compares what is noted of a user's rooms with the rooms, page by page from a cursor on, and takes back what they do not
   * use, or what is noted of rooms that are not there any more or somebody else's: what a node that died between two
   * steps has left. Bounded; the next look goes on from there. Returns whether anything was taken back.
   */
  async look(owner: string, from: string): Promise<boolean> {
    const { owned } = this.#keys.user(owner);
    let cursor = from;
    let found = false;
    for (let page = 0; page < PAGES_MAX; page++) {
      const [next, flat] = list(await this.#commands.plain('hscan', owned, cursor, 'COUNT', PAGE));
      cursor = text(next);
      const looked = await Promise.all(pairs(flat).map(([field, note]) => this.#lookAt(owner, field, note)));
      found ||= looked.includes(true);
      if (cursor === '0' || found) break;
    }
    await this.#record(owner, '', '', undefined, cursor);
    return found;
  }

  async #lookAt(owner: string, field: string, note: string): Promise<boolean> {
    const [roomName = '', life = ''] = field.split(':');
    const [names = 0, bytes = 0, at = 0] = note.split(' ').map(Number);
    if (life === '') return false;
    const left = await this.#shrink({ owner, roomName, life }, at);
    if (left === 'young') return false;
    if (left === 'gone') return this.#record(owner, field, note, undefined);
    if (left.names >= names && left.bytes >= bytes) return false;
    return this.#record(owner, field, note, left);
  }

  #shrink({ owner, roomName, life }: Owned, notedAt = 0): Promise<Grant | 'young' | 'gone'> {
    const youngMs = this.#options.youngMs ?? YOUNG_MS;
    const args = { life, owner, bytesMin: ROOM_BYTES, notedAt, youngMs };
    return this.#commands.run(scripts.shrinkGrant, this.#keys.room(roomName), args);
  }

  async #record(owner: string, room: string, seen: string, left: Grant | undefined, next = ''): Promise<boolean> {
    const { owned } = this.#keys.user(owner);
    const args = { room, seen, names: left?.names ?? '', bytes: left?.bytes ?? '', next };
    return (await this.#commands.run(scripts.recordOwned, { owned }, args)) !== 'changed';
  }
}

/** Names hold no `:`. */
const fieldOf = (roomName: string, life: string): string => `${roomName}:${life}`;
