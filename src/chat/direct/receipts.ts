/**
 * Receipts: what has come to a user or was read by it is marked in the pair's log, which is the truth, then both are told, each on
 * its own slot. What is marked stays marked: where Redis does not answer behind it, they are told later; where the node dies,
 * history says so all the same.
 */
import type { TopicEvent } from '../../log/event.ts';
import type { DirectStatusValue } from '../../protocol/direct.ts';
import { notificationFrame } from '../../protocol/wire/frame.ts';
import type { DirectStore } from '../../store/direct/direct-store.ts';
import type { PairStore } from '../../store/pair/pair-store.ts';
import type { UserStore } from '../../store/user/user-store.ts';
import type { Actor } from '../actor.ts';
import { nowOrLater, type Repairs } from '../repair/repairs.ts';

/** Whose messages have come how far. */
export interface Receipt {
  /** The receiver. */
  readonly by: Pick<Actor, 'exceptSocket'> & { readonly author: string };
  readonly author: string;
  /** Up to which number of the author's messages all have come, and that of its newest one. */
  readonly number: number;
  readonly newest: number;
  /** Up to which number they were read, where that has changed. */
  readonly readNumber?: number;
}

export interface ReceiptsDeps {
  readonly users: Pick<UserStore, 'notifyOthers'>;
  readonly directs: Pick<DirectStore, 'settle'>;
  readonly pairs: Pick<PairStore, 'markSent'>;
  readonly repairs: Pick<Repairs, 'retry'>;
}

export class Receipts {
  readonly #deps: ReceiptsDeps;

  constructor(deps: ReceiptsDeps) {
    this.#deps = deps;
  }

  /** A user has messages of a conversation before it. Returns up to which id those of the other one have come by that. */
  async have(
    by: Receipt['by'],
    author: string,
    messages: readonly Pick<TopicEvent, 'id' | 'subject'>[],
    sentBefore: number,
  ): Promise<number> {
    const ids = messages.flatMap(({ id, subject }) => (subject === author ? [id] : []));
    const [first, last] = [ids[0], ids.at(-1)];
    if (first === undefined || last === undefined || last <= sentBefore) return sentBefore;
    return (await this.given(by, author, { first, last })) ?? sentBefore;
  }

  /** Messages of `author` have come, from one id to another. Returns up to which id all have. */
  async come(by: Receipt['by'], author: string, ids: { first: number; last: number }): Promise<number> {
    const marked = await this.#deps.pairs.markSent(by.author, author, ids);
    const { upToId, sentId, sentNumber: number, newest } = marked;
    if (upToId > 0) await this.tell({ by, author, number, newest }, { status: 'sent', upToId });
    return sentId;
  }

  /**
   * The same of messages that are given whatever becomes of the mark: where Redis does not answer it is made later, and what is
   * returned is undefined.
   */
  async given(by: Receipt['by'], author: string, ids: { first: number; last: number }): Promise<number | undefined> {
    const mark = (): Promise<number> => this.come(by, author, ids);
    try {
      return await mark();
    } catch (error) {
      this.#deps.repairs.retry(async () => void (await mark()), error);
      return undefined;
    }
  }

  /** Tells the author's sockets, and the receiver's but for the one that asks. */
  async tell({ by, author, number, newest, readNumber = 0 }: Receipt, status: DirectStatusValue): Promise<void> {
    const { users, directs } = this.#deps;
    const { exceptSocket } = by;
    const toAuthor = notificationFrame('directMessageStatus', [by.author, status]);
    const frame = notificationFrame('directMessageStatus', [author, status]);
    await Promise.all([
      this.#surely(() => users.notifyOthers(author, undefined, toAuthor, true)),
      this.#surely(() => directs.settle(by.author, { peer: author, number, newest, readNumber, exceptSocket, frame })),
    ]);
  }

  async #surely(work: () => Promise<void>): Promise<void> {
    await nowOrLater(this.#deps.repairs, work);
  }
}
