/**
 * Messages from user to user in Redis, and who may write to whom. Every method is one script on the slot of the user
 * named first. Rejects with `StateUnavailable` where Redis cannot be asked. The sender's own other sockets are told by
 * `UserStore.notifyOthers`, after the message.
 */
import type { Commands } from '../../redis/commands.ts';
import { repeatKey, type Key, type Keyspace } from '../../redis/keys.ts';
import { bytes, list, text } from '../../redis/reply.ts';
import { flag, type OutcomeOf } from '../../redis/script.ts';
import { rightsArgs, type Rights } from '../rights.ts';
import type { ListPage, PageWish } from '../access/list-page.ts';
import type { PairMessage } from '../pair/pair-store.ts';
import { isAnonymous } from '../user/anonymous.ts';
import * as scripts from './direct-scripts.ts';

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
  /** It is sent also where nobody is there to hear it. */
  readonly evenAway?: boolean;
}

/** Who writes to a user, with whose rights. */
export interface Writing {
  readonly author: string;
  readonly rights: Rights;
}

/** Messages of a pair's log on their way to the user. */
export interface Delivery extends Writing {
  /** Of the log. */
  readonly life: string;
  /** Number of the author's message before the first of them; that of a message that was to be there, where there are none. */
  readonly after: number;
  readonly messages: readonly PairMessage[];
  /** As of which change of a message in the log they are. */
  readonly asOf: number;
  /** What was given as `stale`, where they were read again behind that. */
  readonly seen?: Uint8Array | undefined;
  /** A send ends by it. */
  readonly ending: boolean;
}

export interface Sent {
  /** The notification as it was sent; nothing of a transient one that is repeated. */
  readonly frame: Uint8Array | undefined;
  /** Nothing was sent now: the frame is the first one's. */
  readonly repeated: boolean;
}

/** A user of whom something may have come, as lib/direct/peers.lua notes it. */
export interface MissedPeer {
  readonly peer: string;
  /** Number of its message that was handed on to the user last: up to there they are in the inbox, or were. */
  readonly handedOn: number;
  /** A send has begun that has not ended: it may have left something behind that was not handed on. */
  readonly isUnderWay: boolean;
}

/**
 * What one author may send one user with a `clientMessageId` within `dedupMs`, for each is kept whole that long. A
 * sixteenth of it is kept of everybody, however much is kept of others.
 */
const REPEATS_MAX = 8000;
const REPEAT_BYTES_MAX = 4 * 1024 * 1024;

/** Messages whose author's other sockets hear of them, of the log with `peer`; `life`, `asOf` and `seen` as in a delivery. */
export interface Echo extends Pick<Delivery, 'life' | 'asOf' | 'seen'> {
  readonly peer: string;
  readonly messages: readonly Echoed[];
}

/** A message whose author's other sockets hear of it. */
export interface Echoed {
  readonly exceptSocket: string | undefined;
  readonly frame: Uint8Array;
}

/** Users that are looked for at once. */
const MISSED_PAGE = 100;

