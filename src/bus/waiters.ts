/** Who waits until a feed has passed a position of its log, or a transient message, which has none of its own. */
interface Waiter {
  readonly since: number;
  readonly resolve: (passed: boolean) => void;
}

interface PositionWaiter extends Waiter {
  readonly seq: number;
}

export class Waiters {
  /** For positions, in their order: as many may wait as posts go into the log at once. */
  #forPosition: PositionWaiter[] = [];
  /** For transient messages, by nonce. */
  readonly #forMessage = new Map<number, Waiter>();

  get isEmpty(): boolean {
    return this.#forPosition.length === 0 && this.#forMessage.size === 0;
  }

  /** Resolves false when it has waited too long. */
  until(seq: number, now: number): Promise<boolean> {
    return new Promise((resolve) => {
      const waiting = this.#forPosition;
      let at = waiting.length;
      // Nearly always at the end.
      while (at > 0 && (waiting[at - 1]?.seq ?? 0) > seq) at--;
      waiting.splice(at, 0, { seq, since: now, resolve });
    });
  }

  /** The same for a transient message; `cancel` ends it at once. */
  untilSeen(nonce: number, now: number): { passed: Promise<boolean>; cancel(): void } {
    const passed = new Promise<boolean>((resolve) => {
      this.#forMessage.set(nonce, { since: now, resolve });
    });
    return { passed, cancel: () => this.#seen(nonce, false) };
  }

  /** All up to a position, and those that wait for a message. */
  passed(seq: number, nonce?: number): void {
    if (nonce !== undefined) this.#seen(nonce, true);
    const waiting = this.#forPosition;
    let count = 0;
    while (count < waiting.length && (waiting[count]?.seq ?? 0) <= seq) count++;
    for (const { resolve } of waiting.splice(0, count)) resolve(true);
    if (seq !== Infinity) return;
    for (const one of this.#forMessage.keys()) this.#seen(one, true);
  }

  /** Lets those go that wait since before a time: how many, and whether any of them for a position. */
  expire(deadline: number): { count: number; forPosition: boolean } {
    const late = this.#forPosition.filter(({ since }) => since < deadline);
    if (late.length > 0) this.#forPosition = this.#forPosition.filter(({ since }) => since >= deadline);
    for (const { resolve } of late) resolve(false);
    const unseen = [...this.#forMessage].filter(([, { since }]) => since < deadline);
    for (const [nonce] of unseen) this.#seen(nonce, false);
    return { count: late.length + unseen.length, forPosition: late.length > 0 };
  }

  #seen(nonce: number, passed: boolean): void {
    const waiter = this.#forMessage.get(nonce);
    this.#forMessage.delete(nonce);
    waiter?.resolve(passed);
  }
}
