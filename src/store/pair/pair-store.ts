/**
 * The conversations of two users in Redis: one log for each pair, with the messages of both in one order, and how far each
 * side's have come and were read. Every method is one script on the pair's slot. What was said is told by `DirectStore.deliver`,
 * behind it. Rejects with `StateUnavailable` where Redis cannot be asked.
 */
import type { TopicEvent } from '../../log/event.ts';
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { readEvent } from '../../log/event.ts';
import { flag, type OutcomeOf } from '../../redis/script.ts';
import { newEpoch } from '../../redis/tokens.ts';
import { isAnonymous } from '../user/anonymous.ts';
import { searchArgs, type SearchRange } from '../history/search.ts';
import * as scripts from './pair-scripts.ts';

/** A message on its way into the log: `prefix`, its time, `middle`, its id are the frame that the receiver gets. */
export interface PairPost {
  /** Empty for a message over the limit: then only repeats are answered. */
  readonly prefix: Uint8Array;
  readonly middle: Uint8Array;
  readonly clientMessageId: string | undefined;
  /** It is noted for repeats, and not appended. */
  readonly transient: boolean;
  /** It mentions the other one. */
  readonly mentioning?: boolean;
  /** The id of the message that it replies to. */
  readonly replyTo?: number | undefined;
}

/** A message of the log. */
export interface PairMessage {
  readonly id: number;
  /** Its number among its author's, without gaps. */
  readonly number: number;
  readonly timestamp: number;
  readonly frame: Uint8Array;
}

export interface Appended extends PairMessage {
  /** Of the log that it is in. */
  readonly life: string;
  /** Nothing was appended: it is the first one. */
  readonly repeated: boolean;
  /** It is as it was when this was the number of the pair's last change of a message. */
  readonly asOf: number;
  /** There are changes that the two are to be told of. */
  readonly isDue: boolean;
}

/** `passing`: a transient one, which is noted, and in no log. */
export type AppendOutcome =
  Appended | { readonly passing: true; readonly repeated: boolean } | 'messageTooLarge' | 'tooMany' | 'noMessage';

/** Which page of the log; see read-pair.lua. */
export interface PairPage {
  readonly fromId: number | undefined;
  readonly fromTime: number | undefined;
  readonly forward: boolean;
  readonly limit: number;
}

export interface Unsent {
  readonly life: string;
  /** Number of the author's newest message; `ALL` where there is no log, for then nothing is missed. */
  readonly newest: number;
  /** As of which change of a message in the log the messages are; 0 where there was none. */
  readonly asOf: number;
  readonly messages: readonly PairMessage[];
}

/** Author's name as the subject of each event. */
export type PairRead = Exclude<OutcomeOf<typeof scripts.readPair>, string>;

export interface PairOptions {
  readonly dedupMs: number;
  /** Messages that a pair keeps. */
  readonly historyMaxSize: number;
  readonly historyMaxBytes: number;
  /** How old messages may become; 0: for ever. */
  readonly historyMaxAgeMs: number;
  /** Bytes of messages in a page: one is given whatever its size. */
  readonly replyBytes: number;
  /** `REPEATS_MAX` when left out. */
  readonly repeatsMax?: number;
}

/** What one author may send one user with a `clientMessageId` within `dedupMs`. */
const REPEATS_MAX = 20_000;
/** A pair one side of which is anonymous, whose name nobody comes back to, goes so long after its last message. */
const ANONYMOUS_MS = 30 * 24 * 60 * 60 * 1000;

const NOTHING = new Uint8Array(0);
/** Above every number of a message. */
const ALL = Number.MAX_SAFE_INTEGER;

export class PairStore {
  readonly #commands: Commands;
  readonly #keys: Pick<Keyspace, 'pair'>;
  readonly #options: PairOptions;

  constructor(commands: Commands, keys: Pick<Keyspace, 'pair'>, options: PairOptions) {
    this.#commands = commands;
    this.#keys = keys;
    this.#options = options;
  }

  /**
   * Appends what `author` writes to another user, in order, each by itself: an error is that of one message. Of a repeat the
   * first one is given.
   */
  async append(userName: string, author: string, posts: readonly PairPost[]): Promise<(AppendOutcome | Error)[]> {
    const { dedupMs, repeatsMax = REPEATS_MAX, historyMaxSize, historyMaxBytes, historyMaxAgeMs } = this.#options;
    const args = {
      epoch: newEpoch(),
      author,
      dedupMs,
      repeatsMax,
      max: historyMaxSize,
      bytesMax: historyMaxBytes,
      maxAgeMs: historyMaxAgeMs,
      keptMs: isAnonymous(author) || isAnonymous(userName) ? ANONYMOUS_MS : '',
    };
    const rest = posts.flatMap(
      ({ transient, clientMessageId = '', prefix, middle, mentioning = false, replyTo = '' }) => [
        flag(transient),
        clientMessageId,
        prefix,
        middle,
        flag(mentioning),
        replyTo,
      ],
    );
    const keys = this.#keys.pair(author, userName);
    const appended = await this.#commands.runEach(scripts.appendDirect, keys, args, { args: rest });
    if (appended.length !== posts.length) throw new Error(`${appended.length} replies for ${posts.length} messages`);
    return posts.map((post, i) => outcomeOf(post, appended[i] ?? new Error('no reply')));
  }

