/**
 * Tells one thing after the other: what a listener causes comes behind that which it hears, and what one throws keeps nothing
 * from the others. What is told is left to who has it.
 */

export class Telling {
  readonly #failed: (error: unknown) => void;
  readonly #untold: (() => void)[] = [];
  #isTelling = false;

  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  tell(event: () => void): void {
    this.#untold.push(event);
    this.hold(() => undefined);
  }

  /** Does what has effects of its own: what is told within it is told when it is done, in order. */
  hold(work: () => void): void {
    if (this.#isTelling) return work();
    this.#isTelling = true;
    for (let tell: (() => void) | undefined = work; tell !== undefined; tell = this.#untold.shift()) {
      try {
        tell();
      } catch (error) {
        this.#failed(error);
      }
    }
    this.#isTelling = false;
  }

  /** Of what is still to be told nobody wants to hear. */
  drop(): void {
    this.#untold.length = 0;
  }
}
