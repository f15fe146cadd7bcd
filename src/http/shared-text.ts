/**
 * A text that is dear to make and that anybody may ask for: made at most once in a while, and for all who ask meanwhile. Its bytes are
 * kept, so that giving it again costs a write.
 */
export class SharedText {
  readonly #make: () => Promise<string>;
  readonly #freshMs: number;
  #made: Promise<Buffer> | undefined;
  #freshUntilMs = 0;

  /** `freshMs`: for how long a text is given again, once it is made. 0: only to those who asked while it was being made. */
  constructor(make: () => Promise<string>, freshMs: number) {
    this.#make = make;
    this.#freshMs = freshMs;
  }

  /** Rejects where it cannot be made; who asks next has it tried again. */
  bytes(): Promise<Buffer> {
    if (this.#made === undefined || performance.now() >= this.#freshUntilMs) {
      this.#freshUntilMs = Infinity;
      this.#made = this.#begin();
    }
    return this.#made;
  }

  async #begin(): Promise<Buffer> {
    let freshMs = 0;
    try {
      const bytes = Buffer.from(await this.#make());
      freshMs = this.#freshMs;
      return bytes;
    } finally {
      this.#freshUntilMs = performance.now() + freshMs;
    }
  }
}
