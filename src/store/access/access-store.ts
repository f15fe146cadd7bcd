/**
 * Who may be in a room, in Redis: its lists, mode and owner, and taking out whoever lost it by a change of them. Every
 * method is one script on the room's slot, or a plain read. What the users concerned are told follows from what it returns.
 */
import type { Instance } from '../../bus/instance.ts';
import type { Position } from '../../log/event.ts';
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { text } from '../../redis/reply.ts';
import { flag, type OutcomeOf } from '../../redis/script.ts';
import type { Grant } from '../quota/grant.ts';
import type { RemovedUser } from '../room/deletions.ts';
import type { Life } from '../room/room-store.ts';
import { rightsArgs, type Rights } from '../rights.ts';
import { onceArgs, type Signing } from '../signed.ts';
import * as scripts from './access-scripts.ts';
import type { Changed, NamesWanted } from './changed.ts';
import type { ListPage, PageWish } from './list-page.ts';

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

export type EditRefusal = 'noRoom' | 'notAllowed' | 'noList' | 'invalidName' | 'badSignature';

/** Stored so, see lib/occupants.lua. */
const EVICTING_NODES = 'unsettled';
const EVICTION_PAGE = 150;

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

  #editList(
    roomName: string,
    rights: Rights,
    edit: ListEdit,
    adding: boolean,
  ): Promise<OutcomeOf<typeof scripts.editList>> {
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
    return this.#commands.run(scripts.editList, this.#keys.room(roomName), args, { args: edit.names });
  }

  /** `evicting`: nodes still take out who has lost the room, which is not opened again before they have. */
  setMode(
    roomName: string,
    rights: Rights,
    change: { whitelistOnly: boolean; frame: Uint8Array; leftPrefix: Uint8Array },
  ): Promise<Changed | 'noRoom' | 'notAllowed' | 'evicting'> {
    const { whitelistOnly, frame, leftPrefix } = change;
    const args = { ...this.#evicting(), ...rightsArgs(rights), mode: flag(whitelistOnly), frame, leftPrefix };
    return this.#commands.run(scripts.setMode, this.#keys.room(roomName), args);
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
    const done = await this.#commands.run(scripts.changeOwner, this.#keys.room(roomName), args);
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
    const page = await this.#commands.run(scripts.evictPage, this.#keys.room(roomName), args);
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

  /** A page of a list, `userlist` included: of that in byte order of the names, and exactly `limit` where there are more. */
  readList(
    roomName: string,
    rights: Rights,
    listName: string,
    { cursor, limit }: PageWish,
  ): Promise<ListPage | 'noRoom' | 'notJoined' | 'noList'> {
    return this.#commands.run(scripts.readList, this.#keys.room(roomName), {
      ...rightsArgs(rights),
      listName,
      cursor,
      limit,
    });
  }

  readAccess(roomName: string, userName: string, withAttributes = false): Promise<RoomAccess | 'noRoom'> {
    const args = { user: userName, whole: flag(withAttributes) };
    return this.#commands.run(scripts.readAccess, this.#keys.room(roomName), args);
  }
}

/** An edit that was not refused was made, or wants names first. */
function edited(
  outcome: OutcomeOf<typeof scripts.editList>,
): Changed | NamesWanted | Exclude<OutcomeOf<typeof scripts.editList>, object> {
  if (typeof outcome === 'string') return outcome;
  const { at, wanted, ...rest } = outcome;
  if (wanted !== undefined) return wanted;
  if (at === undefined) throw new TypeError('an edit that was made has a position');
  return { ...rest, at };
}
