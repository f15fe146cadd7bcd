/**
 * Who may be in a room, in Redis: its lists, mode and owner, and taking out whoever lost it by a change of them. Every
 * method is one script on the room's slot, or a plain read. What the users concerned are told follows from what it returns.
 */
import type { Instance } from '../../bus/instance.ts';
import type { Position } from '../../log/event.ts';
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { bytes, list, listOf, number, optional, position, text, yes, type Reply } from '../../redis/reply.ts';
import { flag, scriptsBeside, type OutcomeOf } from '../../redis/script.ts';
import { duesIn, type Due } from '../member/due.ts';
import { readWish, type Grant, type Wish } from '../quota/grant.ts';
import { socketsOf, type RemovedUser } from '../room/deletions.ts';
import type { Life } from '../room/room-store.ts';
import { listPage, type ListPage, type PageWish } from './list-page.ts';
import { RIGHTS, rightsArgs, type Rights } from '../rights.ts';
import { ONCE, onceArgs, type Signing } from '../signed.ts';
import { LOG, OCCUPANTS, ROOM_LISTS } from '../key-names.ts';

/** A change of a room's rules that was made, and who is out by it. */
export interface Changed {
  readonly at: Position;
  readonly evicted: readonly RemovedUser[];
  /** See `flushChanges`. */
  readonly changesPending: boolean;
  readonly life: Life;
  /** The room is about to need more of its owner's quota. */
  readonly wish?: Wish | undefined;
  /** Who became a member by it, or is none any more. */
  readonly due?: readonly Due[] | undefined;
}

/** Nothing was done: the room needs more names of its owner's quota first. */
export interface NamesWanted {
  readonly owner: string;
  readonly life: Life;
  readonly names: number;
}

/** A change of owner, with what goes over from one's quota to the other's. '' for no owner. */
export interface OwnerChanged extends Changed {
  readonly before: string;
  readonly takes: Grant;
}

export interface ListEdit {
  readonly listName: string;
  readonly names: readonly string[];
  /** One of the names that is not valid. */
  readonly badName: string | undefined;
  readonly signed?: Signing;
  /** Of names that are put on the blacklist: until when, in ms by Redis's clock; for good where it is left out. */
  readonly until?: number | undefined;
  /** Tells the room, where it tells such things. */
  readonly frame: Uint8Array;
  /** A `roomUserLeft` that ends before the name of the user. */
  readonly leftPrefix: Uint8Array;
}

/** Where going through a node's own sockets stands. `clean`: nobody was taken out since it began. */
export interface EvictionCursor {
  readonly at: string;
  readonly clean: boolean;
}

/** A page of a node's own sockets in a room, and which of their users a staged eviction has taken out. */
export interface EvictedPage {
  /** Undefined at the end: nobody is there any more who has lost the room. */
  readonly next: EvictionCursor | undefined;
  readonly evicted: readonly RemovedUser[];
  readonly kept: readonly string[];
  readonly changesPending: boolean;
  readonly life: Life;
  /** The log after this page. */
  readonly at: Position;
}

/** A `roomUserlistChanged` in three parts, between which the script puts names. */
export interface ChangesFrame {
  readonly prefix: Uint8Array;
  readonly leftKey: Uint8Array;
  readonly countKey: Uint8Array;
}

export interface RoomAccess {
  readonly admitted: boolean;
  /** Sockets of the user that are joined. */
  readonly njoined: number;
  readonly whitelistOnly: boolean;
  readonly life: Life;
  /** The log as it was then. */
  readonly at: Position;
  /** In MessagePack, where they were asked for and are no empty map. */
  readonly attributes?: Uint8Array | undefined;
}

const script = scriptsBeside(import.meta.url);

/** What lib/evict.lua wants. */
const LISTS = [...ROOM_LISTS, 'silenced'] as const;
export const EVICTING = [...LOG, ...OCCUPANTS, ...LISTS, 'changes', 'entries', 'evictedUsers'] as const;
/** What a script gives that may take users out. */
export const CHANGED = { at: position, evicted: removedUsers, changesPending: yes, life: text };

const editList = script('edit-list', {
  keys: [...EVICTING, 'history', 'nonces'],
  args: [
    'large',
    'teller',
    ...RIGHTS,
    'listName',
    'adding',
    'limit',
    'badName',
    'endsAt',
    ...ONCE,
    'frame',
    'leftPrefix',
  ],
  rest: true,
  writes: true,
  refuses: ['noRoom', 'notAllowed', 'noList', 'invalidName', 'badSignature', 'listLimitExceeded'],
  gives: { ...CHANGED, at: optional(position), wish: optional(readWish), wanted: optional(namesWanted) },
});

