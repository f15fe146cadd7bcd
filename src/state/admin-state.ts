/**
 * What only the service itself asks of users and rooms: making and deleting users, switches of rooms, looking into both.
 * Every method is one script on the slot of the user or room, or, where there may be much, several. Rejects with `StateUnavailable` where Redis cannot be asked.
 */
import type { Commands } from './commands.ts';
import type { Key, Keyspace } from './keys.ts';
import { list, number, refusal, text } from './reply.ts';
import { flag, type Reply } from './script.ts';
import * as scripts from './scripts/admin-scripts.ts';
import { readSocketPages, type UserSocket } from './socket-list.ts';
import { newEpoch, newNonce } from './tokens.ts';

export interface UserOptions {
  /** Direct messages from its whitelist only. */
  readonly whitelistOnly: boolean;
  readonly lists: { readonly whitelist: readonly string[]; readonly blacklist: readonly string[] };
}

export interface UserInfo {
  readonly whitelistOnly: boolean;
  readonly whitelistSize: number;
  readonly blacklistSize: number;
  readonly sockets: readonly UserSocket[];
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

export class AdminState {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #trimPage: number;

  constructor(commands: Commands, keys: Keyspace, trimPage: number = TRIM_PAGE) {
    this.#commands = commands;
    this.#keys = keys;
    this.#trimPage = trimPage;
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

  async createUser(userName: string, { whitelistOnly, lists }: UserOptions): Promise<'ok' | 'userExists'> {
    const args = { nonce: newNonce(), epoch: newEpoch(), whitelistOnly: flag(whitelistOnly) };
    const rest = Object.entries(lists).flatMap(([listName, names]) => names.flatMap((name) => [listName, name]));
    const reply = await this.#commands.run(scripts.createUser, this.#keys.user(userName), args, rest);
    return refusal(reply, ['userExists', 'ok']) ?? 'ok';
  }

  async deleteUser(userName: string): Promise<'ok' | 'noUser' | 'userOnline'> {
    const args = { nonce: newNonce() };
    const reply = await this.#commands.run(scripts.deleteUser, this.#keys.user(userName), args);
    return refusal(reply, ['noUser', 'userOnline', 'ok']) ?? 'ok';
  }

  async userHasInList(userName: string, listName: string, item: string): Promise<boolean | 'noUser' | 'noList'> {
    const reply = await this.#commands.run(scripts.userHasInList, this.#keys.user(userName), { listName, item });
    return refusal(reply, ['noUser', 'noList']) ?? isYes(reply);
  }

  /** Whether the lists and the mode of a user let another one write to it. */
  async hasDirectAccess(userName: string, sender: string): Promise<boolean | 'noUser'> {
    const reply = await this.#commands.run(scripts.readDirectAccess, this.#keys.user(userName), { user: sender });
    return refusal(reply, ['noUser']) ?? isYes(reply);
  }

  /** Has all sockets of a user closed, on whatever nodes. Gives their number. */
  async disconnectUser(userName: string, reason: string): Promise<number | 'noUser'> {
    const args = { nonce: newNonce(), reason };
    const reply = await this.#commands.run(scripts.disconnectUser, this.#keys.user(userName), args);
    return refusal(reply, ['noUser']) ?? number(list(reply)[0]);
  }

  async readUser(userName: string): Promise<UserInfo | 'noUser'> {
    const reply = await this.#commands.run(scripts.readUser, this.#keys.user(userName), {});
    const refused = refusal(reply, ['noUser']);
    if (refused !== undefined) return refused;
    const [mode, whitelistSize, blacklistSize] = list(reply);
    const sockets: UserSocket[] = [];
    for await (const page of readSocketPages(this.#commands, this.#keys.user(userName))) sockets.push(...page);
    return {
      whitelistOnly: mode === 1,
      whitelistSize: number(whitelistSize),
      blacklistSize: number(blacklistSize),
      sockets,
    };
  }

  async roomHasInList(roomName: string, listName: string, item: string): Promise<boolean | 'noRoom' | 'noList'> {
    const reply = await this.#commands.run(scripts.roomHasInList, this.#keys.room(roomName), { listName, item });
    return refusal(reply, ['noRoom', 'noList']) ?? isYes(reply);
  }

  /** Sets how many messages a room keeps; older ones cannot be read from then on, and are gone when it resolves. */
  async resizeHistory(roomName: string, size: number): Promise<'ok' | 'noRoom'> {
    const keys = this.#keys.room(roomName);
    let args: { size: number | ''; pageMax: number } = { size, pageMax: this.#trimPage };
    for (;;) {
      const reply = await this.#commands.run(scripts.resizeHistory, keys, args);
      const refused = refusal(reply, ['noRoom']);
      if (refused !== undefined) return refused;
      if (number(list(reply)[0]) === 0) return 'ok';
      args = { size: '', pageMax: this.#trimPage };
    }
  }

  async setRoomFlag(roomName: string, which: RoomFlag, enabled: boolean): Promise<'ok' | 'noRoom'> {
    const args = { flag: which, enabled: flag(enabled) };
    const reply = await this.#commands.run(scripts.setRoomFlag, this.#keys.room(roomName), args);
    return refusal(reply, ['noRoom', 'ok']) ?? 'ok';
  }

  async inspectRoom(roomName: string): Promise<RoomSizes | 'noRoom'> {
    const reply = await this.#commands.run(scripts.inspectRoom, this.#keys.room(roomName), {});
    const refused = refusal(reply, ['noRoom']);
    if (refused !== undefined) return refused;
    const [adminlistSize, whitelistSize, blacklistSize, flat] = list(reply);
    const found = list(flat);
    const nodes = [];
    for (let i = 0; i + 1 < found.length; i += 2) {
      nodes.push({ nodeId: text(found[i]), sockets: number(found[i + 1]) });
    }
    return {
      adminlistSize: number(adminlistSize),
      whitelistSize: number(whitelistSize),
      blacklistSize: number(blacklistSize),
      nodes,
    };
  }
}

const isYes = (reply: Reply): boolean => list(reply)[0] === 1;
