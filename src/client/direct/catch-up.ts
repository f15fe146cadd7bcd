/**
 * A conversation of which something was missed and will not be told: it is read on in the history, page by page, from where
 * it was. When that is to be done is left to the directs.
 */
import type { ValueMap } from '../../protocol/params/values.ts';
import { idOf } from '../message/message.ts';
import { isBeyond, isTemporary } from '../request-error.ts';
import type { PageOptions, ReadPage } from './direct-history.ts';

export interface CatchUpOwner {
  readonly read: ReadPage;
  pageMax(): number;
  take(message: ValueMap): void;
  /** What lies before this message is not to be had any more. */
  lost(lastMessageId: number): void;
  /** Whether another message was told under the id of this one. */
  isOther(message: ValueMap): boolean;
  /** The log is another one, and is known up to here. */
  begunAnew(lastMessageId: number): void;
  failed(error: unknown): void;
}

export class CatchUp {
  readonly #owner: CatchUpOwner;
  #behindAt: number | undefined;
  #hasMissed = false;

  constructor(owner: CatchUpOwner) {
    this.#owner = owner;
  }

  /** All is to be read that comes after this message. */
  begin(id: number): void {
    if (this.#behindAt === undefined) this.#hasMissed = false;
    this.#behindAt ??= id;
  }

  /** Whether a message that is stored is to be left to the reading, which will find it. */
  holds(): boolean {
    this.#hasMissed = true;
    return this.#behindAt !== undefined;
  }

  /** Rejects where it has to be tried again. */
  async run(): Promise<void> {
    if (this.#behindAt !== undefined) await this.#verify(this.#behindAt);
    while (this.#behindAt !== undefined) {
      this.#hasMissed = false;
      const page = await this.#page({
        direction: 'forward',
        fromId: this.#behindAt,
        limit: Math.max(1, this.#owner.pageMax()),
      });
      const first = idOf(page?.[0]);
      if (page === undefined || (first !== undefined && first > this.#behindAt + 1)) {
        this.#owner.lost(first === undefined ? this.#behindAt : first - 1);
      }
      for (const message of page ?? []) this.#owner.take(message);
      // What came before the answer may be behind it.
      const isOver = page === undefined || (page.length === 0 && !this.#hasMissed);
      this.#behindAt = isOver ? undefined : (idOf(page.at(-1)) ?? this.#behindAt);
    }
  }

  /** The log must still hold the message from which it is read on, or later ones only: else it is not the same one. */
  async #verify(id: number): Promise<void> {
    const [first] = (await this.#page({ direction: 'forward', fromId: id - 1, limit: 1 })) ?? [];
    if (first !== undefined && !this.#owner.isOther(first)) return;
    const [newest] = (await this.#page({ direction: 'backward', limit: 1 })) ?? [];
    const end = idOf(newest) ?? 0;
    // Written meanwhile.
    if (first === undefined && end >= id) return;
    this.#owner.begunAnew(end);
    this.#behindAt = end === 0 && !this.#hasMissed ? undefined : end;
  }

  /** Undefined where it cannot be had. */
  async #page(options: PageOptions): Promise<readonly ValueMap[] | undefined> {
    try {
      return await this.#owner.read(options);
    } catch (error) {
      if (isTemporary(error)) throw error;
      // Who is nobody any more has no conversation: that what was there is gone is all there is to tell.
      if (!isBeyond(error)) this.#owner.failed(error);
      return undefined;
    }
  }
}