const setMode = script('set-mode', {
  keys: EVICTING,
  args: ['large', 'teller', ...RIGHTS, 'mode', 'frame', 'leftPrefix'],
  writes: true,
  refuses: ['noRoom', 'notAllowed', 'evicting'],
  gives: CHANGED,
});

const changeOwner = script('change-owner', {
  keys: [...EVICTING, 'history', 'muted', 'membersDue'],
  args: ['large', 'teller', 'owner', 'prefix', 'leftPrefix', 'against'],
  writes: true,
  refuses: ['noRoom'],
  gives: { ...CHANGED, before: text, names: number, bytes: number, due: duesIn },
});

const evictPage = script('evict-page', {
  keys: EVICTING,
  args: ['large', 'teller', 'node', 'cursor', 'clean', 'pageMax', 'leftPrefix'],
  writes: true,
  whenFull: true,
  refuses: ['noRoom'],
  gives: { reached: text, evicted: removedUsers, kept: listOf(text), changesPending: yes, life: text, at: position },
});

const flushChanges = script('flush-changes', {
  keys: ['meta', 'channel', 'events', 'occupants', 'changes'],
  args: ['prefix', 'leftKey', 'countKey', 'pageMax', 'pauseMs'],
  writes: true,
  whenFull: true,
  refuses: ['noRoom', 'later'],
  gives: number,
});

const readList = script('read-list', {
  keys: ['meta', 'occupants', 'names', 'changes', ...ROOM_LISTS],
  args: [...RIGHTS, 'listName', 'cursor', 'limit'],
  whenFull: true,
  refuses: ['noRoom', 'notJoined', 'noList'],
  gives: listPage,
});

const readAccess = script('read-access', {
  keys: ['meta', ...OCCUPANTS, ...ROOM_LISTS],
  args: ['user', 'whole'],
  refuses: ['noRoom'],
  gives: {
    admitted: yes,
    njoined: number,
    whitelistOnly: yes,
    life: text,
    at: position,
    attributes: optional(bytes),
  },
});

export type EditRefusal = 'noRoom' | 'notAllowed' | 'noList' | 'invalidName' | 'badSignature';

/** Stored so, see lib/occupants.lua. */
const EVICTING_NODES = 'unsettled';
const EVICTION_PAGE = 150;
const CHANGES_PAGE = 1000;

export interface AccessStoreOptions {
  /** Occupants above which a room is large. */
  readonly largeSize: number;
  readonly listSizeLimit: number;
  /** This node, which tells who is taken out. */
  readonly instance: Pick<Instance, 'nodeId'>;
}

