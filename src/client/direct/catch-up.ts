/**
 * A conversation of which something was missed and will not be told: it is read on in the history, page by page, from where
 * it was. When that is to be done is left to the directs.
 */
import type { ValueMap } from '../../protocol/params/values.ts';
import { RequestError } from '../request-error.ts';
import type { ReadPage } from './direct-history.ts';

export interface CatchUpOwner {
  readonly read: ReadPage;
  pageMax(): number;
  take(message: ValueMap): void;
  /** What lies before this message is not to be had any more. */
  lost(lastMessageId: number): void;
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
    this.#behindAt ??= id;
  }

  /** Whether a message that is stored is to be left to the reading, which will find it. */
  holds(): boolean {
    this.#hasMissed = true;
    return this.#behindAt !== undefined;
  }

  /** Rejects where it has to be tried again. */
  async run(): Promise<void> {
    while (this.#behindAt !== undefined) {
      this.#hasMissed = false;
      const page = await this.#page(this.#behindAt);
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

  /** Undefined where it cannot be had. */
  async #page(fromId: number): Promise<readonly ValueMap[] | undefined> {
    try {
      return await this.#owner.read({ direction: 'forward', fromId, limit: Math.max(1, this.#owner.pageMax()) });
    } catch (error) {
      if (error instanceof RequestError && error.temporary) throw error;
      this.#owner.failed(error);
      return undefined;
    }
  }
}

const idOf = (message: ValueMap | undefined): number | undefined =>
  typeof message?.['id'] === 'number' ? message['id'] : undefined;
