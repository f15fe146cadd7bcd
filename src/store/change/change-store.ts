/**
 * Changes of messages in rooms, in Redis: of a room this node has one script under way, and what comes meanwhile goes in the next. Each
 * change is judged by itself, in the order in which it was asked for. Rejects with `StateUnavailable` where Redis cannot be asked.
 */
import { roomChangeOpening } from '../../protocol/change.ts';
import { encodeValue } from '../../protocol/wire/msgpack.ts';
import type { Commands } from '../../redis/commands.ts';
import { GroupCommit } from '../../redis/group-commit.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { bytesOf, flag, type OutcomeOf, type ScriptArgument } from '../../redis/script.ts';
import type { Unreadable } from '../key-names.ts';
import type { Wish } from '../quota/grant.ts';
import { rightsArgs, SERVICE, type Rights } from '../rights.ts';
import { changeMessages, readReactions, type Refused } from './change-scripts.ts';

/** Who changes which message: with whose rights, and as whom it is told; undefined for the service. */
export interface Changing {
  readonly rights: Rights;
  readonly by: string | undefined;
  readonly id: number;
}

/** A message that was changed. */
export interface Changed {
  /** Where the room's log is behind it. */
  readonly seq: number;
  readonly version: number;
  readonly timestamp: number;
  /** Bytes of the text that was appended to. */
  readonly length: number;
  /** Of the reactions to it: how many there are of each key. */
  readonly counts: readonly (readonly [key: string, count: string])[];
  /** The room is about to need more of its owner's quota. */
  readonly wish?: Wish | undefined;
  /** Something was taken out of the history, which is to be written anew. */
  readonly isDirty?: boolean | undefined;
  /** When something of the room is to be told next, in ms from now; negative where nothing is. */
  readonly dueMs?: number | undefined;
  /** Of those whom an update mentions, who have not read the message, and whom neither it nor a later one mentioned. */
  readonly mentioned?: readonly string[] | undefined;
}

export type ChangeRefusal = Exclude<OutcomeOf<typeof changeMessages>, object>;
export type ChangeOutcome = Changed | Refused | ChangeRefusal;

/** Who reacted, how. */
export interface ReactionsRead {
  readonly reactions: readonly { readonly key: string; readonly userName: string }[];
  readonly hasMore: boolean;
}

export interface ChangeStoreOptions {
  /** Occupants above which a room is large. */
  readonly largeSize: number;
  readonly adminsEdit: boolean;
  /** 0: no limit. */
  readonly editWindowMs: number;
  readonly historyMaxBytes: number;
  readonly historyMaxAgeMs: number;
  /** Bytes of a message. */
  readonly messageBytes: number;
  readonly changesPerCall: number;
  /** How long a change may wait for those before it. */
  readonly timeoutMs: number;
}

/** What the script wants of each. */
type Item = readonly ScriptArgument[];
type Outcome = OutcomeOf<typeof changeMessages>;

const TELL: Item = ['tell', rightsArgs(SERVICE).user, '1', '', '', '', '', ''];

export class ChangeStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #options: ChangeStoreOptions;
  readonly #changing: GroupCommit<Item, Outcome>;

  constructor(commands: Commands, keys: Keyspace, options: ChangeStoreOptions) {
    this.#commands = commands;
    this.#keys = keys;
    this.#options = options;
    this.#changing = new GroupCommit({
      budget: commands.budget,
      itemsMax: options.changesPerCall,
      timeoutMs: options.timeoutMs,
      bytesOf,
      run: ([share]) =>
        // Each lane has a call of its own.
        share === undefined ? Promise.resolve([]) : this.#run(share.lane, share.items),
    });
  }

  /** `content` is a map in MessagePack; undefined where it is too large: then only the rights are checked. */
  update(
    roomName: string,
    changing: Changing,
    content: Uint8Array | undefined,
    {
      ifVersion,
      mentions = [],
    }: { readonly ifVersion?: number | undefined; readonly mentions?: readonly string[] | undefined } = {},
  ): Promise<ChangeOutcome> {
    // No name holds a line break.
    return this.#add(roomName, 'update', changing, [content ?? '', ifVersion ?? '', mentions.join('\n')]);
  }

  recall(roomName: string, changing: Changing, reason: string | undefined): Promise<ChangeOutcome> {
    return this.#add(roomName, 'recall', changing, [reason === undefined ? '' : encodeValue(reason), '', '']);
  }

  /** `key` has 255 bytes at most. */
  react(roomName: string, changing: Changing, key: string, isRemoved: boolean): Promise<ChangeOutcome> {
    return this.#add(roomName, 'react', changing, [key, flag(isRemoved), '']);
  }

  append(
    roomName: string,
    changing: Changing,
    text: string,
    { offset, done = false }: { readonly offset?: number | undefined; readonly done?: boolean | undefined },
  ): Promise<ChangeOutcome> {
    return this.#add(roomName, 'append', changing, [text, offset ?? '', flag(done)]);
  }

  /** Tells what is due. */
  async tell(roomName: string): Promise<Pick<Changed, 'seq' | 'isDirty' | 'dueMs'> | 'noRoom'> {
    const told = await this.#changing.add(roomName, TELL);
    return typeof told === 'string' ? 'noRoom' : told;
  }

  /** A page of who reacted to a message, behind a reaction; only those of one key, where it is named. */
  async readReactions(
    roomName: string,
    rights: Rights,
    id: number,
    { key = '', after, limit }: { key?: string | undefined; after: Uint8Array | undefined; limit: number },
  ): Promise<ReactionsRead | Unreadable | 'noMessage'> {
    const { historyMaxAgeMs: maxAgeMs } = this.#options;
    const args = { ...rightsArgs(rights), id, key, after: after ?? '', limit, maxAgeMs };
    const read = await this.#commands.run(readReactions, this.#keys.room(roomName), args);
    if (typeof read === 'string') return read;
    const { reactions: flat, hasMore } = read;
    const reactions = flat.flatMap((of, at) => (at % 2 === 0 ? [{ key: of, userName: flat[at + 1] ?? '' }] : []));
    return { reactions, hasMore };
  }

  async #add(
    roomName: string,
    kind: string,
    { rights, by = '', id }: Changing,
    rest: readonly [ScriptArgument, ScriptArgument, ScriptArgument],
  ): Promise<ChangeOutcome> {
    const { user, trusted } = rightsArgs(rights);
    const changed = await this.#changing.add(roomName, [kind, user, trusted, by, id, ...rest]);
    if (typeof changed === 'string') return changed;
    const { refused, ...done } = changed;
    return refused ?? done;
  }

  #run(roomName: string, items: readonly Item[]): Promise<(Outcome | Error)[]> {
    const { largeSize, adminsEdit, editWindowMs, messageBytes, historyMaxBytes, historyMaxAgeMs } = this.#options;
    const args = {
      opening: roomChangeOpening(roomName),
      large: largeSize,
      adminsEdit: flag(adminsEdit),
      editWindowMs,
      messageBytes,
      bytesMax: historyMaxBytes,
      maxAgeMs: historyMaxAgeMs,
    };
    return this.#commands.runEach(changeMessages, this.#keys.room(roomName), args, { args: items.flat() });
  }
}

/** What follows the id of a message in what is kept of a reaction: the place of a page. */
export function reactionPlace({ key, userName }: { readonly key: string; readonly userName: string }): Buffer {
  const [of, name] = [Buffer.from(key, 'utf8'), Buffer.from(userName, 'utf8')];
  return Buffer.concat([Buffer.of(of.length), of, name]);
}
