/**
 * Who may be in a room, in Redis: its lists, mode and owner, and taking out whoever lost it by a change of them. Every
 * method is one script on the room's slot. What the users concerned are told follows from what it returns.
 */
import type { Position } from '../bus/event.ts';
import type { Commands } from './commands.ts';
import type { Keyspace } from './keys.ts';
import { readListPage, type ListPage, type PageWish } from './list-page.ts';
import { flag, type Reply } from './script.ts';
import { readWish, type Grant, type Wish } from './grant.ts';
import { list, number, position, refusal, text } from './reply.ts';
import { socketsOf, type FormerMember } from './deletions.ts';
import type { Life } from './room-state.ts';
import * as scripts from './scripts/room-scripts.ts';
import { newNonce } from './tokens.ts';

/** A change of a room's rules that was made, and who is out by it. */
export interface Changed {
  readonly at: Position;
  readonly evicted: readonly FormerMember[];
  /** See `flushChanges`. */
  readonly changesPending: boolean;
  readonly life: Life;
  /** The room is about to need more of its owner's quota. */
  readonly wish?: Wish;
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
  /** Tells the room, where it tells such things. */
  readonly frame: Uint8Array;
  /** A `roomUserLeft` that ends before the name of the user. */
  readonly leftHead: Uint8Array;
}

/** Where going through a node's own sockets stands. `clean`: nobody was taken out since it began. */
export interface PurgeCursor {
  readonly at: string;
  readonly clean: boolean;
}

/** A page of a node's own sockets in a room, and which of their users a restriction has taken out. */
export interface Purged {
  /** Undefined at the end: nobody is there any more who has lost the room. */
  readonly next: PurgeCursor | undefined;
  readonly evicted: readonly FormerMember[];
  readonly kept: readonly string[];
  readonly changesPending: boolean;
  readonly life: Life;
  readonly epoch: string;
}

/** A `roomUserlistChanged` in three parts, between which the script puts names. */
export interface ChangesFrame {
  readonly head: Uint8Array;
  readonly leftKey: Uint8Array;
  readonly countKey: Uint8Array;
}

export interface RoomAccess {
  readonly admitted: boolean;
  /** Sockets of the user that are joined. */
  readonly njoined: number;
  readonly whitelistOnly: boolean;
  readonly life: Life;
}

const EDIT_REFUSALS = ['noRoom', 'notAllowed', 'noList', 'invalidName'] as const;
export type EditRefusal = (typeof EDIT_REFUSALS)[number];

const PURGE_PAGE = 150;
const CHANGES_PAGE = 1000;

export class AccessState {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #options: { readonly largeSize: number; readonly listSizeLimit: number };

  constructor(commands: Commands, keys: Keyspace, options: { largeSize: number; listSizeLimit: number }) {
    this.#commands = commands;
    this.#keys = keys;
    this.#options = options;
  }

  async addToList(
    roomName: string,
    userName: string,
    edit: ListEdit,
  ): Promise<Changed | NamesWanted | EditRefusal | 'listLimitExceeded'> {
    const reply = await this.#editList(roomName, userName, edit, '1');
    const refused = refusal(reply, [...EDIT_REFUSALS, 'listLimitExceeded']);
    if (refused !== undefined) return refused;
    const [at, wanted] = list(reply);
    if (Array.isArray(at)) return changed(reply);
    const [owner, life, names] = list(wanted);
    return { owner: text(owner), life: text(life), names: number(names) };
  }

  async removeFromList(roomName: string, userName: string, edit: ListEdit): Promise<Changed | EditRefusal> {
    const reply = await this.#editList(roomName, userName, edit, '0');
    return refusal(reply, EDIT_REFUSALS) ?? changed(reply);
  }

