/** Who waits until a feed has passed a position of its log, or a transient message, which has none of its own. */
interface Waiter {
  readonly seq: number;
  readonly nonce: number | undefined;
  readonly since: number;
  resolve(passed: boolean): void;
}

export class Waiters {
  readonly #waiting = new Set<Waiter>();

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Resolves false when it has waited too long. */
  until(seq: number, now: number): Promise<boolean> {
    return new Promise((resolve) => this.#waiting.add({ seq, nonce: undefined, since: now, resolve }));
  }

  /** The same for a transient message; `cancel` ends it at once. */
  untilSeen(nonce: number, now: number): { passed: Promise<boolean>; cancel(): void } {
    let cancel = (): void => {};
    const passed = new Promise<boolean>((resolve) => {
      const waiter: Waiter = { seq: Infinity, nonce, since: now, resolve };
      this.#waiting.add(waiter);
      cancel = () => this.#end((other) => other === waiter, false);
    });
    return { passed, cancel };
  }

  /** All up to a position, and those that wait for a message. */
  passed(seq: number, nonce?: number): void {
    if (this.isEmpty) return;
    this.#end((waiter) => waiter.seq <= seq || (nonce !== undefined && waiter.nonce === nonce), true);
  }

  /** Lets those go that wait since before a time: how many, and whether any of them for a position. */
  expire(deadline: number): { count: number; forPosition: boolean } {
    const late = this.#end(({ since }) => since < deadline, false);
    return { count: late.length, forPosition: late.some(({ nonce }) => nonce === undefined) };
  }

  #end(isOver: (waiter: Waiter) => boolean, passed: boolean): readonly Waiter[] {
    const over: Waiter[] = [];
    for (const waiter of this.#waiting) if (isOver(waiter)) over.push(waiter);
    for (const waiter of over) this.#waiting.delete(waiter);
    for (const waiter of over) waiter.resolve(passed);
    return over;
  }
}
