/**
 * What only the service itself asks of users and rooms: making and deleting users, switches of rooms, looking into both.
 * Every method is one script on the slot of the user or room, or, where there may be much, several. Rejects with
 * `StateUnavailable` where Redis cannot be asked.
 */
import type { Commands } from '../../redis/commands.ts';
import type { Key, Keyspace } from '../../redis/keys.ts';
import { done, list, number, text, yes, type Reply } from '../../redis/reply.ts';
import { flag, scriptsBeside } from '../../redis/script.ts';
import { newEpoch } from '../../redis/tokens.ts';
import { readDirectAccess, userHasInList } from '../direct/direct-scripts.ts';
import { leavePairs } from '../pair/leaving.ts';
import { createUser, deleteUser, disconnectUser, readUser, revokeLogins } from '../user/user-scripts.ts';
import { ROOM_LISTS } from '../key-names.ts';

export interface UserOptions {
  /** Direct messages from its whitelist only. */
  readonly whitelistOnly: boolean;
  readonly lists: { readonly whitelist: readonly string[]; readonly blacklist: readonly string[] };
}

export interface UserInfo {
  readonly whitelistOnly: boolean;
  readonly whitelistSize: number;
  readonly blacklistSize: number;
  /** How many it has. */
  readonly socketsCount: number;
}

export interface RoomSizes {
  readonly adminlistSize: number;
  readonly whitelistSize: number;
  readonly blacklistSize: number;
  readonly nodes: readonly { nodeId: string; sockets: number }[];
}

export type RoomFlag = 'userlistUpdates' | 'accessListsUpdates';

/** Messages that one step of shrinking a history takes out. */
const TRIM_PAGE = 5000;

const script = scriptsBeside(import.meta.url);

const roomHasInList = script('../access/room-has-in-list', {
  keys: ['meta', 'occupants', ...ROOM_LISTS],
  args: ['listName', 'item'],
  refuses: ['noRoom', 'noList'],
  gives: yes,
});

/** Gives how many messages too many are left. */
const resizeHistory = script('../history/resize-history', {
  keys: ['meta', 'history', 'latest', 'reactions'],
  args: ['size', 'pageMax'],
  whenFull: true,
  refuses: ['noRoom'],
  gives: number,
});

/** Gives whether there may be more that are too old. */
const ageHistory = script('../history/age-history', {
  keys: ['meta', 'history', 'latest', 'reactions'],
  args: ['age', 'isFirst', 'pageMax', 'maxAgeMs'],
  whenFull: true,
  refuses: ['noRoom'],
  gives: yes,
});

const setRoomFlag = script('../room/set-room-flag', {
  keys: ['meta', 'changes'],
  args: ['flag', 'enabled'],
  refuses: ['noRoom'],
  gives: done,
});

const inspectRoom = script('../room/inspect-room', {
  keys: ['meta', 'nodes', 'perNode', ...ROOM_LISTS],
  refuses: ['noRoom'],
  gives: { adminlistSize: number, whitelistSize: number, blacklistSize: number, nodes: socketCounts },
});

export interface AdminOptions {
  /** How long a resume token is good at most. */
  readonly resumeTokenMs: number;
  /** The service's rule for the age of messages; 0: for ever. */
  readonly historyMaxAgeMs: number;
  readonly trimPage?: number;
}

