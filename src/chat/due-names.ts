/** Names to see to, each at its time: what is noted again keeps the earlier one. Times by `performance.now`. */
export class DueNames {
  readonly #due = new Map<string, number>();

  get size(): number {
    return this.#due.size;
  }

  has(name: string): boolean {
    return this.#due.has(name);
  }

  note(name: string, inMs: number): void {
    const at = performance.now() + inMs;
    if (at < (this.#due.get(name) ?? Infinity)) this.#due.set(name, at);
  }

  /** Takes off those whose time has come, `most` of them: what is noted from here on may come after what is seen of them now. */
  take(most: number): string[] {
    const now = performance.now();
    const due = [...this.#due].flatMap(([name, at]) => (at <= now ? [name] : [])).slice(0, most);
    for (const name of due) this.#due.delete(name);
    return due;
  }

  clear(): void {
    this.#due.clear();
  }
}
