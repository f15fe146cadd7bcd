/** Turns for what may run a few at a time: the rest waits in the order in which it came, up to a bound. */
export class Slots {
  #free: number;
  readonly #waitingMax: number;
  /** Those that wait, oldest first: a Set, so that who gives up leaves at once. */
  readonly #waiting = new Set<() => void>();

  constructor(size: number, waitingMax: number) {
    this.#free = size;
    this.#waitingMax = waitingMax;
  }

  /** Gives what ends the turn, to be called once. Rejects with the signal's reason where that comes first. */
  async enter(ended: AbortSignal): Promise<(() => void) | 'full'> {
    if (this.#free > 0) this.#free--;
    else if (this.#waiting.size >= this.#waitingMax) return 'full';
    else await this.#turn(ended);
    return () => this.#leave();
  }

  #turn(ended: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        this.#waiting.delete(begin);
        reject(ended.reason as Error);
      };
      const begin = (): void => {
        ended.removeEventListener('abort', giveUp);
        resolve();
      };
      this.#waiting.add(begin);
      ended.addEventListener('abort', giveUp, { once: true });
    });
  }

  #leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#free++;
    else {
      this.#waiting.delete(next);
      next();
    }
  }
}