  #editList(roomName: string, userName: string, edit: ListEdit, adding: '0' | '1'): Promise<Reply> {
    const args = {
      ...this.#common(),
      user: userName,
      listName: edit.listName,
      adding,
      limit: this.#options.listSizeLimit,
      badName: edit.badName === undefined ? '0' : '1',
      frame: edit.frame,
      leftHead: edit.leftHead,
    };
    return this.#commands.run(scripts.editList, this.#keys.room(roomName), args, edit.names);
  }

  /** `settling`: nodes still take out who has lost the room, which is not opened again before they have. */
  async setMode(
    roomName: string,
    userName: string,
    change: { whitelistOnly: boolean; frame: Uint8Array; leftHead: Uint8Array },
  ): Promise<Changed | 'noRoom' | 'notAllowed' | 'settling'> {
    const { whitelistOnly, frame, leftHead } = change;
    const args = { ...this.#common(), user: userName, mode: flag(whitelistOnly), frame, leftHead };
    const reply = await this.#commands.run(scripts.setMode, this.#keys.room(roomName), args);
    return refusal(reply, ['noRoom', 'notAllowed', 'settling']) ?? changed(reply);
  }

  /** For the service only. '' for no owner. */
  async changeOwner(roomName: string, owner: string, leftHead: Uint8Array): Promise<OwnerChanged | 'noRoom'> {
    const args = { ...this.#common(), owner, leftHead };
    const reply = await this.#commands.run(scripts.changeOwner, this.#keys.room(roomName), args);
    if (refusal(reply, ['noRoom']) !== undefined) return 'noRoom';
    const [before, names, bytes] = list(reply).slice(5);
    return { ...changed(reply), before: text(before), takes: { names: number(names), bytes: number(bytes) } };
  }

  /** Goes through a page of a node's own sockets in a room that may be restricted, from `'0'` on; undefined where there is no room. */
  async purge(
    roomName: string,
    nodeId: string,
    cursor: PurgeCursor | '0',
    leftHead: Uint8Array,
  ): Promise<Purged | undefined> {
    const { at, clean } = cursor === '0' ? { at: cursor, clean: true } : cursor;
    const place = { node: nodeId, cursor: at, clean: flag(clean), pageMax: PURGE_PAGE };
    const args = { ...this.#common(), ...place, leftHead };
    const reply = await this.#commands.run(scripts.purgeRoom, this.#keys.room(roomName), args);
    if (refusal(reply, ['noRoom']) !== undefined) return undefined;
    const [reached, flat, kept, pending, life, epoch] = list(reply);
    const evicted = formerMembers(flat);
    const isEnd = text(reached) === '0';
    const isClean = clean && evicted.length === 0;
    return {
      next: isEnd && isClean ? undefined : { at: text(reached), clean: isEnd || isClean },
      evicted,
      kept: list(kept).map(text),
      changesPending: pending === 1,
      life: text(life),
      epoch: text(epoch),
    };
  }

  /** The nodes that have yet to take out their own of a restricted room. */
  async unsettled(roomName: string): Promise<string[]> {
    const noted = await this.#commands.plain('hget', this.#keys.room(roomName).meta, 'unsettled');
    return noted === null ? [] : text(noted).split(' ');
  }

  /**
   * Tells a large room who came and went, unless it was told within `pauseMs`. Returns the changes that still wait;
   * `later` where it is too early for any.
   */
  async flushChanges(roomName: string, frame: ChangesFrame, pauseMs: number): Promise<number | 'later'> {
    const args = { nonce: newNonce(), ...frame, pageMax: CHANGES_PAGE, pauseMs };
    const reply = await this.#commands.run(scripts.flushChanges, this.#keys.room(roomName), args);
    const refused = refusal(reply, ['noRoom', 'later']);
    if (refused !== undefined) return refused === 'noRoom' ? 0 : 'later';
    return number(list(reply)[1]);
  }

  /** A page of a list, `userlist` included: of that in byte order of the names, and exactly `limit` where there are more. */
  async readList(
    roomName: string,
    userName: string,
    listName: string,
    { cursor, limit }: PageWish,
  ): Promise<ListPage | 'noRoom' | 'notJoined' | 'noList'> {
    const args = { user: userName, listName, cursor, limit };
    const reply = await this.#commands.run(scripts.readList, this.#keys.room(roomName), args);
    return refusal(reply, ['noRoom', 'notJoined', 'noList']) ?? readListPage(reply);
  }

  async readAccess(roomName: string, userName: string): Promise<RoomAccess | 'noRoom'> {
    const reply = await this.#commands.run(scripts.readAccess, this.#keys.room(roomName), { user: userName });
    if (refusal(reply, ['noRoom']) !== undefined) return 'noRoom';
    const [admitted, njoined, mode, life] = list(reply);
    return { admitted: admitted === 1, njoined: number(njoined), whitelistOnly: mode === 1, life: text(life) };
  }

  #common(): { nonce: Buffer; large: number } {
    return { nonce: newNonce(), large: this.#options.largeSize };
  }
}

function changed(reply: Reply): Changed {
  const [at, flat, pending, life, wish] = list(reply);
  const made = { at: position(at), evicted: formerMembers(flat), changesPending: pending === 1, life: text(life) };
  return Array.isArray(wish) ? { ...made, wish: readWish(wish) } : made;
}

/** Users and the sockets they had, as lib/evict.lua notes them. */
function formerMembers(flat: Reply | undefined): FormerMember[] {
  const noted = list(flat).map(text);
  const members: FormerMember[] = [];
  for (let i = 0; i + 1 < noted.length; i += 2) {
    members.push({ userName: noted[i] ?? '', ...socketsOf(noted[i + 1] ?? '') });
  }
  return members;
}