  /** A page of what a user and another one have said. */
  read(userName: string, peer: string, page: PairPage): Promise<PairRead | 'noPair'> {
    const { fromId = '', fromTime = '', forward, limit } = page;
    return this.#commands.run(scripts.readPair, this.#keys.pair(userName, peer), {
      user: userName,
      peer,
      fromId,
      fromTime,
      forward: flag(forward),
      limit,
      bytesMax: this.#options.replyBytes,
      maxAgeMs: this.#options.historyMaxAgeMs,
    });
  }

  /** What a search of what a user and another one have said looks at next. `otherLog`: it was begun in another one. */
  search(userName: string, peer: string, range: SearchRange): Promise<OutcomeOf<typeof scripts.searchPair>> {
    const { replyBytes: bytesMax, historyMaxAgeMs: maxAgeMs } = this.#options;
    const args = { user: userName, peer, ...searchArgs(range), bytesMax, maxAgeMs };
    return this.#commands.run(scripts.searchPair, this.#keys.pair(userName, peer), args);
  }

  /** What no socket of a user has had of another one's messages, behind an id: the oldest, `limit` at most. */
  async readUnsent(
    userName: string,
    author: string,
    { after, limit, bytesMax }: { after: number; limit: number; bytesMax: number },
  ): Promise<Unsent> {
    const args = { user: userName, author, after, limit, bytesMax, maxAgeMs: this.#options.historyMaxAgeMs };
    const read = await this.#commands.run(scripts.readUnsent, this.#keys.pair(userName, author), args);
    return read === 'noPair'
      ? { life: '', newest: ALL, asOf: 0, messages: [] }
      : { ...read, messages: read.messages.map(messageOf) };
  }

  /** Messages as they are now; one that is not kept any more has an empty frame. */
  async readKept<T extends PairMessage>(userName: string, peer: string, messages: readonly T[]): Promise<T[]> {
    const args = messages.map(({ id }) => id);
    const kept = await this.#commands.run(scripts.readKept, this.#keys.pair(userName, peer), {}, { args });
    return messages.map((message, i) => {
      const event = kept === 'noPair' ? undefined : kept[i];
      return { ...message, frame: (event && readEvent(event)?.frame) ?? NOTHING };
    });
  }

  /** What `author` wrote was read, up to an id. `upToId` is 0 where that is nothing new. */
  markRead(userName: string, author: string, upTo: number): Promise<OutcomeOf<typeof scripts.markRead>> {
    return this.#commands.run(scripts.markRead, this.#keys.pair(userName, author), { author, upTo });
  }

  /** A socket of a user has had what `author` wrote, from one id to another. `upToId` is 0 where that is nothing new. */
  async markSent(
    userName: string,
    author: string,
    { first, last }: { first: number; last: number },
  ): Promise<Exclude<OutcomeOf<typeof scripts.markSent>, string>> {
    const args = { user: userName, author, first, last, maxAgeMs: this.#options.historyMaxAgeMs };
    const marked = await this.#commands.run(scripts.markSent, this.#keys.pair(userName, author), args);
    return marked === 'noPair' ? { upToId: 0, sentId: 0, sentNumber: 0, newest: 0 } : marked;
  }
}

export const messageOf = ({ id, seq, timestamp, frame }: TopicEvent): PairMessage => ({
  id,
  number: seq,
  timestamp,
  frame,
});

function outcomeOf(post: PairPost, appended: OutcomeOf<typeof scripts.appendDirect> | Error): AppendOutcome | Error {
  if (typeof appended === 'string' || appended instanceof Error) return appended;
  const { first, ...rest } = appended;
  if (rest.id === 0) return { passing: true, repeated: rest.repeated };
  const kept = first === undefined ? undefined : readEvent(first)?.frame;
  // Where the first one is not kept any more, its id and time are: what is said again is taken for what it said.
  if (kept === undefined && post.prefix.length === 0) return 'messageTooLarge';
  return { ...rest, frame: kept ?? whole(post, rest) };
}

/** What the script has made of a prefix and its numbers. */
function whole({ prefix, middle }: PairPost, { timestamp, id }: { timestamp: number; id: number }): Uint8Array {
  const frame = Buffer.allocUnsafe(prefix.length + 8 + middle.length + 8);
  frame.set(prefix);
  frame.writeBigUInt64BE(BigInt(timestamp), prefix.length);
  frame.set(middle, prefix.length + 8);
  frame.writeBigUInt64BE(BigInt(id), prefix.length + 8 + middle.length);
  return frame;
}
