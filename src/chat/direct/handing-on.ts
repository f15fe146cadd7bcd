/**
 * The steps behind the pair's log: the receiver's sockets are told of its messages, and the author's others. What was appended is
 * sent, whatever happens here: where Redis does not answer it is told later. A repeat tells what was not told.
 */
import { setTimeout as pass } from 'node:timers/promises';
import { directEchoFrame } from '../../protocol/direct.ts';
import type { Delivery, DirectStore, Writing } from '../../store/direct/direct-store.ts';
import type { Appended, PairStore } from '../../store/pair/pair-store.ts';
import { nowOrLater, type Repairs } from '../repair/repairs.ts';
import { tellAsTheyAre } from './as-they-are.ts';

/** A message of the log, or one that is in it already, with the socket that its echo leaves out. */
export interface Stored extends Appended {
  readonly exceptSocket: string | undefined;
}

/** Whether its receiver's slot counts it as under way, which ends with this: a repeat that cannot be a message any more is not. */
export interface CountedWriting extends Writing {
  readonly isCounted: boolean;
}

export interface HandingOnDeps {
  readonly directs: Pick<DirectStore, 'deliver' | 'echo'>;
  readonly pairs: Pick<PairStore, 'readUnsent' | 'readKept'>;
  readonly repairs: Pick<Repairs, 'retry'>;
}

/** What is handed on at once of messages that were left behind. */
const GAP_PAGE = { limit: 100, bytesMax: 1 << 18 };
/** Of a conversation that is longer than so many pages the rest is found as missed. */
const GAP_PAGES_MAX = 100;
/** How often, and how long each time, who has to tell what the log does not keep any more is waited for. */
const WAITS_MAX = 60;
const WAIT_MS = 50;

export class HandingOn {
  readonly #deps: HandingOnDeps;

  constructor(deps: HandingOnDeps) {
    this.#deps = deps;
  }

  /**
   * Of messages of one script, one at least. Returns whether older ones, which may be among those that are repeated, were news to
   * the receiver.
   */
  async handOn(userName: string, writing: CountedWriting, messages: readonly Stored[]): Promise<boolean> {
    const { repairs } = this.#deps;
    let isOldNews = false;
    const deliver = async (): Promise<void> => {
      isOldNews = await this.#deliver(userName, writing, messages);
    };
    await nowOrLater(repairs, deliver);
    // Of a repeat that is no news the author's side may not know yet: the node of the first one may have died before.
    const echo = (): Promise<void> => this.#echo(userName, writing.author, isOldNews, messages);
    await nowOrLater(repairs, echo);
    return isOldNews;
  }

  async #echo(userName: string, author: string, isOldNews: boolean, messages: readonly Stored[]): Promise<void> {
    const { directs, pairs } = this.#deps;
    const { life = '', asOf = 0 } = messages[0] ?? {};
    const news = messages.filter(({ repeated }) => !repeated || isOldNews);
    await tellAsTheyAre(pairs, [userName, author], news, (now, seen) => {
      const echoed = now.map(({ exceptSocket, frame }) => ({
        exceptSocket,
        frame: frame.length === 0 ? frame : directEchoFrame(userName, frame),
      }));
      return directs.echo(author, { peer: userName, messages: echoed, life, asOf, seen });
    });
  }

  #tell(userName: string, delivery: Delivery): ReturnType<DirectStore['deliver']> {
    const { directs, pairs } = this.#deps;
    return tellAsTheyAre(pairs, [userName, delivery.author], delivery.messages, (messages, seen) =>
      directs.deliver(userName, { ...delivery, messages, seen }),
    );
  }

  /** Behind all messages of their author that were not handed on. Returns whether any of these was told. */
  async #deliver(
    userName: string,
    { isCounted, ...writing }: CountedWriting,
    messages: readonly Stored[],
  ): Promise<boolean> {
    const { pairs } = this.#deps;
    const fresh = messages.filter(({ repeated }) => !repeated);
    const { life = '', asOf = 0 } = messages[0] ?? {};
    // Of a repeat it is only known that it is there.
    const after = fresh[0] === undefined ? Math.max(...messages.map(({ number }) => number)) : fresh[0].number - 1;
    const last = { ...writing, life, after, messages: fresh, asOf };
    let [told, waits] = [0, 0];
    for (let page = 0; page < GAP_PAGES_MAX; page++) {
      const done = await this.#tell(userName, { ...last, ending: isCounted });
      if (done === 'noUser') return false;
      if (!done.isBehind) return told + done.told > fresh.length;
      const gap = await pairs.readUnsent(userName, writing.author, { after: done.deliveredId, ...GAP_PAGE });
      // Another node has appended more than the log keeps, and is about to tell it: only that node has it all. Not for ever: it may be dead.
      const isWhole = (gap.messages[0] ?? fresh[0])?.number === done.deliveredNumber + 1;
      if (!isWhole && done.underWay > 1 && waits++ < WAITS_MAX) {
        page--;
        await pass(WAIT_MS);
        continue;
      }
      if (gap.messages.length === 0) break;
      const older = { ...writing, life: gap.life, after: 0, messages: gap.messages, asOf: gap.asOf };
      const filled = await this.#tell(userName, { ...older, ending: false });
      told += filled === 'noUser' ? 0 : filled.told;
    }
    // What was in between is not kept any more, or has come by another way. So has a message that is repeated: it was kept, and not
    // unsent, or it is not kept, and what is said now need not be what it said.
    const done = await this.#tell(userName, { ...last, after: 0, ending: isCounted });
    return told + (done === 'noUser' ? 0 : done.told) > fresh.length;
  }
}
