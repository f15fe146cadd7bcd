/**
 * The order of one socket's requests: those that share a key take effect as they came, each when the one before has ended.
 * Those that may go beside others of their kind need not wait for the end of these, only until they have begun.
 */
export class Turns {
  readonly #lines = new Map<string, Turn[]>();

  get isEmpty(): boolean {
    return this.#lines.size === 0;
  }

  /** Resolves when those that have begun, and let others go beside them, have ended; undefined where there are none. */
  get underWay(): Promise<unknown> | undefined {
    const turns = new Set([...this.#lines.values()].flat().filter(({ isBeside, hasBegun }) => isBeside && hasBegun));
    return turns.size === 0 ? undefined : Promise.all([...turns].map((turn) => turn.ended()));
  }

  /** Takes a place behind all that has come before with one of these keys. `end` is to be called in any case. */
  enter(keys: readonly string[], isBeside: boolean): Turn {
    const turn = new Turn(keys, isBeside, this.#lines);
    for (const key of keys) {
      const line = this.#lines.get(key);
      if (line === undefined) {
        this.#lines.set(key, [turn]);
        continue;
      }
      if (!isBeside || !line.every((before) => before.isBeside && before.hasBegun)) turn.waitFor(key);
      line.push(turn);
    }
    return turn;
  }
}

export class Turn {
  readonly isBeside: boolean;
  readonly #keys: readonly string[];
  readonly #lines: Map<string, Turn[]>;
  /** In whose lines something is before it. */
  #waitsFor: Set<string> | undefined;
  #come: (() => void) | undefined;
  #coming: Promise<void> | undefined;
  #atEnd: (() => void) | undefined;
  #end: Promise<void> | undefined;
  hasBegun = false;

  constructor(keys: readonly string[], isBeside: boolean, lines: Map<string, Turn[]>) {
    this.#keys = keys;
    this.isBeside = isBeside;
    this.#lines = lines;
  }

  /** Resolves when it is its turn; undefined where it is already. */
  get coming(): Promise<void> | undefined {
    return this.#coming;
  }

  waitFor(key: string): void {
    this.#waitsFor ??= new Set();
    this.#waitsFor.add(key);
    this.#coming ??= new Promise((resolve) => {
      this.#come = resolve;
    });
  }

  /** What may go beside it goes. */
  begun(): void {
    this.hasBegun = true;
    for (const key of this.#keys) advance(this.#lines.get(key) ?? [], key);
  }

  /** Resolves when it has ended. */
  ended(): Promise<void> {
    this.#end ??= new Promise((resolve) => {
      this.#atEnd = resolve;
    });
    return this.#end;
  }

  end(): void {
    this.#atEnd?.();
    for (const key of this.#keys) {
      const line = this.#lines.get(key) ?? [];
      line.splice(line.indexOf(this), 1);
      if (line.length === 0) this.#lines.delete(key);
      else advance(line, key);
    }
  }

  /** Nothing of that line is before it any more. */
  isFirstIn(key: string): void {
    if (this.#waitsFor?.delete(key) === true && this.#waitsFor.size === 0) this.#come?.();
  }
}

/** Tells the first of a line, and those behind it that may go beside all that is before them. */
function advance(line: readonly Turn[], key: string): void {
  for (const [i, turn] of line.entries()) {
    if (i > 0 && !turn.isBeside) return;
    turn.isFirstIn(key);
    if (!turn.isBeside || !turn.hasBegun) return;
  }
}
