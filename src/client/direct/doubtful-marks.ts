/**
 * Marks of a conversation of which it is not known whose messages they are about: the service tells only up to which one,
 * and it is the author of that. Where no message tells, the history is asked.
 */
import { isBeyond, isTemporary } from '../request-error.ts';

export type MarkStatus = 'sent' | 'read';

export interface MarkOwner {
  authorOf(id: number): 'own' | 'theirs' | undefined;
  /** An answer that is due may tell. */
  isAnswerDue(): boolean;
  /** Reads the message of an id, so that its author is known. */
  look(id: number): Promise<void>;
  moved(author: 'own' | 'theirs', status: MarkStatus, upToId: number): void;
  failed(error: unknown): void;
}

/** Marks only go forward: of more than that the first say nothing that the last do not. */
const waitingMax = 16;

export class DoubtfulMarks {
  readonly #owner: MarkOwner;
  readonly #waiting = new Map<number, MarkStatus>();
  #isLooking = false;

  constructor(owner: MarkOwner) {
    this.#owner = owner;
  }

  add(status: MarkStatus, upToId: number): void {
    if (this.#waiting.get(upToId) !== 'read') this.#waiting.set(upToId, status);
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size > waitingMax && oldest !== undefined) this.#waiting.delete(oldest);
    this.settle();
  }

  /** To be called whenever more is known. */
  settle(): void {
    for (const [upToId, status] of this.#waiting) {
      const author = this.#owner.authorOf(upToId);
      if (author === undefined) continue;
      this.#waiting.delete(upToId);
      this.#owner.moved(author, status, upToId);
    }
    const [upToId] = this.#waiting.keys();
    if (upToId === undefined || this.#isLooking || this.#owner.isAnswerDue()) return;
    this.#isLooking = true;
    void this.#look(upToId);
  }

  async #look(upToId: number): Promise<void> {
    try {
      await this.#owner.look(upToId);
    } catch (error) {
      // What fails for the moment is made good by the next mark; and who is nobody any more has no conversation.
      if (!isTemporary(error) && !isBeyond(error)) this.#owner.failed(error);
    }
    this.#isLooking = false;
    // Nobody knows.
    if (this.#owner.authorOf(upToId) === undefined) this.#waiting.delete(upToId);
    this.settle();
  }
}
