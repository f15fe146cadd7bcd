/** Lines for whoever reads a stream, at the pace at which they are read: what nobody takes is not kept without end. */
import type { Writable } from 'node:stream';

/** Not read yet: some ten thousand messages. */
const waitingBytesMax = 4_000_000;

export class LineOutput {
  readonly #stream: Writable;
  readonly #missed: (count: number) => void;
  #leftOut = 0;
  #isFull = false;

  /** Of lines that were left out it is told once there is room again. */
  constructor(stream: Writable, missed: (count: number) => void) {
    this.#stream = stream;
    this.#missed = missed;
  }

  write(line: string): void {
    if (this.#isFull) return void (this.#leftOut += 1);
    this.#stream.write(`${line}\n`);
    if (this.#stream.writableLength <= waitingBytesMax) return;
    this.#isFull = true;
    this.#stream.once('drain', () => this.#drained());
  }

  #drained(): void {
    const count = this.#leftOut;
    this.#leftOut = 0;
    this.#isFull = false;
    if (count > 0) this.#missed(count);
  }
}
