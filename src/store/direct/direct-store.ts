/**
 * Messages from user to user in Redis, and who may write to whom. Every method is one script on the slot of the user
 * named first. Rejects with `StateUnavailable` where Redis cannot be asked. The sender's own other sockets are told by
 * `UserStore.notifyOthers`, after the message.
 */
import type { Commands } from '../../redis/commands.ts';
import { repeatKey, type Key, type Keyspace } from '../../redis/keys.ts';
import { bytes, done, number, optional, yes } from '../../redis/reply.ts';
import { flag, scriptsBeside, type OutcomeOf } from '../../redis/script.ts';
import { RIGHTS, rightsArgs, type Rights } from '../rights.ts';
import { listPage, type ListPage, type PageWish } from '../access/list-page.ts';

export const DIRECT_LISTS = ['whitelist', 'blacklist'] as const;
export type DirectListName = (typeof DIRECT_LISTS)[number];

export interface DirectPost {
  /** Undefined where the service writes in nobody's name. */
  readonly author: string | undefined;
  readonly rights: Rights;
  /** The notification up to its timestamp; empty for a message over the limit: then only the rights are checked. */
  readonly prefix: Uint8Array;
  readonly clientMessageId: string | undefined;
  readonly transient: boolean;
}

export interface Sent {
  /** The notification as it was sent; nothing of a transient one that is repeated. */
  readonly frame: Uint8Array | undefined;
  /** Nothing was sent now: the frame is the first one's. */
  readonly repeated: boolean;
}

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

const script = scriptsBeside(import.meta.url);

const sendDirect = script('send-direct', {
  keys: ['meta', 'channel', 'events', 'sockets', ...DIRECT_LISTS, 'dedup'],
  args: [...RIGHTS, 'toSelf', 'frame', 'transient', 'author', 'repeatKey', 'dedupMs', 'repeatsMax', 'repeatBytesMax'],
  writes: true,
  refuses: ['noUser', 'notAllowed', 'noUserOnline', 'messageTooLarge', 'tooMany'],
  // Of a repeat `first` is what was sent, its timestamp in it; empty where that was transient.
  gives: { timestamp: number, first: optional(bytes) },
});

const editDirectList = script('edit-direct-list', {
  keys: ['meta', 'list'],
  args: ['adding', 'limit'],
  rest: true,
  refuses: ['gone', 'listLimitExceeded'],
  gives: done,
});

const readDirectList = script('read-direct-list', {
  keys: ['meta', 'list'],
  args: ['cursor', 'limit'],
  refuses: ['gone'],
  gives: listPage,
});

const setDirectMode = script('set-direct-mode', {
  keys: ['meta'],
  args: ['mode'],
  refuses: ['gone'],
  gives: done,
});

const readDirectMode = script('read-direct-mode', { keys: ['meta'], refuses: ['gone'], gives: yes });

export const userHasInList = script('user-has-in-list', {
  keys: ['meta', ...DIRECT_LISTS],
  args: ['listName', 'item'],
  refuses: ['noUser', 'noList'],
  gives: yes,
});

export const readDirectAccess = script('read-direct-access', {
  keys: ['meta', ...DIRECT_LISTS],
  args: ['user'],
  refuses: ['noUser'],
  gives: yes,
});

export class DirectStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #options: DirectOptions;

  constructor(commands: Commands, keys: Keyspace, options: DirectOptions) {
    this.#commands = commands;
    this.#keys = keys;
    this.#options = options;
  }

  /** To all sockets of a user, on all nodes. */
  async send(userName: string, post: DirectPost): Promise<Sent | Extract<OutcomeOf<typeof sendDirect>, string>> {
    const { author, rights, prefix, clientMessageId, transient } = post;
    const sent = await this.#commands.run(sendDirect, this.#keys.user(userName), {
      ...rightsArgs(rights),
      toSelf: flag(author === userName),
      frame: prefix,
      transient: flag(transient),
      author: author ?? '',
      repeatKey: repeatKey(author, clientMessageId),
      dedupMs: this.#options.dedupMs,
      repeatsMax: this.#options.repeatsMax ?? REPEATS_MAX,
      repeatBytesMax: this.#options.repeatBytesMax ?? REPEAT_BYTES_MAX,
    });
    if (typeof sent === 'string') return sent;
    const { timestamp, first } = sent;
    if (first === undefined) return { frame: timed(prefix, timestamp), repeated: false };
    return { frame: first.length === 0 ? undefined : first, repeated: true };
  }

  /** `names`: at least one. */
  addToList(
    userName: string,
    listName: DirectListName,
    names: readonly string[],
  ): Promise<'ok' | 'gone' | 'listLimitExceeded'> {
    return this.#editList(userName, listName, names, true);
  }

  /** `names`: at least one. */
  async removeFromList(userName: string, listName: DirectListName, names: readonly string[]): Promise<'ok' | 'gone'> {
    const edited = await this.#editList(userName, listName, names, false);
    if (edited === 'listLimitExceeded') throw new TypeError('a removal was refused for want of room');
    return edited;
  }

  #editList(
    userName: string,
    listName: DirectListName,
    names: readonly string[],
    adding: boolean,
  ): Promise<OutcomeOf<typeof editDirectList>> {
    const args = { adding: flag(adding), limit: this.#options.listSizeLimit };
    return this.#commands.run(editDirectList, this.#listKeys(userName, listName), args, { args: names });
  }

  /** A page of a list. */
  readList(userName: string, listName: DirectListName, { cursor, limit }: PageWish): Promise<ListPage | 'gone'> {
    return this.#commands.run(readDirectList, this.#listKeys(userName, listName), { cursor, limit });
  }

  setWhitelistMode(userName: string, mode: boolean): Promise<'ok' | 'gone'> {
    const { meta } = this.#keys.user(userName);
    return this.#commands.run(setDirectMode, { meta }, { mode: flag(mode) });
  }

  readWhitelistMode(userName: string): Promise<boolean | 'gone'> {
    const { meta } = this.#keys.user(userName);
    return this.#commands.run(readDirectMode, { meta }, {});
  }

  #listKeys(userName: string, listName: DirectListName): { meta: Key; list: Key } {
    const keys = this.#keys.user(userName);
    return { meta: keys.meta, list: keys[listName] };
  }
}

/** What the script has made of a prefix and its timestamp. */
function timed(prefix: Uint8Array, timestamp: number): Uint8Array {
  const whole = Buffer.allocUnsafe(prefix.length + 8);
  whole.set(prefix);
  whole.writeBigUInt64BE(BigInt(timestamp), prefix.length);
  return whole;
}
