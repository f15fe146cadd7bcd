/**
 * Looks after what is to be done in a moment: often while there is any of it, once a second where there is none. Whoever has something
 * to be looked after says so by `wake`; what nobody said is found a second later.
 */
import { every, type Beat } from './beat.ts';
import { lookIn } from './looks.ts';

/** While there is work. */
const OFTEN_MS = 100;
export const SELDOM_MS = 1000;

/** What is looked after. */
export interface Looked {
  /** Begins what is due. Neither throws nor rejects. */
  run(): unknown;
  /** Something is to be seen to, now or later. */
  readonly hasWork: boolean;
}

/** What it is made with. */
export interface Waking {
  /** There is something to be looked after. */
  wake(): void;
}

export class Pulse implements Waking {
  #look: (() => boolean) | undefined;
  #seldom: Beat | undefined;
  #soon: NodeJS.Timeout | undefined;

  /** `look` does not throw, and gives whether anything is left to be looked after. */
  start(look: () => boolean): void {
    this.#look = look;
    this.#seldom = every(SELDOM_MS, () => {
      if (this.#soon === undefined) setImmediate(() => this.#beat());
    });
  }

  /** Something is to be looked after. */
  readonly wake = (): void => {
    if (this.#look !== undefined) this.#soon ??= lookIn(OFTEN_MS, () => this.#beat());
  };

  stop(): void {
    this.#look = undefined;
    this.#seldom?.stop();
    clearTimeout(this.#soon);
    this.#soon = undefined;
  }

  #beat(): void {
    clearTimeout(this.#soon);
    this.#soon = undefined;
    if (this.#look?.() === true) this.wake();
  }
}
