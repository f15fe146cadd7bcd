/**
 * Rooms as those see them who belong to them, in Redis: described, muted, and listed, the most recently active first. The list is
 * put together from the rooms whenever it is asked for, and nothing is written for it when something is said. Rejects with
 * `StateUnavailable` where Redis cannot be asked.
 */
import { readEvent } from '../../log/event.ts';
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { bytes, number, optional, stored, text, yes } from '../../redis/reply.ts';
import { flag, scriptsBeside, type OutcomeOf } from '../../redis/script.ts';
import { ROOM_LISTS, UNREADABLE } from '../key-names.ts';
import { RIGHTS, rightsArgs, type Rights } from '../rights.ts';
import type { Life } from '../room/room-store.ts';

const script = scriptsBeside(import.meta.url);
const READABLE = ['meta', 'occupants', ...ROOM_LISTS] as const;

// Two keys for each room.
const glanceRooms = script('glance-rooms', {
  keys: [],
  restKeys: true,
  args: ['user', 'whole'],
  rest: true,
  refuses: ['gone', 'out'],
  gives: { at: number, kind: number, attributes: optional(bytes) },
  each: true,
});

const readListed = script('read-listed', {
  keys: [...READABLE, 'marks', 'mentioned', 'entries', 'muted', 'history', 'latest'],
  args: ['user', 'maxAgeMs'],
  refuses: ['out'],
  gives: {
    kind: number,
    role: text,
    attributes: optional(bytes),
    memberCount: number,
    last: optional(bytes),
    at: number,
    unread: number,
    mentioned: yes,
    muted: yes,
  },
});

const describeRoom = script('describe-room', {
  keys: [...READABLE, 'silenced', 'muted'],
  args: RIGHTS,
  refuses: UNREADABLE,
  gives: {
    owner: text,
    whitelistOnly: stored,
    invites: optional(text),
    attributes: optional(bytes),
    version: number,
    kind: number,
    writers: number,
    slowMs: number,
    endsAt: number,
    role: text,
    silencedUntil: number,
    muted: yes,
    memberCount: number,
    occupantCount: number,
    epoch: text,
    lastId: number,
  },
});

const muteRoom = script('mute-room', {
  keys: [...READABLE, 'muted'],
  args: ['user', 'on'],
  refuses: ['noRoom', 'notAllowed'],
  gives: yes,
});

/** Numbers by which `lib/conduct.lua` knows them. */
export const KINDS = ['normal', 'transient', 'temporary'] as const;
export const WRITERS = ['all', 'admins', 'owner'] as const;

/** A room of a list, before anything else is read of it. */
export interface Glanced {
  readonly roomName: string;
  /** When something was said last, or it was made. */
  readonly at: number;
  readonly kind: (typeof KINDS)[number];
  /** Where they were asked for. */
  readonly attributes: Uint8Array | undefined;
}

export interface GlanceWish {
  /** Only rooms to which all of these belong. */
  readonly members?: readonly string[];
  readonly withAttributes?: boolean;
}

export type Listed = Exclude<OutcomeOf<typeof readListed>, 'out'>;
export type Described = Exclude<OutcomeOf<typeof describeRoom>, 'noRoom' | 'notJoined'>;

/** Rooms that one script looks at: what it takes is to be short beside others. */
const ROOMS_PER_CALL = 100;
const CALLS_AT_ONCE = 32;

export interface ListedOptions {
  /** How old messages may become; 0: for ever. */
  readonly historyMaxAgeMs: number;
}

export class ListedStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #maxAgeMs: number;

  constructor(commands: Commands, keys: Keyspace, { historyMaxAgeMs }: ListedOptions) {
    this.#commands = commands;
    this.#keys = keys;
    this.#maxAgeMs = historyMaxAgeMs;
  }

  /** Those of some rooms that the list of a user has, in no order; and those that are gone. By name, with the life each is known by. */
  async glance(
    userName: string,
    rooms: ReadonlyMap<string, Life>,
    wish: GlanceWish = {},
  ): Promise<{ listed: Glanced[]; gone: Map<string, Life> }> {
    const listed: Glanced[] = [];
    const gone = new Map<string, Life>();
    const calls = this.#calls([...rooms]);
    for (let at = 0; at < calls.length; at += CALLS_AT_ONCE) {
      await Promise.all(
        calls.slice(at, at + CALLS_AT_ONCE).map(async (call) => {
          const found = await this.#glance(userName, call, wish);
          for (const [i, [roomName, life]] of call.entries()) {
            const one = found[i];
            if (one instanceof Error) throw one;
            if (one === 'gone') gone.set(roomName, life);
            else if (one !== undefined && one !== 'out')
              listed.push({ roomName, ...one, kind: KINDS[one.kind] ?? 'normal' });
          }
        }),
      );
    }
    return { listed, gone };
  }

  #glance(
    userName: string,
    call: readonly (readonly [string, Life])[],
    { members = [], withAttributes = false }: GlanceWish,
  ): Promise<(OutcomeOf<typeof glanceRooms> | Error)[]> {
    const keys = call.flatMap(([roomName]) => {
      const { meta, beginning } = this.#keys.room(roomName);
      return [meta, beginning];
    });
    const args = [...call.map(([, life]) => life), ...members];
    return this.#commands.runEach(glanceRooms, {}, { user: userName, whole: flag(withAttributes) }, { keys, args });
  }

  /** Those that one server has share a call. */
  #calls(rooms: readonly (readonly [string, Life])[]): (readonly [string, Life])[][] {
    const bySlot = new Map<number, (readonly [string, Life])[]>();
    const calls: (readonly [string, Life])[][] = [];
    for (const room of rooms) {
      const slot = this.#commands.slotOf(this.#keys.room(room[0]).meta);
      let call = bySlot.get(slot);
      if (call === undefined || call.length === ROOMS_PER_CALL) {
        calls.push((call = []));
        bySlot.set(slot, call);
      }
      call.push(room);
    }
    return calls;
  }

  /** A room as the list of a user has it; `last` is the frame of the last message, where it is kept. `out`: it has not. */
  async read(userName: string, roomName: string): Promise<Listed | 'out'> {
    const args = { user: userName, maxAgeMs: this.#maxAgeMs };
    return this.#commands.run(readListed, this.#keys.room(roomName), args);
  }

  describe(roomName: string, rights: Rights): Promise<OutcomeOf<typeof describeRoom>> {
    return this.#commands.run(describeRoom, this.#keys.room(roomName), rightsArgs(rights));
  }

  /** Whether that is new. */
  mute(roomName: string, userName: string, isOn: boolean): Promise<OutcomeOf<typeof muteRoom>> {
    return this.#commands.run(muteRoom, this.#keys.room(roomName), { user: userName, on: flag(isOn) });
  }
}

/** The frame in an event as it is kept. */
export const frameOf = (event: Buffer | undefined): Uint8Array | undefined => event && readEvent(event)?.frame;
