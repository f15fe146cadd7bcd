/**
 * Calls an operator's hooks: in bounded time, in bounded number, by the policy of each. A hook that throws, hangs or
 * answers nonsense costs whoever asked a declared error and nobody else anything. Those of the module are called here; what an
 * endpoint answers over HTTP is asked behind them, by remote/. Where hooks are asked is chat/'s work.
 */
import { fail, Failure, unavailable, type HookCode } from '../protocol/errors/errors.ts';
import type { HookPolicy } from './contract.ts';
import type { Hook, LoadedHooks } from './load.ts';
import type { RemoteHooks } from './remote/remote-hooks.ts';
import { Nonsense, type HookFailure, type Read } from './verdict.ts';

export interface HookRunnerOptions {
  readonly timeoutMs: number;
  /** Calls of one hook that are under way at the same time. */
  readonly pendingMax: number;
  /** Told of every failure; gives the reference that the caller is told. `what` completes "the hook NAME …". */
  onFailure(hook: string, what: string, error?: unknown): string;
}

const LATE = Symbol('late');
const START_MS = 10_000;

export class HookRunner {
  readonly #hooks: LoadedHooks;
  readonly #options: HookRunnerOptions;
  readonly #remote: RemoteHooks | undefined;
  /** Calls under way, by hook: one that hangs must not use up what the others need. */
  readonly #pending = new Map<string, number>();

  constructor(hooks: LoadedHooks, options: HookRunnerOptions, remote?: RemoteHooks) {
    this.#hooks = hooks;
    this.#options = options;
    this.#remote = remote;
  }

  has(name: string): boolean {
    return this.#hooks.functions.has(name) || this.#remote?.has(name) === true;
  }

  /** Of each hook that an endpoint answers, whether that is away. */
  away(): Iterable<readonly [hook: string, isAway: boolean]> {
    return this.#remote?.away() ?? [];
  }

  /**
   * Asks a hook that decides; undefined where there is none, where it has said nothing, or where it has failed and its
   * policy lets that pass. `argument` makes what it is given, and `read` what it has said. The module is asked first. Unless it
   * refuses, the endpoint is shown what it has made of it (`former`); `joined` is what both have said. Never rejects.
   */
  async ask<T>(
    name: string,
    argument: (former: T | undefined) => unknown,
    read: (said: unknown) => Read<T>,
    joined: (former: T, later: T) => T = (_, later) => later,
  ): Promise<T | Failure<HookCode> | HookFailure | undefined> {
    const former = await this.#askModule(name, () => argument(undefined), read);
    if (former instanceof Failure || this.#remote?.has(name) !== true) return former;
    const later = await this.#remote.ask(name, () => argument(former), read);
    if (later === undefined) return former;
    return later instanceof Failure || former === undefined ? later : joined(former, later);
  }

  async #askModule<T>(
    name: string,
    argument: () => unknown,
    read: (said: unknown) => Read<T>,
  ): Promise<T | Failure<HookCode> | HookFailure | undefined> {
    const hook = this.#hooks.functions.get(name);
    if (hook === undefined) return undefined;
    try {
      const said = await this.#call(name, hook, argument());
      return said instanceof Failure ? this.#failed(name, said) : read(said);
    } catch (error) {
      const what = error instanceof Nonsense ? error.message : 'threw';
      const reference = this.#options.onFailure(name, what, error instanceof Nonsense ? undefined : error);
      return this.#failed(name, fail('internalError', [reference]));
    }
  }

  /** Tells a hook that decides nothing. What it does is not waited for; never throws. */
  tell(name: string, argument: () => unknown): void {
    void this.told(name, argument);
  }

  /** The same; resolves when that is over, or given up. Never rejects. */
  async told(name: string, argument: () => unknown): Promise<void> {
    const hook = this.#hooks.functions.get(name);
    if (hook === undefined) return;
    try {
      await this.#call(name, hook, argument());
    } catch (error) {
      this.#options.onFailure(name, 'threw', error);
    }
  }

  /** Runs `onStart`; rejects where it fails or is late. */
  async start(argument: object): Promise<void> {
    const hook = this.#hooks.functions.get('onStart');
    if (hook === undefined) return;
    const limitMs = this.#policyOf('onStart').timeoutMs ?? START_MS;
    const said = await this.#limited('onStart', limitMs, async () => hook(argument));
    if (said === LATE) throw new Error(`the hook onStart took more than ${limitMs} ms`);
  }

  /** Runs `onClose`, for `limitMs` at most, and ends what is under way; never rejects. */
  async close(limitMs: number): Promise<void> {
    await this.#runOnClose(limitMs);
    this.#remote?.close();
  }

  async #runOnClose(limitMs: number): Promise<void> {
    const hook = this.#hooks.functions.get('onClose');
    if (hook === undefined) return;
    const ownMs = this.#policyOf('onClose').timeoutMs ?? this.#options.timeoutMs;
    try {
      const said = await this.#limited('onClose', Math.min(ownMs, limitMs), async () => hook({}));
      if (said === LATE) this.#options.onFailure('onClose', 'took too long');
    } catch (error) {
      this.#options.onFailure('onClose', 'threw', error);
    }
  }

  async #call(name: string, hook: Hook, argument: unknown): Promise<unknown> {
    const under = this.#pending.get(name) ?? 0;
    if (under >= this.#options.pendingMax) {
      this.#options.onFailure(name, 'is not asked: too many calls of it are under way');
      return unavailable();
    }
    const answer = hook(argument);
    // Most hooks have nothing to wait for, and then need no timer.
    if (!isThenable(answer)) return answer;
    this.#pending.set(name, under + 1);
    try {
      const said = await this.#limited(name, this.#policyOf(name).timeoutMs ?? this.#options.timeoutMs, () => answer);
      if (said !== LATE) return said;
      this.#options.onFailure(name, 'took too long');
      return fail('timeout');
    } finally {
      this.#pending.set(name, (this.#pending.get(name) ?? 1) - 1);
    }
  }

  /** What a call resolves with, or `LATE`. What becomes of it after that is only logged. */
  async #limited(name: string, limitMs: number, call: () => PromiseLike<unknown>): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined;
    let isLate = false;
    const tooLate = new Promise<typeof LATE>((resolve) => {
      timer = setTimeout(() => {
        isLate = true;
        resolve(LATE);
      }, limitMs);
    });
    // Handled here in any case: nobody else listens any more once it is late.
    const settled = Promise.resolve(call()).catch((error: unknown) => {
      if (!isLate) throw error;
      this.#options.onFailure(name, 'threw, too late', error);
    });
    try {
      return await Promise.race([settled, tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }

  #failed(name: string, failure: HookFailure | Failure<HookCode>): HookFailure | Failure<HookCode> | undefined {
    return this.#policyOf(name).onFailure === 'allow' ? undefined : failure;
  }

  /** Of the hook itself; for those of requests, of all its kind otherwise. */
  #policyOf(name: string): HookPolicy {
    const { policies } = this.#hooks;
    return { ...policies.get(name.split('.', 1)[0] ?? ''), ...policies.get(name) };
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
