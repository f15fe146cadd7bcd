/**
 * What users are told of changes of messages in their conversations, each once and in their order, and what they have begun to change. Every
 * method is one step on the slot of the user named first. Rejects with `StateUnavailable` where Redis cannot be asked.
 */
import { directHeads } from '../../protocol/direct.ts';
import { concat } from '../../protocol/wire/pack.ts';
import type { Commands } from '../../redis/commands.ts';
import { globOf, type Keyspace } from '../../redis/keys.ts';
import { list, pairs, text } from '../../redis/reply.ts';
import { flag, type OutcomeOf } from '../../redis/script.ts';
import type { DueChange } from '../pair/due-change.ts';
import { isAnonymous } from '../user/anonymous.ts';
import * as scripts from './direct-scripts.ts';

/** Changes of the log of a user and another one, in the order of their numbers. */
export interface Telling {
  readonly peer: string;
  /** Of the log. */
  readonly life: string;
  readonly changes: readonly DueChange[];
}

const PAGE = 100;

export class ChangesTold {
  readonly #commands: Commands;
  readonly #keys: Pick<Keyspace, 'user'>;
  readonly #maxAgeMs: number;

  constructor(
    commands: Commands,
    keys: Pick<Keyspace, 'user'>,
    { historyMaxAgeMs }: { readonly historyMaxAgeMs: number },
  ) {
    this.#commands = commands;
    this.#keys = keys;
    this.#maxAgeMs = historyMaxAgeMs;
  }

  /** Tells all sockets of a user, now or later. What was told already is told no more. */
  tell(userName: string, { peer, life, changes }: Telling): Promise<OutcomeOf<typeof scripts.tellChanges>> {
    const heads = directHeads(peer);
    const rest = changes.flatMap(({ number, timestamp, id, always, by, left, told }) => [
      number,
      timestamp,
      id,
      flag(by === peer && !always),
      left,
      concat([heads.changedHead, told]),
    ]);
    const rules = { anonymous: flag(isAnonymous(userName)), maxAgeMs: this.#maxAgeMs };
    const args = { peer, life, ...heads, ...rules };
    return this.#commands.run(scripts.tellChanges, this.#keys.user(userName), args, { args: rest });
  }

  /** A node begins to change something in the conversation of a user and another one. `end` takes the note away. */
  note(userName: string, note: ChangeNote): Promise<OutcomeOf<typeof scripts.noteChanging>> {
    const args = { note: textOf(note), anonymous: flag(isAnonymous(userName)) };
    return this.#commands.run(scripts.noteChanging, this.#keys.user(userName), args);
  }

  /** Both are told of it. */
  async end(userName: string, note: ChangeNote): Promise<void> {
    await this.#commands.plain('hdel', this.#keys.user(userName).changesDue, textOf(note));
  }

  /** What a node has begun and not ended, or any, in pages. */
  async *underWay(userName: string, nodeId?: string): AsyncGenerator<readonly ChangeNote[]> {
    const { changesDue } = this.#keys.user(userName);
    let cursor = '0';
    do {
      const match = `*\n${nodeId === undefined ? '*' : globOf(nodeId)}\n*`;
      const found = list(await this.#commands.plain('hscan', changesDue, cursor, 'MATCH', match, 'COUNT', PAGE));
      yield pairs(found[1]).map(([noted]) => noteIn(noted));
      cursor = text(found[0]);
    } while (cursor !== '0');
  }
}

/** `run` tells apart what one node does at once. */
export interface ChangeNote {
  readonly peer: string;
  readonly nodeId: string;
  readonly run: number;
}

/** No name holds a line break. */
const textOf = ({ peer, nodeId, run }: ChangeNote): string => [peer, nodeId, run].join('\n');

function noteIn(noted: string): ChangeNote {
  const [peer = '', nodeId = '', run] = noted.split('\n');
  return { peer, nodeId, run: Number(run) };
}