export interface DirectOptions {
  readonly dedupMs: number;
  readonly listSizeLimit: number;
  /** How long messages stay in the events of users; 0: as long as other events. */
  readonly historyMaxAgeMs: number;
  /** `REPEATS_MAX` when left out. */
  readonly repeatsMax?: number;
  /** `REPEAT_BYTES_MAX` when left out. */
  readonly repeatBytesMax?: number;
}

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
  async send(
    userName: string,
    post: DirectPost,
  ): Promise<Sent | Extract<OutcomeOf<typeof scripts.sendDirect>, string>> {
    const { author, rights, prefix, clientMessageId, transient, evenAway = false } = post;
    const sent = await this.#commands.run(scripts.sendDirect, this.#keys.user(userName), {
      ...rightsArgs(rights),
      toSelf: flag(author === userName),
      frame: prefix,
      transient: flag(transient),
      evenAway: flag(evenAway),
      author: author ?? '',
      repeatKey: repeatKey(author, clientMessageId),
      dedupMs: this.#options.dedupMs,
      repeatsMax: this.#options.repeatsMax ?? REPEATS_MAX,
      repeatBytesMax: this.#options.repeatBytesMax ?? REPEAT_BYTES_MAX,
      maxAgeMs: this.#options.historyMaxAgeMs,
    });
    if (typeof sent === 'string') return sent;
    const { timestamp, first } = sent;
    if (first === undefined) return { frame: timed(prefix, timestamp), repeated: false };
    return { frame: first.length === 0 ? undefined : first, repeated: true };
  }

  /**
   * Whether a message may be written to a user. Where one is about to be stored, it is noted that something may come
   * (`noting`): that note is the beginning of a send, whose end is a delivery.
   */
  admit(
    userName: string,
    { author, rights }: Writing,
    noting: boolean,
  ): Promise<OutcomeOf<typeof scripts.admitDirect>> {
    return this.#commands.run(scripts.admitDirect, this.#keys.user(userName), {
      ...rightsArgs(rights),
      toSelf: flag(author === userName),
      author,
      noting: flag(noting),
      anonymous: flag(isAnonymous(userName)),
    });
  }

  /**
   * Hands messages of a pair's log to the user's sockets, each once. Where one before them was not, nothing is done, nor where one of
   * them may have changed since it was read (`stale`).
   */
  deliver(userName: string, delivery: Delivery): Promise<OutcomeOf<typeof scripts.deliverDirect>> {
    const { author, rights, life, after, messages, asOf, seen, ending } = delivery;
    const args = { ...rightsArgs(rights), author, life, after, asOf, seen: seen ?? '', ending: flag(ending) };
    const rest = messages.flatMap(({ number, id, timestamp, frame }) => [number, id, timestamp, frame]);
    const rules = { anonymous: flag(isAnonymous(userName)), maxAgeMs: this.#options.historyMaxAgeMs };
    return this.#commands.run(scripts.deliverDirect, this.#keys.user(userName), { ...args, ...rules }, { args: rest });
  }

  /**
   * Notes of who has written to `peer` that it has, and tells its other sockets of each message that there is a frame for. Gives what is
   * to be seen where one of them may have changed since it was read: then none was told.
   */
  async echo(
    userName: string,
    { peer, messages, life, asOf, seen }: Echo,
  ): Promise<{ stale?: Uint8Array | undefined }> {
    const rules = { anonymous: flag(isAnonymous(userName)), maxAgeMs: this.#options.historyMaxAgeMs };
    const rest = messages.flatMap(({ exceptSocket = '', frame }) => [exceptSocket, frame]);
    const args = { peer, life, asOf, seen: seen ?? '', ...rules };
    const told = await this.#commands.run(scripts.echoDirect, this.#keys.user(userName), args, { args: rest });
    return told === 'gone' ? {} : told;
  }

  /**
   * What `peer` wrote up to a number has come to a user, and what it wrote up to `readNumber` was read, `newest` being the last that
   * the log had: the user's other sockets are told, if there is a frame for them.
   */
  async settle(
    userName: string,
    told: {
      peer: string;
      number: number;
      newest: number;
      readNumber?: number;
      exceptSocket: string | undefined;
      frame: Uint8Array | undefined;
    },
  ): Promise<void> {
    const { peer, number, newest, readNumber = 0, exceptSocket: except = '', frame = '' } = told;
    const args = { peer, number, newest, readNumber, except, frame };
    await this.#commands.run(scripts.settleDirect, this.#keys.user(userName), args);
  }

  /** The users of whom something may have come that no socket of this one has had; one may be given twice. */
  async *missedPeers(userName: string): AsyncGenerator<MissedPeer> {
    const { missed } = this.#keys.user(userName);
    let cursor = '0';
    do {
      const [next, found] = list(await this.#commands.plain('hscan', missed, cursor, 'COUNT', MISSED_PAGE));
      const flat = list(found);
      for (let i = 0; i + 1 < flat.length; i += 2) {
        const noted = bytes(flat[i + 1]);
        yield { peer: text(flat[i]), handedOn: noted.readDoubleBE(0), isUnderWay: noted.readDoubleBE(8) > 0 };
      }
      cursor = text(next);
    } while (cursor !== '0');
  }

  async isKnown(userName: string): Promise<boolean> {
    return (await this.#commands.plain('exists', this.#keys.user(userName).meta)) === 1;
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
  ): Promise<OutcomeOf<typeof scripts.editDirectList>> {
    const args = { anonymous: flag(isAnonymous(userName)), adding: flag(adding), limit: this.#options.listSizeLimit };
    return this.#commands.run(scripts.editDirectList, this.#listKeys(userName, listName), args, { args: names });
  }

  /** A page of a list. */
  readList(userName: string, listName: DirectListName, { cursor, limit }: PageWish): Promise<ListPage | 'gone'> {
    return this.#commands.run(scripts.readDirectList, this.#listKeys(userName, listName), { cursor, limit });
  }

  setWhitelistMode(userName: string, mode: boolean): Promise<'ok' | 'gone'> {
    const { meta, history } = this.#keys.user(userName);
    return this.#commands.run(
      scripts.setDirectMode,
      { meta, history },
      { anonymous: flag(isAnonymous(userName)), mode: flag(mode) },
    );
  }

  readWhitelistMode(userName: string): Promise<boolean | 'gone'> {
    const { meta } = this.#keys.user(userName);
    return this.#commands.run(scripts.readDirectMode, { meta }, {});
  }

  #listKeys(userName: string, listName: DirectListName): { meta: Key; history: Key; list: Key } {
    const { meta, history, [listName]: list } = this.#keys.user(userName);
    return { meta, history, list };
  }
}

/** What the script has made of a prefix and its timestamp. */
function timed(prefix: Uint8Array, timestamp: number): Uint8Array {
  const whole = Buffer.allocUnsafe(prefix.length + 8);
  whole.set(prefix);
  whole.writeBigUInt64BE(BigInt(timestamp), prefix.length);
  return whole;
}
