/**
 * Work on what is decided already, such as telling users of a room that is deleted, where Redis did not answer: it is
 * tried again for as long as this node lives. What a dead node had not done is its sweepers' (membership/departures.ts).
 */

/** Beyond that many the newest is given up, and the log says so. */
const KEPT_MAX = 1000;
const AT_ONCE = 32;

export interface UnfinishedDeps {
  onError(what: string, error: unknown): void;
}

export class Unfinished {
  readonly #deps: UnfinishedDeps;
  #work: (() => Promise<void>)[] = [];

  constructor(deps: UnfinishedDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#work.length;
  }

  /** `work` may be repeated. */
  add(work: () => Promise<void>, cause: unknown): void {
    if (this.#work.length >= KEPT_MAX) {
      this.#deps.onError('what a request began is given up: too much is unfinished', cause);
      return;
    }
    this.#deps.onError('what a request began is finished later', cause);
    this.#work.push(work);
  }

  /** Tries everything once; what fails goes to the end, so that in a cluster it does not keep the rest waiting. */
  async run(): Promise<void> {
    const round = this.#work;
    this.#work = [];
    for (let at = 0; at < round.length; at += AT_ONCE) {
      const batch = round.slice(at, at + AT_ONCE);
      const outcomes = await Promise.allSettled(batch.map((work) => work()));
      for (const [i, outcome] of outcomes.entries()) {
        const work = batch[i];
        if (outcome.status === 'fulfilled' || work === undefined) continue;
        this.#work.push(work);
        this.#deps.onError('what a request began is put off again', outcome.reason);
      }
    }
  }
}
