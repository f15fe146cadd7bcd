/**
 * Changes of messages of two users in Redis: judged and made in their log, in one order, and noted there until both are told. Every
 * method is one script on the pair's slot. Telling is `ChangesTold`'s, behind it. Rejects with `StateUnavailable` where Redis cannot be asked.
 */
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace, PairKeys } from '../../redis/keys.ts';
import { flag, type OutcomeOf, type ScriptArgument } from '../../redis/script.ts';
import type { Rights } from '../rights.ts';
import * as scripts from './pair-scripts.ts';

/** What is to become of a message: `id` says of which. */
export type PairChange = PairUpdate | PairRecall | PairReaction | PairAppend;

export interface PairUpdate {
  readonly what: 'update';
  readonly id: number;
  /** A map in MessagePack; empty for one that is too large. */
  readonly content: Uint8Array;
  /** The version that the message has to be of. */
  readonly ifVersion: number | undefined;
  /** It mentions the other one. */
  readonly mentioning: boolean;
}

export interface PairRecall {
  readonly what: 'recall';
  readonly id: number;
  readonly reason: string | undefined;
}

export interface PairReaction {
  readonly what: 'react';
  readonly id: number;
  readonly key: string;
  readonly remove: boolean;
}

export interface PairAppend {
  readonly what: 'append';
  readonly id: number;
  readonly text: string;
  /** Bytes behind which the text belongs; its end where that is left out. */
  readonly offset: number | undefined;
  readonly done: boolean;
}

/** What a change came to. `conflict`: the message has another version, or another length, and nothing was done. */
export type PairChanged = OutcomeOf<typeof scripts.changeDirect>;

/** Changes that the two are to be told of, the oldest first. */
export type DuePage = Exclude<OutcomeOf<typeof scripts.settleChanges>, string>;

export interface PairChangesOptions {
  readonly historyMaxSize: number;
  readonly historyMaxBytes: number;
  readonly historyMaxAgeMs: number;
  /** How old a message may be for its author to give it another content; 0: as old as it likes. */
  readonly editWindowMs: number;
  /** Of a message, in MessagePack. */
  readonly messageBytes: number;
}

/** Of what is told at once. */
const DUE_PAGE = { limit: 100, bytesMax: 1 << 18 };

export class PairChanges {
  readonly #commands: Commands;
  readonly #keys: Pick<Keyspace, 'pair'>;
  readonly #options: PairChangesOptions;

  constructor(commands: Commands, keys: Pick<Keyspace, 'pair'>, options: PairChangesOptions) {
    this.#commands = commands;
    this.#keys = keys;
    this.#options = options;
  }

  /** Changes messages of the log of two users in the name of the first, in order, each by itself: an error is that of one. */
  async change(
    { author, peer, rights }: { readonly author: string; readonly peer: string; readonly rights: Rights },
    changes: readonly PairChange[],
  ): Promise<(PairChanged | Error)[]> {
    const { historyMaxSize: max, historyMaxBytes: bytesMax, historyMaxAgeMs: maxAgeMs } = this.#options;
    const { editWindowMs, messageBytes: sizeMax } = this.#options;
    const who = { author, peer, trusted: flag(rights.as === 'service') };
    const args = { ...who, editWindowMs, sizeMax, max, bytesMax, maxAgeMs };
    const rest = changes.flatMap((change) => [change.what, change.id, ...wordsOf(change)]);
    return this.#commands.runEach(scripts.changeDirect, this.#keys.pair(author, peer), args, { args: rest });
  }

  /** Both were told of the changes of these numbers. Gives what else they are to be told of. */
  settle(userName: string, peer: string, numbers: readonly number[]): Promise<DuePage | 'noPair'> {
    const args = { user: userName, peer, ...DUE_PAGE };
    return this.#commands.run(scripts.settleChanges, this.#keys.pair(userName, peer), args, { args: numbers });
  }

  /** Who reacted to a message, by key and name. */
  reactions(userName: string, peer: string, id: number): Promise<[string, string][] | 'noPair' | 'noMessage'> {
    const args = { user: userName, id, maxAgeMs: this.#options.historyMaxAgeMs };
    return this.#commands.run(scripts.readReactions, this.#keys.pair(userName, peer), args);
  }

  /** The keys of the log, for who writes it anew. */
  keysOf(userName: string, peer: string): PairKeys {
    return this.#keys.pair(userName, peer);
  }
}

/** Three of each. */
function wordsOf(change: PairChange): ScriptArgument[] {
  switch (change.what) {
    case 'update':
      return [change.content, change.ifVersion ?? '', flag(change.mentioning)];
    case 'recall':
      return [change.reason ?? '', '', ''];
    case 'react':
      return [change.key, flag(change.remove), ''];
    case 'append':
      return [change.text, change.offset ?? '', flag(change.done)];
  }
}
