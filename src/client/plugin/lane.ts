/**
 * What waits for middleware, one way, of one object: one at a time, in order. What has none, and nothing before it, goes on
 * in the same turn. Which middleware there is, is left to the plugins.
 */
import type { Middleware, Passing } from './plugin.ts';

/** One plugin's part in a passage. */
export interface Step {
  readonly pluginName: string;
  readonly middleware: Middleware;
}

/** How it ended before the last step: a plugin said no, failed, or gave no answer in time. */
export interface Stop {
  readonly kind: 'refused' | 'failed' | 'late';
  readonly pluginName: string;
  readonly error: unknown;
}

export interface Passage {
  readonly passing: Passing;
  readonly steps: readonly Step[];
  payload: unknown;
  passed(payload: unknown): void;
  stopped(stop: Stop): void;
}

export interface LaneBounds {
  /** How long one middleware may take. */
  readonly stepMs: number;
  /** How many may wait behind it; beyond, it is taken for late. */
  readonly waitingMax: number;
}

export class Lane {
  readonly #bounds: LaneBounds;
  readonly #tell: (stop: Stop) => void;
  readonly #busy: Set<Lane>;
  readonly #waiting: Passage[] = [];
  #running = false;
  /** Ends the step that is under way. */
  #giveUp: ((error: unknown, kind?: Stop['kind']) => void) | undefined;
  #ended: Stop | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * `tell`: what a middleware does wrong once its answer does not count any more; `busy`: the lanes in which one is waited
   * for.
   */
  constructor(bounds: LaneBounds, tell: (stop: Stop) => void, busy: Set<Lane>) {
    this.#bounds = bounds;
    this.#tell = tell;
    this.#busy = busy;
  }

  /** Nothing goes on any more: all that waits is stopped, in order. */
  end(error: unknown): void {
    this.#ended = { kind: 'refused', pluginName: '', error };
    this.#giveUp?.(error, 'refused');
  }

  pass(passage: Passage): void {
    this.#waiting.push(passage);
    if (!this.#running) return this.#run();
    const { waitingMax } = this.#bounds;
    if (this.#waiting.length > waitingMax) this.#giveUp?.(new Error(`More than ${waitingMax} events wait for it.`));
  }

  #run(): void {
    this.#running = true;
    // A loop, and not each from the one before: what waits may be a lot.
    for (let passage = this.#waiting.shift(); passage !== undefined; passage = this.#waiting.shift()) {
      if (!this.#step(passage, 0)) return;
    }
    this.#running = false;
  }

  /** From this step on. False: it is not over yet, and goes on by itself. */
  #step(passage: Passage, first: number): boolean {
    for (let i = first; i < passage.steps.length; i++) {
      const step = passage.steps[i];
      if (step === undefined || this.#ended !== undefined) break;
      const answer = this.#ask(passage, step, () => {
        if (this.#step(passage, i + 1)) this.#run();
      });
      if (answer === 'waits') return false;
      if (answer === 'stopped') return true;
    }
    this.#settle(passage, this.#ended);
    return true;
  }

  /** What middleware has made of it may be nothing that can go on, and who hears of it may throw: that is told, and what is behind it goes on. */
  #settle(passage: Passage, stop: Stop | undefined): void {
    try {
      if (stop === undefined) passage.passed(passage.payload);
      else passage.stopped(stop);
    } catch (error) {
      this.#tell({ kind: 'failed', pluginName: passage.steps.at(-1)?.pluginName ?? '', error });
    }
  }

  /** `later` is called where the answer does not come at once. */
  #ask(passage: Passage, { pluginName, middleware }: Step, later: () => void): 'next' | 'stopped' | 'waits' {
    let answer: 'next' | 'stopped' | 'waits' = 'waits';
    let isLater = false;
    const settle = (stop: Stop | undefined): void => {
      if (answer !== 'waits') return;
      answer = stop === undefined ? 'next' : 'stopped';
      clearTimeout(this.#timer);
      this.#giveUp = undefined;
      this.#busy.delete(this);
      if (stop !== undefined) this.#settle(passage, stop);
      if (!isLater) return;
      if (stop === undefined) later();
      else this.#run();
    };
    const fail = (error: unknown): void => {
      const stop: Stop = { kind: 'failed', pluginName, error };
      if (answer === 'waits') settle(stop);
      else this.#tell(stop);
    };
    try {
      const returned = middleware(
        passage.payload,
        (error, payload) => {
          if (answer !== 'waits') return;
          if (error !== undefined && error !== null) return settle({ kind: 'refused', pluginName, error });
          if (payload !== undefined) passage.payload = payload;
          settle(undefined);
        },
        passage.passing,
      );
      if (returned instanceof Promise) returned.catch(fail);
    } catch (error) {
      fail(error);
    }
    if (answer !== 'waits') return answer;
    isLater = true;
    this.#giveUp = (error, kind = 'late') => settle({ kind, pluginName, error });
    this.#busy.add(this);
    const { stepMs } = this.#bounds;
    this.#timer = setTimeout(() => this.#giveUp?.(new Error(`It gave no answer within ${stepMs} ms.`)), stepMs);
    return answer;
  }
}
