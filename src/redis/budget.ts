/** How much may be on its way to Redis at the same time: commands, and the bytes of their arguments. */
export class Budget {
  readonly #countMax: number;
  readonly #bytesMax: number;
  readonly #onOverload: () => void;
  #count = 0;
  #bytes = 0;

  constructor(countMax: number, bytesMax: number, onOverload: () => void) {
    this.#countMax = countMax;
    this.#bytesMax = bytesMax;
    this.#onOverload = onOverload;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** False where that would be too much. What was taken is to be given back. */
  take(bytes: number): boolean {
    if (this.#count >= this.#countMax || this.#bytes + bytes > this.#bytesMax) {
      this.#onOverload();
      return false;
    }
    this.#count++;
    this.#bytes += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#count--;
    this.#bytes -= bytes;
  }
}
