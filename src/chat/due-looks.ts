/**
 * Looks at what is noted in Redis by when to look at it, on whatever node looks first. Whoever looks notes last that it did, so another one goes
 * on where this one dies. Redis is asked when something is due, and seldom otherwise: others note, too, and die.
 */
import type { Instance } from '../bus/instance.ts';
import type { DueEndings } from '../store/conversation/endings.ts';
import { sideBySide } from '../ops/side-by-side.ts';

export interface DueLooksDeps<T> {
  read(limit: number): Promise<DueEndings<T>>;
  see(one: T): Promise<void>;
  /** Behind one that could not be seen to. */
  putOff?(one: T): Promise<void>;
  readonly instance: Pick<Instance, 'held' | 'redisNow'>;
  /** Looked for at least so often. */
  readonly restMs: number;
  onError(error: unknown): void;
}

/** Of one look, and of those that are looked at at the same time. */
const PAGE = 64;
const CONCURRENCY = 8;

export class DueLooks<T> {
  readonly #deps: DueLooksDeps<T>;
  /** By Redis's clock. */
  #lookAt = 0;
  #running = false;

  constructor(deps: DueLooksDeps<T>) {
    this.#deps = deps;
  }

  /** Something is noted for that time. */
  lookBy(at: number): void {
    this.#lookAt = Math.min(this.#lookAt, at);
  }

  /** Called once a second while this node may act; never rejects. Gives whether more is due right now. */
  async run(): Promise<boolean> {
    if (this.#running || this.#deps.instance.redisNow() < this.#lookAt) return false;
    this.#running = true;
    try {
      await this.#look();
      return this.#lookAt === 0 && this.#deps.instance.held;
    } catch (error) {
      this.#lookAt = 0;
      this.#deps.onError(error);
      return false;
    } finally {
      this.#running = false;
    }
  }

  async #look(): Promise<void> {
    // What is noted meanwhile is not passed over.
    this.#lookAt = Infinity;
    const { due, next = Infinity, time } = await this.#deps.read(PAGE);
    this.#lookAt = due.length < PAGE ? Math.min(this.#lookAt, next, time + this.#deps.restMs) : 0;
    const failures: unknown[] = [];
    const see = async (one: T): Promise<void> => {
      // One of them may be on a server that does not answer.
      try {
        await this.#deps.see(one);
      } catch (error) {
        failures.push(error);
        await this.#deps.putOff?.(one);
      }
    };
    await sideBySide(due, CONCURRENCY, see, () => this.#deps.instance.held);
    if (failures.length > 0) throw failures[0];
  }
}
