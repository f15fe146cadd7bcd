/**
 * Messages from user to user that are kept. A send is four steps, each on one slot: the receiver's says whether it may be, and notes
 * that something may come; the pair's log takes it, and is the truth; the receiver's sockets are told, and the author's others. Where
 * the node dies after the second step, the next message, or the receiver's look for what it missed, finds what was not handed on,
 * in its order. Where Redis does not answer after it, the node goes on by itself later.
 * A reply changes what it replies to, which both are told behind it (change-telling.ts).
 * Of one author's messages to one user those that come while some are under way go together through the next four steps.
 */
import { GroupCommit, type Share } from '../../redis/group-commit.ts';
import type { Budget } from '../../redis/budget.ts';
import type { DirectStore } from '../../store/direct/direct-store.ts';
import type { Appended, AppendOutcome, PairPost, PairStore } from '../../store/pair/pair-store.ts';
import type { Rights } from '../../store/rights.ts';
import { nowOrLater } from '../repair/repairs.ts';
import type { ChangeTelling } from './change-telling.ts';
import { HandingOn, type HandingOnDeps, type Stored } from './handing-on.ts';

/** A message on its way to a user. */
interface Send {
  readonly userName: string;
  readonly author: string;
  readonly rights: Rights;
  readonly exceptSocket: string | undefined;
  readonly post: PairPost;
}

/** What became of one: `isNews` where anybody was told of it that had not heard of it. */
type Sent = { readonly stored: Appended; readonly isNews: boolean } | Exclude<AppendOutcome, Appended> | Refused;
type Refused = 'noUser' | 'notAllowed';

export interface StoredSendsDeps extends HandingOnDeps {
  readonly directs: Pick<DirectStore, 'admit' | 'deliver' | 'echo'>;
  readonly pairs: Pick<PairStore, 'append' | 'readUnsent' | 'readKept'>;
  readonly changeTelling: Pick<ChangeTelling, 'around' | 'tell'>;
  /** Counts what waits here. */
  readonly budget: Pick<Budget, 'take' | 'give'>;
  readonly postsPerCall: number;
  /** How long a message may wait for those before it. */
  readonly timeoutMs: number;
}

/** Bytes of a message beside its frame. */
const FIXED_BYTES = 100;

export class StoredSends {
  readonly #deps: StoredSendsDeps;
  readonly #handingOn: HandingOn;
  readonly #sending: GroupCommit<Send, Sent>;
  /** What is under way in each lane: the end of its last message. */
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(deps: StoredSendsDeps) {
    this.#deps = deps;
    this.#handingOn = new HandingOn(deps);
    this.#sending = new GroupCommit({
      budget: deps.budget,
      itemsMax: deps.postsPerCall,
      timeoutMs: deps.timeoutMs,
      bytesOf: ({ post: { prefix, middle } }) => prefix.length + middle.length + FIXED_BYTES,
      // Each lane goes alone.
      run: async (shares) => (await Promise.all(shares.map((share) => this.#run(share)))).flat(),
    });
  }

  /** Has its place among its author's messages to that user when it returns. */
  send(send: Send): Promise<Sent> {
    const lane = laneOf(send);
    const sent = this.#sending.add(lane, send);
    const ended = sent
      .catch(() => undefined)
      .then(() => {
        if (this.#last.get(lane) === ended) this.#last.delete(lane);
      });
    this.#last.set(lane, ended);
    return sent;
  }

  /** Resolves when those before are told, whatever became of them: what passes goes behind them. Undefined where there are none. */
  underWay(send: Pick<Send, 'userName' | 'author' | 'rights'>): Promise<unknown> | undefined {
    return this.#last.get(laneOf(send));
  }

  async #run({ items }: Share<Send>): Promise<(Sent | Error)[]> {
    const [first] = items;
    if (first === undefined) return [];
    const { directs, changeTelling, repairs } = this.#deps;
    const { userName, author, rights } = first;
    const posts = items.map(({ post }) => post);
    const noting = posts.some(({ transient, prefix }) => !transient && prefix.length > 0);
    const admitted = await directs.admit(userName, { author, rights }, noting);
    if (admitted !== 'ok') return items.map(() => admitted);
    const between = { author, peer: userName };
    if (posts.some(({ replyTo }) => replyTo !== undefined)) {
      return changeTelling.around(between, async () => {
        const { sent, isDue } = await this.#append(first, items, noting);
        return [sent, isDue ? 'more' : 'nothing'];
      });
    }
    const { sent, isDue } = await this.#append(first, items, noting);
    // Somebody has left that behind, or is about to tell it.
    if (isDue) await nowOrLater(repairs, () => changeTelling.tell(between));
    return sent;
  }

  /** The steps behind the first one, which has or has not counted this as under way. `isDue`: there are changes to be told. */
  async #append(
    { userName, author, rights }: Send,
    items: readonly Send[],
    isCounted: boolean,
  ): Promise<{ sent: (Sent | Error)[]; isDue: boolean }> {
    const outcomes = await this.#deps.pairs.append(
      userName,
      author,
      items.map(({ post }) => post),
    );
    const stored = outcomes.flatMap((outcome, i): Stored[] =>
      isStored(outcome) ? [{ ...outcome, exceptSocket: items[i]?.exceptSocket }] : [],
    );
    const writing = { author, rights, isCounted };
    const isOldNews = stored.length > 0 && (await this.#handingOn.handOn(userName, writing, stored));
    const sent = outcomes.map((outcome) =>
      isStored(outcome) ? { stored: outcome, isNews: !outcome.repeated || isOldNews } : outcome,
    );
    return { sent, isDue: stored.some(({ isDue }) => isDue) };
  }
}

/** No name holds a line break. */
const laneOf = ({ author, userName, rights }: Pick<Send, 'userName' | 'author' | 'rights'>): string =>
  [author, userName, JSON.stringify(rights)].join('\n');

const isStored = (outcome: AppendOutcome | Error): outcome is Appended =>
  typeof outcome === 'object' && 'frame' in outcome;
