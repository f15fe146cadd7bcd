/** Who may not post in a room, of those of whom that is of interest, and when it ends: by itself, by the service's clock. */
import { timerMs } from '../connection/backoff.ts';

/** Milliseconds, null for good; undefined: it may post. */
export type SilencedUntil = number | null | undefined;

export class Silences {
  readonly #now: () => number;
  readonly #ended: (userNames: readonly string[]) => void;
  readonly #until = new Map<string, number | null>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(now: () => number, ended: (userNames: readonly string[]) => void) {
    this.#now = now;
    this.#ended = ended;
  }

  of(userName: string): SilencedUntil {
    const until = this.#until.get(userName);
    return typeof until === 'number' && until <= this.#now() ? undefined : until;
  }

  /** Returns whether that is news. */
  set(userName: string, until: SilencedUntil): boolean {
    const before = this.of(userName);
    if (until === undefined || (until !== null && until <= this.#now())) this.#until.delete(userName);
    else this.#until.set(userName, until);
    this.#schedule();
    return this.of(userName) !== before;
  }

  /** Nothing is to happen by itself any more. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  clear(): void {
    this.#until.clear();
    this.stop();
  }

  #schedule(): void {
    this.stop();
    const next = Math.min(...[...this.#until.values()].map((until) => until ?? Infinity));
    if (next === Infinity) return;
    this.#timer = setTimeout(() => this.#end(), timerMs(next - this.#now()));
  }

  #end(): void {
    const now = this.#now();
    const over = [...this.#until].filter(([, until]) => until !== null && until <= now).map(([userName]) => userName);
    for (const userName of over) this.#until.delete(userName);
    this.#schedule();
    if (over.length > 0) this.#ended(over);
  }
}
