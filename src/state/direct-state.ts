/**
 * Messages from user to user in Redis, and who may write to whom. Every method is one script on the slot of the user
 * named first. Rejects with `StateUnavailable` where Redis cannot be asked. The sender's own other sockets are told by
 * `UserState.notifyOthers`, after the message.
 */
import type { Commands } from './commands.ts';
import { repeatKey, type Key, type Keyspace } from './keys.ts';
import { readListPage, type ListPage, type PageWish } from './list-page.ts';
import { bytes, list, number, refusal } from './reply.ts';
import { flag, type Reply } from './script.ts';
import * as scripts from './scripts/direct-scripts.ts';
import { newNonce } from './tokens.ts';

export const DIRECT_LISTS = ['whitelist', 'blacklist'] as const;
export type DirectListName = (typeof DIRECT_LISTS)[number];

export interface DirectPost {
  /** '' where the service itself writes. */
  readonly author: string;
  /** Whose rights are asked for: the author's, or `SERVICE`. */
  readonly authority: string;
  /** The notification up to its timestamp; empty for a message over the limit: then only the rights are checked. */
  readonly head: Uint8Array;
  readonly clientMessageId: string | undefined;
  readonly transient: boolean;
}

export interface Sent {
  /** The notification as it was sent; nothing of a transient one that is repeated. */
  readonly frame: Uint8Array | undefined;
  /** Nothing was sent now: the frame is the first one's. */
  readonly repeated: boolean;
}

const UNSENT = ['noUser', 'notAllowed', 'noUserOnline', 'messageTooLarge', 'tooMany'] as const;

/**
 * What one author may send one user with a `clientMessageId` within `dedupMs`, for each is kept whole that long. A
 * sixteenth of it is kept of everybody, however much is kept of others.
 */
const REPEATS_MAX = 8000;
const REPEAT_BYTES_MAX = 4 * 1024 * 1024;

export interface DirectOptions {
  readonly dedupMs: number;
  readonly listSizeLimit: number;
  /** `REPEATS_MAX` when left out. */
  readonly repeatsMax?: number;
  /** `REPEAT_BYTES_MAX` when left out. */
  readonly repeatBytesMax?: number;
}

export class DirectState {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #options: DirectOptions;

  constructor(commands: Commands, keys: Keyspace, options: DirectOptions) {
    this.#commands = commands;
    this.#keys = keys;
    this.#options = options;
  }

  /** To all sockets of a user, on all nodes. */
  async send(userName: string, post: DirectPost): Promise<Sent | (typeof UNSENT)[number]> {
    const { author, authority, head, clientMessageId, transient } = post;
    const reply = await this.#commands.run(scripts.sendDirect, this.#keys.user(userName), {
      nonce: newNonce(),
      user: authority,
      toSelf: flag(author === userName),
      frame: head,
      transient: flag(transient),
      author,
      repeatKey: repeatKey(author, clientMessageId),
      dedupMs: this.#options.dedupMs,
      repeatsMax: this.#options.repeatsMax ?? REPEATS_MAX,
      repeatBytesMax: this.#options.repeatBytesMax ?? REPEAT_BYTES_MAX,
    });
    const refused = refusal(reply, UNSENT);
    if (refused !== undefined) return refused;
    const [repeated, what] = list(reply);
    if (repeated !== 1) return { frame: timed(head, number(what)), repeated: false };
    const first = bytes(what);
    return { frame: first.length === 0 ? undefined : first, repeated: true };
  }

  /** `names`: at least one. */
  async addToList(
    userName: string,
    listName: DirectListName,
    names: readonly string[],
  ): Promise<'ok' | 'gone' | 'listLimitExceeded'> {
    const reply = await this.#editList(userName, listName, names, '1');
    return refusal(reply, ['ok', 'gone', 'listLimitExceeded']) ?? 'ok';
  }

  /** `names`: at least one. */
  async removeFromList(userName: string, listName: DirectListName, names: readonly string[]): Promise<'ok' | 'gone'> {
    const reply = await this.#editList(userName, listName, names, '0');
    return refusal(reply, ['ok', 'gone']) ?? 'ok';
  }

  #editList(userName: string, listName: DirectListName, names: readonly string[], adding: '0' | '1'): Promise<Reply> {
    const args = { adding, limit: this.#options.listSizeLimit };
    return this.#commands.run(scripts.editDirectList, this.#listKeys(userName, listName), args, names);
  }

  /** A page of a list. */
  async readList(userName: string, listName: DirectListName, { cursor, limit }: PageWish): Promise<ListPage | 'gone'> {
    const args = { cursor, limit };
    const reply = await this.#commands.run(scripts.readDirectList, this.#listKeys(userName, listName), args);
    return refusal(reply, ['gone']) ?? readListPage(reply);
  }

  async setWhitelistMode(userName: string, mode: boolean): Promise<'ok' | 'gone'> {
    const { meta } = this.#keys.user(userName);
    const reply = await this.#commands.run(scripts.setDirectMode, { meta }, { mode: flag(mode) });
    return refusal(reply, ['ok', 'gone']) ?? 'ok';
  }

  async readWhitelistMode(userName: string): Promise<boolean | 'gone'> {
    const { meta } = this.#keys.user(userName);
    const reply = await this.#commands.run(scripts.readDirectMode, { meta }, {});
    return refusal(reply, ['gone']) ?? list(reply)[0] === 1;
  }

  #listKeys(userName: string, listName: DirectListName): { meta: Key; list: Key } {
    const keys = this.#keys.user(userName);
    return { meta: keys.meta, list: keys[listName] };
  }
}

/** What the script has made of a head and its timestamp. */
function timed(head: Uint8Array, timestamp: number): Uint8Array {
  const whole = Buffer.allocUnsafe(head.length + 8);
  whole.set(head);
  whole.writeBigUInt64BE(BigInt(timestamp), head.length);
  return whole;
}
