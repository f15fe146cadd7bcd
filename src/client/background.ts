/** What a part of the client asks for by itself, and nobody waits for: repeated where it fails for the moment. */
import { repeatDelayMs } from './connection/backoff.ts';
import type { Core } from './core.ts';
import { isTemporary } from './request-error.ts';

export class Background {
  readonly #core: Core;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(core: Core) {
    this.#core = core;
    core.onLoss(() => clearTimeout(this.#timer));
    core.onClose(() => clearTimeout(this.#timer));
  }

  /**
   * Until it succeeds, fails for good (which is told as `error`), or the connection is lost: what then is to be done is up
   * to who calls. Another one takes the place of one that waits.
   */
  insist(attempt: () => Promise<unknown>): void {
    void this.#try(attempt, 0);
  }

  async #try(attempt: () => Promise<unknown>, failures: number): Promise<void> {
    const { link } = this.#core;
    clearTimeout(this.#timer);
    try {
      await attempt();
    } catch (error) {
      if (this.#core.link !== link || link === undefined) return;
      if (!isTemporary(error)) return this.#core.failed(error);
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.#try(attempt, failures + 1), repeatDelayMs(error, failures));
    }
  }
}