export class AdminStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #options: Required<AdminOptions>;

  constructor(commands: Commands, keys: Keyspace, { trimPage = TRIM_PAGE, ...options }: AdminOptions) {
    this.#commands = commands;
    this.#keys = keys;
    this.#options = { ...options, trimPage };
  }

  hasUser(userName: string): Promise<boolean> {
    return this.#exists(this.#keys.user(userName).meta);
  }

  hasRoom(roomName: string): Promise<boolean> {
    return this.#exists(this.#keys.room(roomName).meta);
  }

  async #exists(meta: Key): Promise<boolean> {
    return (await this.#commands.plain('exists', meta)) === 1;
  }

  /** `former`: an earlier user of that name is a member of rooms yet. */
  createUser(
    userName: string,
    { whitelistOnly, lists }: UserOptions,
  ): Promise<'ok' | 'userExists' | 'erasing' | 'former'> {
    const args = { epoch: newEpoch(), whitelistOnly: flag(whitelistOnly) };
    const rest = Object.entries(lists).flatMap(([listName, names]) => names.flatMap((name) => [listName, name]));
    return this.#commands.run(createUser, this.#keys.user(userName), args, { args: rest });
  }

  /** With what it alone has of its conversations. Where a part of it fails, it may be asked for again. */
  async deleteUser(userName: string): Promise<'ok' | 'noUser' | 'userOnline'> {
    // Whoever asks for its erasure afterwards asks for what this one wrote. First this, should the node die behind the deletion: too soon it
    // costs an erasure that is done again.
    if (await this.hasUser(userName)) await this.#commands.plain('zrem', this.#keys.erasing.erased, userName);
    for (;;) {
      const deleted = await this.#commands.run(deleteUser, this.#keys.user(userName), {
        keptMs: this.#options.resumeTokenMs,
      });
      if (deleted !== 'hasPeers') return deleted;
      await leavePairs(this.#commands, this.#keys, userName);
    }
  }

  userHasInList(userName: string, listName: string, item: string): Promise<boolean | 'noUser' | 'noList'> {
    return this.#commands.run(userHasInList, this.#keys.user(userName), { listName, item });
  }

  /** Whether the lists and the mode of a user let another one write to it. */
  hasDirectAccess(userName: string, sender: string): Promise<boolean | 'noUser'> {
    return this.#commands.run(readDirectAccess, this.#keys.user(userName), { user: sender });
  }

  /** Has all sockets of a user closed, on whatever nodes. Gives their number. */
  disconnectUser(userName: string, reason: string): Promise<number | 'noUser'> {
    return this.#commands.run(disconnectUser, this.#keys.user(userName), { reason });
  }

  /** The same, for what is logged in or was let in up to now: of one device (a family), or all. Gives the number of sockets. */
  revokeLogins(
    userName: string,
    device: string | undefined,
    reason: string,
  ): Promise<number | 'noUser' | 'listLimitExceeded'> {
    return this.#commands.run(revokeLogins, this.#keys.user(userName), { family: device ?? '*', reason });
  }

  readUser(userName: string): Promise<UserInfo | 'noUser'> {
    return this.#commands.run(readUser, this.#keys.user(userName), {});
  }

  roomHasInList(roomName: string, listName: string, item: string): Promise<boolean | 'noRoom' | 'noList'> {
    return this.#commands.run(roomHasInList, this.#keys.room(roomName), { listName, item });
  }

  /** Sets how many messages a room keeps; older ones cannot be read from then on, and are gone when it resolves. */
  async resizeHistory(roomName: string, size: number): Promise<'ok' | 'noRoom'> {
    const keys = this.#keys.room(roomName);
    let args: { size: number | ''; pageMax: number } = { size, pageMax: this.#options.trimPage };
    for (;;) {
      const left = await this.#commands.run(resizeHistory, keys, args);
      if (left === 'noRoom') return left;
      if (left === 0) return 'ok';
      args = { size: '', pageMax: this.#options.trimPage };
    }
  }

  /**
   * Sets how old a room's messages may become, in ms, 0 for ever, undefined as the service has it; older ones cannot be read from
   * then on, and are gone when it resolves.
   */
  async ageHistory(roomName: string, maxAgeMs: number | undefined): Promise<'ok' | 'noRoom'> {
    const { trimPage: pageMax, historyMaxAgeMs } = this.#options;
    const args = { age: maxAgeMs ?? '', pageMax, maxAgeMs: historyMaxAgeMs };
    for (let isFirst = true; ; isFirst = false) {
      const hasMore = await this.#commands.run(ageHistory, this.#keys.room(roomName), {
        ...args,
        isFirst: flag(isFirst),
      });
      if (hasMore === 'noRoom') return hasMore;
      if (!hasMore) return 'ok';
    }
  }

  setRoomFlag(roomName: string, which: RoomFlag, enabled: boolean): Promise<'ok' | 'noRoom'> {
    return this.#commands.run(setRoomFlag, this.#keys.room(roomName), { flag: which, enabled: flag(enabled) });
  }

  inspectRoom(roomName: string): Promise<RoomSizes | 'noRoom'> {
    return this.#commands.run(inspectRoom, this.#keys.room(roomName), {});
  }
}

function socketCounts(reply: Reply | undefined): { nodeId: string; sockets: number }[] {
  const flat = list(reply);
  const nodes: { nodeId: string; sockets: number }[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) nodes.push({ nodeId: text(flat[i]), sockets: number(flat[i + 1]) });
  return nodes;
}
