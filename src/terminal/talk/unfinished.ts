/**
 * Messages that are still being written: a line is not shown word by word, but once it is there, or when nothing was added to it for
 * a while.
 */
import type { Said } from './said.ts';

/** At a time in one conversation; others are shown at once. */
const heldMax = 50;
const silenceMs = 10_000;

export class Unfinished {
  readonly #show: (said: Said) => void;
  readonly #held = new Map<number, ReturnType<typeof setTimeout>>();

  /** Shows what nobody goes on with. */
  constructor(show: (said: Said) => void) {
    this.#show = show;
  }

  /** Whether it is kept until there is more of it. */
  take(said: Said): boolean {
    const { id, content, recalled = false } = said;
    if (id === undefined || recalled || content['done'] !== false || this.#held.size >= heldMax) return false;
    const timer = setTimeout(() => {
      this.#held.delete(id);
      this.#show(said);
    }, silenceMs);
    this.#held.set(id, timer);
    return true;
  }

  /** It is not kept any more. */
  end(id: number): void {
    clearTimeout(this.#held.get(id));
    this.#held.delete(id);
  }

  stop(): void {
    for (const timer of this.#held.values()) clearTimeout(timer);
    this.#held.clear();
  }
}