export class AccessStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #options: AccessStoreOptions;

  constructor(commands: Commands, keys: Keyspace, options: AccessStoreOptions) {
    this.#commands = commands;
    this.#keys = keys;
    this.#options = options;
  }

  async addToList(
    roomName: string,
    rights: Rights,
    edit: ListEdit,
  ): Promise<Changed | NamesWanted | EditRefusal | 'listLimitExceeded'> {
    return edited(await this.#editList(roomName, rights, edit, true));
  }

  async removeFromList(roomName: string, rights: Rights, edit: ListEdit): Promise<Changed | EditRefusal> {
    const done = edited(await this.#editList(roomName, rights, edit, false));
    if (done === 'listLimitExceeded' || (typeof done === 'object' && 'names' in done)) {
      throw new TypeError('a removal was refused for want of room');
    }
    return done;
  }

  /** What lib/evict.lua wants: who tells those that are taken out. */
  #evicting(): { large: number; teller: string } {
    return { large: this.#options.largeSize, teller: this.#options.instance.nodeId };
  }

  #editList(roomName: string, rights: Rights, edit: ListEdit, adding: boolean): Promise<OutcomeOf<typeof editList>> {
    const args = {
      ...this.#evicting(),
      ...rightsArgs(rights),
      listName: edit.listName,
      adding: flag(adding),
      limit: this.#options.listSizeLimit,
      badName: flag(edit.badName !== undefined),
      endsAt: edit.until ?? '',
      ...onceArgs(edit.signed),
      frame: edit.frame,
      leftPrefix: edit.leftPrefix,
    };
    return this.#commands.run(editList, this.#keys.room(roomName), args, { args: edit.names });
  }

  /** `evicting`: nodes still take out who has lost the room, which is not opened again before they have. */
  setMode(
    roomName: string,
    rights: Rights,
    change: { whitelistOnly: boolean; frame: Uint8Array; leftPrefix: Uint8Array },
  ): Promise<Changed | 'noRoom' | 'notAllowed' | 'evicting'> {
    const { whitelistOnly, frame, leftPrefix } = change;
    const args = { ...this.#evicting(), ...rightsArgs(rights), mode: flag(whitelistOnly), frame, leftPrefix };
    return this.#commands.run(setMode, this.#keys.room(roomName), args);
  }

  /** For the service only. '' for no owner; `against`: it becomes no member, by what its own slot says. */
  async changeOwner(
    roomName: string,
    owner: string,
    given: {
      readonly addedPrefix: Uint8Array;
      readonly leftPrefix: Uint8Array;
      readonly against?: 'noUser' | 'tooManyRooms' | undefined;
    },
  ): Promise<OwnerChanged | 'noRoom'> {
    const { addedPrefix: prefix, leftPrefix, against = '' } = given;
    const args = { ...this.#evicting(), owner, prefix, leftPrefix, against };
    const done = await this.#commands.run(changeOwner, this.#keys.room(roomName), args);
    if (done === 'noRoom') return done;
    const { names, bytes, ...changed } = done;
    return { ...changed, takes: { names, bytes } };
  }

  /**
   * Goes through a page of a node's own sockets in a room that may have a staged eviction, from `'0'` on; undefined where
   * there is no room.
   */
  async evictPage(
    roomName: string,
    nodeId: string,
    cursor: EvictionCursor | '0',
    leftPrefix: Uint8Array,
  ): Promise<EvictedPage | undefined> {
    const { at, clean } = cursor === '0' ? { at: cursor, clean: true } : cursor;
    const place = { node: nodeId, cursor: at, clean: flag(clean), pageMax: EVICTION_PAGE };
    const args = { ...this.#evicting(), ...place, leftPrefix };
    const page = await this.#commands.run(evictPage, this.#keys.room(roomName), args);
    if (page === 'noRoom') return undefined;
    const { reached, ...evictedPage } = page;
    const isEnd = reached === '0';
    const isClean = clean && evictedPage.evicted.length === 0;
    return { ...evictedPage, next: isEnd && isClean ? undefined : { at: reached, clean: isEnd || isClean } };
  }

  /** The nodes that have yet to take out their own in a staged eviction. */
  async evictingNodes(roomName: string): Promise<string[]> {
    const noted = await this.#commands.plain('hget', this.#keys.room(roomName).meta, EVICTING_NODES);
    return noted === null ? [] : text(noted).split(' ');
  }

  /**
   * Tells a large room who came and went, unless it was told within `pauseMs`. Returns the changes that still wait;
   * `later` where it is too early for any.
   */
  async flushChanges(roomName: string, frame: ChangesFrame, pauseMs: number): Promise<number | 'later'> {
    const args = { ...frame, pageMax: CHANGES_PAGE, pauseMs };
    const left = await this.#commands.run(flushChanges, this.#keys.room(roomName), args);
    return left === 'noRoom' ? 0 : left;
  }

  /** A page of a list, `userlist` included: of that in byte order of the names, and exactly `limit` where there are more. */
  readList(
    roomName: string,
    rights: Rights,
    listName: string,
    { cursor, limit }: PageWish,
  ): Promise<ListPage | 'noRoom' | 'notJoined' | 'noList'> {
    return this.#commands.run(readList, this.#keys.room(roomName), { ...rightsArgs(rights), listName, cursor, limit });
  }

  readAccess(roomName: string, userName: string, withAttributes = false): Promise<RoomAccess | 'noRoom'> {
    const args = { user: userName, whole: flag(withAttributes) };
    return this.#commands.run(readAccess, this.#keys.room(roomName), args);
  }
}

/** An edit that was not refused was made, or wants names first. */
function edited(
  outcome: OutcomeOf<typeof editList>,
): Changed | NamesWanted | Exclude<OutcomeOf<typeof editList>, object> {
  if (typeof outcome === 'string') return outcome;
  const { at, wanted, ...rest } = outcome;
  if (wanted !== undefined) return wanted;
  if (at === undefined) throw new TypeError('an edit that was made has a position');
  return { ...rest, at };
}

export function namesWanted(reply: Reply | undefined): NamesWanted {
  const [owner, life, names] = list(reply);
  return { owner: text(owner), life: text(life), names: number(names) };
}

/** Users, the sockets they had, and the event that took them out, as lib/evict.lua notes them. */
function removedUsers(reply: Reply | undefined): RemovedUser[] {
  const noted = list(reply);
  return Array.from({ length: noted.length / 3 }, (_, i) => {
    const [userName, sockets, seq] = noted.slice(3 * i, 3 * i + 3);
    return { userName: text(userName), ...socketsOf(text(sockets)), seq: number(seq) };
  });
}
