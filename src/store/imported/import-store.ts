/**
 * Messages that were said elsewhere, on their way into a room or a conversation in which nothing was said here yet. Every method is one
 * script on one slot. Rejects with `StateUnavailable` where Redis cannot be asked.
 */
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { flag, type OutcomeOf, type ScriptArgument } from '../../redis/script.ts';
import { newEpoch } from '../../redis/tokens.ts';
import { isAnonymous } from '../user/anonymous.ts';
import * as scripts from './import-scripts.ts';

/** A message with its author, `` in a room, where the frame alone says it: `prefix`, its time, `middle`, its id are the frame. */
export interface ImportedPost {
  readonly author: string;
  readonly timestamp: number;
  readonly prefix: Uint8Array;
}

export interface ImportBatch {
  /** How many were imported before. */
  readonly at: number;
  readonly posts: readonly ImportedPost[];
  readonly middle: Uint8Array;
  /** No more come. */
  readonly ending: boolean;
}

export interface RoomImportBatch extends ImportBatch {
  /** What sockets in the room are told up to the epoch, see `roomResetPrefix`. */
  readonly resetPrefix: Uint8Array;
  /** By name, `:` for all, the last message that mentions them. */
  readonly mentioned: ReadonlyMap<string, number>;
}

/**
 * Why a batch is refused. `elsewhere`: the import goes on behind other messages, or these are not those that are there. `over`: it has
 * ended, or something was said here. `disordered`: it begins before the last message. `future`: it ends later than now.
 */
const refusals = ['elsewhere', 'over', 'disordered', 'future'] as const;
export type ImportRefusal = (typeof refusals)[number];

/** How far an import is. */
export interface Imported {
  /** Messages that were imported, of all batches. */
  readonly imported: number;
  /** More may come. */
  readonly isOpen: boolean;
  /** How many of this batch are too old to be kept. */
  readonly tooOld: number;
  /** The oldest message that readers see. */
  readonly oldestId: number;
  readonly refused: ImportRefusal | undefined;
}

export type ImportedRoom = Omit<OutcomeOf<typeof scripts.importRoom> & object, 'refused'> & Imported;

export interface ImportStoreOptions {
  readonly rooms: { readonly historyMaxBytes: number; readonly historyMaxAgeMs: number };
  readonly direct: {
    readonly historyMaxSize: number;
    readonly historyMaxBytes: number;
    readonly historyMaxAgeMs: number;
  };
}

export class ImportStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #options: ImportStoreOptions;

  constructor(commands: Commands, keys: Keyspace, options: ImportStoreOptions) {
    this.#commands = commands;
    this.#keys = keys;
    this.#options = options;
  }

  async importRoom(roomName: string, batch: RoomImportBatch): Promise<ImportedRoom | 'noRoom'> {
    const { historyMaxBytes: bytesMax, historyMaxAgeMs: maxAgeMs } = this.#options.rooms;
    const { resetPrefix, mentioned } = batch;
    const args = { ...argsOf(batch), bytesMax, maxAgeMs, resetPrefix };
    const rest = [...postsOf(batch), ...[...mentioned].flat()];
    const done = await this.#commands.run(scripts.importRoom, this.#keys.room(roomName), args, { args: rest });
    return done === 'noRoom' ? done : { ...done, refused: refusalOf(done.refused) };
  }

  /**
   * What was imported into a room until now is read, but for users whom `reads` names with the last message they have read, and who is there is told
   * to read the room again. A script for each page of marks; what was done so far may be done again. Gives the `seq` of the log.
   */
  async settleRoom(
    roomName: string,
    { resetPrefix, reads }: { readonly resetPrefix: Uint8Array; readonly reads: ReadonlyMap<string, number> },
  ): Promise<{ readonly seq: number } | 'noRoom'> {
    const rest = { args: [...reads].flat() };
    for (let [goal, cursor] = [0, '0']; ;) {
      const args = { goal, cursor, resetPrefix };
      const page = await this.#commands.run(scripts.settleImport, this.#keys.room(roomName), args, rest);
      if (page === 'noRoom' || page.cursor === '0') return page;
      ({ goal, cursor } = page);
    }
  }

  async importDirect(userName: string, peer: string, batch: ImportBatch): Promise<Imported> {
    const { historyMaxSize: max, historyMaxBytes: bytesMax, historyMaxAgeMs: maxAgeMs } = this.#options.direct;
    const args = { ...argsOf(batch), bytesMax, maxAgeMs, epoch: newEpoch(), max };
    const rest = { args: postsOf(batch) };
    const done = await this.#commands.run(scripts.importDirect, this.#keys.pair(userName, peer), args, rest);
    return { ...done, refused: refusalOf(done.refused) };
  }

  /** The user has a conversation with another one, in which something was said at a time. */
  notePeer(userName: string, peer: string, at: number): Promise<'ok' | 'noUser'> {
    const anonymous = flag(isAnonymous(userName));
    return this.#commands.run(scripts.noteImported, this.#keys.user(userName), { peer, at, anonymous });
  }
}

const argsOf = ({
  at,
  posts,
  ending,
  middle,
}: ImportBatch): Record<'at' | 'count' | 'ending' | 'middle', ScriptArgument> => ({
  at,
  count: posts.length,
  ending: flag(ending),
  middle,
});

const postsOf = ({ posts }: ImportBatch): ScriptArgument[] =>
  posts.flatMap(({ author, timestamp, prefix }) => [author, timestamp, prefix]);

function refusalOf(word: string | undefined): ImportRefusal | undefined {
  const refusal = refusals.find((known) => known === word);
  if (word !== undefined && refusal === undefined) throw new TypeError(`an import was refused as ${word}`);
  return refusal;
}
