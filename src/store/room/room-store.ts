/**
 * Rooms in Redis. Every method is one script on the room's slot: it checks, acts, appends to the log and publishes in
 * one step, or refuses with a word and changes nothing. Rejects with `StateUnavailable` where Redis cannot be asked.
 * Frames are notifications already encoded; nothing here knows what is in them.
 */
import type { Position } from '../../log/event.ts';
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { flag, type OutcomeOf } from '../../redis/script.ts';
import { newEpoch } from '../../redis/tokens.ts';
import { packGrant, type Grant } from '../quota/grant.ts';
import type { Unreadable } from '../key-names.ts';
import { rightsArgs, type Rights } from '../rights.ts';
import type { UnsentAllowance } from '../webhook/unsent-allowance.ts';
import type { Deletion } from './deletions.ts';
import * as scripts from './room-scripts.ts';

export interface RoomOptions {
  /** Undefined for none: it is of nobody's quota. */
  readonly owner: string | undefined;
  readonly whitelistOnly: boolean;
  readonly userlistUpdates: boolean;
  readonly accessListsUpdates: boolean;
  /** Messages kept. */
  readonly historyMax: number;
  /** How old they may become, in ms, 0 for ever; undefined: as the service has it. */
  readonly historyMaxAgeMs?: number | undefined;
  readonly lists?: Readonly<Record<ListName, readonly string[]>>;
  /** Its life, and what was reserved for it of its owner's quota; without, it has no quota. */
  readonly reserved?: { readonly life: Life; readonly grant: Grant };
}

export type ListName = 'adminlist' | 'whitelist' | 'blacklist';

/** Tells a room from another one that had its name; unlike the epoch, it outlives a failover. */
export type Life = string;

export interface RoomInfo {
  readonly owner: string;
  readonly whitelistOnly: boolean;
  readonly userlistUpdates: boolean;
  readonly accessListsUpdates: boolean;
  readonly historyMax: number;
  /** Its own rule; undefined: as the service has it. */
  readonly historyMaxAgeMs: number | undefined;
  readonly epoch: string;
  readonly lastId: number;
  readonly oldestId: number;
  readonly occupantCount: number;
  /** Number of the last change of a message; 0 where there was none. */
  readonly lastChange: number;
  /** Its time; 0 where there was none. */
  readonly lastChangeAt: number;
}

export interface RoomStoreOptions {
  /** How long a room's repeats are remembered: those of a deleted one go in that time. */
  readonly dedupMs: number;
  /** The service's rule for the age of messages; 0: for ever. */
  readonly historyMaxAgeMs: number;
  /** Where there is a webhook: what was said is kept until it was sent there, also of a deleted room. */
  readonly unsent?: UnsentAllowance | undefined;
}

export class RoomStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #options: RoomStoreOptions;

  constructor(commands: Commands, keys: Keyspace, options: RoomStoreOptions) {
    this.#commands = commands;
    this.#keys = keys;
    this.#options = options;
  }

  create(roomName: string, options: RoomOptions): Promise<'ok' | 'roomExists'> {
    const rest = Object.entries(options.lists ?? {}).flatMap(([listName, names]) =>
      names.flatMap((name) => [listName, name]),
    );
    return this.#commands.run(
      scripts.createRoom,
      this.#keys.room(roomName),
      {
        epoch: options.reserved?.life ?? newEpoch(),
        granted: options.reserved === undefined ? '' : packGrant(options.reserved.grant),
        owner: options.owner ?? '',
        whitelistOnly: flag(options.whitelistOnly),
        userlistUpdates: flag(options.userlistUpdates),
        accessListsUpdates: flag(options.accessListsUpdates),
        historyMax: options.historyMax,
        maxAge: options.historyMaxAgeMs ?? '',
      },
      { args: rest },
    );
  }

  /**
   * Deletes for its owner or the service; `nodeId` is to tell those concerned, by `takeFormer`. `frame` goes to the
   * room's sockets; `by` is who is told to have done it, undefined for the service.
   */
  async delete(
    roomName: string,
    rights: Rights,
    nodeId: string,
    frame: Uint8Array,
    by?: string,
  ): Promise<({ at: Position } & Deletion) | 'noRoom' | 'notAllowed'> {
    const args = { ...rightsArgs(rights), node: nodeId, by: by ?? '', frame, dedupMs: this.#options.dedupMs };
    const { unsent } = this.#options;
    const run = (unsentMax: number | ''): Promise<OutcomeOf<typeof scripts.deleteRoom>> =>
      this.#commands.run(scripts.deleteRoom, this.#keys.room(roomName), { ...args, unsentMax });
    const deleted = await (unsent === undefined ? run('') : unsent.within(run));
    if (typeof deleted === 'string') return deleted;
    const { hasMembers, unsentBytes: _, ...deletion } = deleted;
    return { ...deletion, membersLost: hasMembers ? { at: deletion.at.timestamp, by } : undefined };
  }

  async readInfo(roomName: string, rights: Rights): Promise<RoomInfo | Unreadable> {
    const args = { ...rightsArgs(rights), maxAgeMs: this.#options.historyMaxAgeMs };
    const read = await this.#commands.run(scripts.readRoom, this.#keys.room(roomName), args);
    if (typeof read === 'string') return read;
    const { historyMaxAge, ...info } = read;
    return { ...info, historyMaxAgeMs: historyMaxAge === undefined ? undefined : Number(historyMaxAge) };
  }
}
