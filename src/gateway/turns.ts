/**
 * The order of one socket's requests: those that share a key take effect as they came, each when the one before has ended.
 * Those that may go beside others of their kind need not wait for the end of these, only until they have begun. Another kind has another
 * queue, whose order to this one nobody keeps.
 */
import type { Pipeline } from '../protocol/declare.ts';

export class Turns {
  readonly #lines = new Map<string, Turn[]>();

  get isEmpty(): boolean {
    return this.#lines.size === 0;
  }

  /** Resolves when those that have begun, and let others go beside them, have ended; undefined where there are none. */
  get underWay(): Promise<unknown> | undefined {
    const all = [...this.#lines.values()].flat();
    const turns = new Set(all.filter(({ kind, hasBegun }) => kind !== undefined && hasBegun));
    return turns.size === 0 ? undefined : Promise.all([...turns].map((turn) => turn.ended()));
  }

  /** Takes a place behind all that has come before with one of these keys. `end` is to be called in any case. */
  enter(keys: readonly string[], kind: Pipeline | undefined): Turn {
    const turn = new Turn(keys, kind, this.#lines);
    for (const key of keys) {
      const line = this.#lines.get(key);
      if (line === undefined) {
        this.#lines.set(key, [turn]);
        continue;
      }
      if (!line.every((before) => turn.mayGoBeside(before))) turn.waitFor(key);
      line.push(turn);
    }
    return turn;
  }
}

export class Turn {
  /** Beside which it may go; undefined for none. */
  readonly kind: Pipeline | undefined;
  readonly #keys: readonly string[];
  readonly #lines: Map<string, Turn[]>;
  /** In whose lines something is before it. */
  #waitsFor: Set<string> | undefined;
  #come: (() => void) | undefined;
  #coming: Promise<void> | undefined;
  #atEnd: (() => void) | undefined;
  #end: Promise<void> | undefined;
  hasBegun = false;

  constructor(keys: readonly string[], kind: Pipeline | undefined, lines: Map<string, Turn[]>) {
    this.#keys = keys;
    this.kind = kind;
    this.#lines = lines;
  }

  /** Resolves when it is its turn; undefined where it is already. */
  get coming(): Promise<void> | undefined {
    return this.#coming;
  }

  mayGoBeside(before: Turn): boolean {
    return this.kind !== undefined && before.kind === this.kind && before.hasBegun;
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
  for (const turn of line) {
    // All before it are of its kind, and have begun.
    const [first = turn] = line;
    if (turn !== first && !turn.mayGoBeside(first)) return;
    turn.isFirstIn(key);
    if (!turn.hasBegun) return;
  }
}
