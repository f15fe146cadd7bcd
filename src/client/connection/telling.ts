/** Tells one thing after the other: what a listener causes comes behind that which it hears. What is told is left to who has it. */

export class Telling {
  readonly #untold: (() => void)[] = [];
  #isTelling = false;

  tell(event: () => void): void {
    this.#untold.push(event);
    this.hold(() => undefined);
  }

  /** Does what has effects of its own: what is told within it is told when it is done, in order. */
  hold(work: () => void): void {
    if (this.#isTelling) return work();
    this.#isTelling = true;
    work();
    for (let tell = this.#untold.shift(); tell !== undefined; tell = this.#untold.shift()) tell();
    this.#isTelling = false;
  }

  /** Of what is still to be told nobody wants to hear. */
  drop(): void {
    this.#untold.length = 0;
  }
}
