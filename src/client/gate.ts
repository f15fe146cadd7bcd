/** Lets few of many readings go on at once, in the order in which they came: a burst, as after a loss, would be refused. */
import type { Input, RequestName, Result } from '../protocol/catalogue.ts';
import { keyOf } from './connection/requests.ts';
import type { Core } from './core.ts';
import { deferred } from './connection/deferred.ts';

interface Waiting {
  readonly result: Promise<unknown>;
  readonly begin: () => void;
}

export class Gate {
  readonly #core: Core;
  readonly #max: number;
  /** By what is asked: each is in it once, however often connections are lost before its turn comes. */
  readonly #waiting = new Map<string, Waiting>();
  #running = 0;

  constructor(core: Core, max: number) {
    this.#core = core;
    this.#max = max;
  }

  request<N extends RequestName>(name: N, input: Input<N>): Promise<Result<N>> {
    const ask = (): Promise<Result<N>> => this.#run(this.#core.request(name, input));
    if (this.#running < this.#max) return ask();
    const key = keyOf(name, input, this.#core.limits);
    // What cannot be sent at all is refused at once.
    if (key === undefined) return ask();
    // What has the same key was asked by the same name; and what has not begun is as new as it can be.
    const known = this.#waiting.get(key)?.result as Promise<Result<N>> | undefined;
    if (known !== undefined) return known;
    const { promise, resolve } = deferred<Result<N>>();
    this.#waiting.set(key, { result: promise, begin: () => resolve(ask()) });
    return promise;
  }

  async #run<T>(reading: Promise<T>): Promise<T> {
    this.#running += 1;
    try {
      return await reading;
    } finally {
      this.#running -= 1;
      for (const [key, { begin }] of this.#waiting) {
        this.#waiting.delete(key);
        begin();
        break;
      }
    }
  }
}
