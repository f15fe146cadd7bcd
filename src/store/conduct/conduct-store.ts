/**
 * Who may post in a room, and how often, in Redis: silenced users and slow mode. Every method is one script on the room's slot, which
 * tells the room; by it posts are judged (post-messages.lua) from that step on.
 */
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { number, optional, pairs, text, type Reply } from '../../redis/reply.ts';
import { flag, scriptsBeside, type OutcomeOf } from '../../redis/script.ts';
import { namesWanted, type NamesWanted } from '../access/changed.ts';
import type { PageWish } from '../access/list-page.ts';
import { LOG, ROOM_LISTS, UNREADABLE, type Unreadable } from '../key-names.ts';
import { readWish, type Wish } from '../quota/grant.ts';
import { RIGHTS, rightsArgs, type Rights } from '../rights.ts';

const script = scriptsBeside(import.meta.url);

const KEYS = [...LOG, 'occupants', ...ROOM_LISTS, 'silenced'] as const;
const REFUSES = ['noRoom', 'notAllowed', 'invalidName'] as const;

const silence = script('silence', {
  keys: [...KEYS, 'history'],
  args: [...RIGHTS, 'endsAt', 'limit', 'badName', 'frame'],
  rest: true,
  writes: true,
  refuses: [...REFUSES, 'ofOwner', 'listLimitExceeded'],
  gives: { seq: optional(number), wish: optional(readWish), wanted: optional(namesWanted) },
});

const unsilence = script('unsilence', {
  keys: KEYS,
  args: [...RIGHTS, 'badName', 'frame'],
  rest: true,
  writes: true,
  refuses: REFUSES,
  gives: { seq: optional(number) },
});

const readSilenced = script('read-silenced', {
  keys: ['meta', 'occupants', ...ROOM_LISTS, 'silenced'],
  args: [...RIGHTS, 'cursor', 'limit'],
  whenFull: true,
  refuses: UNREADABLE,
  gives: { silenced: silences, cursor: text },
});

const setSlowMode = script('set-slow-mode', {
  keys: [...KEYS, 'paced'],
  args: [...RIGHTS, 'ms', 'frame'],
  writes: true,
  refuses: ['noRoom', 'notAllowed'],
  gives: number,
});

/** Who is to be silent, or may post again. `frame` goes to the room's sockets. */
export interface SilenceEdit {
  readonly names: readonly string[];
  /** One of the names is not valid. */
  readonly badName: boolean;
  readonly frame: Uint8Array;
}

export interface Silence {
  readonly userName: string;
  /** In ms by Redis's clock; undefined for good. */
  readonly until: number | undefined;
}

export interface SilencedPage {
  readonly silenced: readonly Silence[];
  /** For the next page; undefined at the end. */
  readonly next: string | undefined;
}

/** It was done, and told at that place of the log. */
export interface Silenced {
  readonly seq: number;
  /** The room is about to need more of its owner's quota. */
  readonly wish: Wish | undefined;
}

export type SilenceRefusal = Exclude<OutcomeOf<typeof silence>, object>;

export interface ConductStoreOptions {
  readonly listSizeLimit: number;
}

export class ConductStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #options: ConductStoreOptions;

  constructor(commands: Commands, keys: Keyspace, options: ConductStoreOptions) {
    this.#commands = commands;
    this.#keys = keys;
    this.#options = options;
  }

  /** Until a time by Redis's clock, for good where that is undefined. `ofOwner`: the owner is among the names. */
  async silence(
    roomName: string,
    rights: Rights,
    { names, badName, frame }: SilenceEdit,
    until: number | undefined,
  ): Promise<Silenced | NamesWanted | SilenceRefusal> {
    const limit = this.#options.listSizeLimit;
    const args = { ...rightsArgs(rights), endsAt: until ?? '', limit, badName: flag(badName), frame };
    const done = await this.#commands.run(silence, this.#keys.room(roomName), args, { args: names });
    if (typeof done === 'string') return done;
    const { seq, wish, wanted } = done;
    if (wanted !== undefined) return wanted;
    if (seq === undefined) throw new TypeError('silence was neither done nor refused');
    return { seq, wish };
  }

  /** Undefined where all of them may post already: nothing is told. */
  async unsilence(
    roomName: string,
    rights: Rights,
    { names, badName, frame }: SilenceEdit,
  ): Promise<{ readonly seq: number | undefined } | Exclude<OutcomeOf<typeof unsilence>, object>> {
    const args = { ...rightsArgs(rights), badName: flag(badName), frame };
    return this.#commands.run(unsilence, this.#keys.room(roomName), args, { args: names });
  }

  /** A page of who may not post, of about as many names as are wanted. */
  async readSilenced(
    roomName: string,
    rights: Rights,
    { cursor, limit }: PageWish,
  ): Promise<SilencedPage | Unreadable> {
    const args = { ...rightsArgs(rights), cursor, limit };
    const page = await this.#commands.run(readSilenced, this.#keys.room(roomName), args);
    if (typeof page === 'string') return page;
    return { silenced: page.silenced, next: page.cursor === '' ? undefined : page.cursor };
  }

  /** Gives the place in the log at which it is told. */
  setSlowMode(
    roomName: string,
    rights: Rights,
    ms: number,
    frame: Uint8Array,
  ): Promise<number | 'noRoom' | 'notAllowed'> {
    return this.#commands.run(setSlowMode, this.#keys.room(roomName), { ...rightsArgs(rights), ms, frame });
  }
}

function silences(reply: Reply | undefined): Silence[] {
  return pairs(reply).map(([userName, until]) => ({ userName, until: until === '-1' ? undefined : Number(until) }));
}
