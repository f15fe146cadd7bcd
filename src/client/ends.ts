/** What ends by itself, by the service's clock, under names: silences of users, temporary rooms. What it means is left to who has it. */
import { timerMs } from './connection/backoff.ts';

/** Milliseconds, null for good; undefined: not at all. */
export type Until = number | null | undefined;

export class Ends {
  readonly #now: () => number;
  readonly #ended: (names: readonly string[]) => void;
  readonly #until = new Map<string, number | null>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(now: () => number, ended: (names: readonly string[]) => void) {
    this.#now = now;
    this.#ended = ended;
  }

  of(name: string): Until {
    const until = this.#until.get(name);
    return typeof until === 'number' && until <= this.#now() ? undefined : until;
  }

  /** Returns whether that is news. */
  set(name: string, until: Until): boolean {
    const before = this.of(name);
    if (until === undefined || (until !== null && until <= this.#now())) this.#until.delete(name);
    else this.#until.set(name, until);
    this.#schedule();
    return this.of(name) !== before;
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
    const over = [...this.#until].filter(([, until]) => until !== null && until <= now).map(([name]) => name);
    for (const name of over) this.#until.delete(name);
    this.#schedule();
    if (over.length > 0) this.#ended(over);
  }
}
