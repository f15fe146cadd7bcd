/**
 * The hooks that an operator's endpoint answers over HTTP (PARLEY_HOOK_URL), by the contract of those of a module: the same arguments,
 * the same answers, read by the same code. An endpoint that is late, away or talks nonsense costs who asked a declared error, or
 * nothing, by the policy; whoever else asks it no more than that.
 */
import type { RemoteHookName } from '../../config/hook-settings.ts';
import { signingKey } from '../../endpoint/signature.ts';
import { fail, Failure, unavailable, type HookCode } from '../../protocol/errors/errors.ts';
import { Nonsense, type HookFailure, type Read } from '../verdict.ts';
import { NoAnswer, RemoteHook } from './remote-hook.ts';

export interface RemoteHooksOptions {
  readonly url: string;
  /** Signs what is sent. */
  readonly secret: string;
  readonly names: readonly RemoteHookName[];
  readonly allowPrivate: boolean;
  readonly timeoutMs: number;
  /** Requests of one hook under way. */
  readonly concurrency: number;
  readonly maxResponseBytes: number;
  /** What follows when there is no answer, or none that is one: `allow`, as if nothing had been said. */
  readonly policy: 'refuse' | 'allow';
  /** Told of every failure; gives the reference that the caller is told. `what` completes "the hook NAME …". */
  onFailure(hook: string, what: string, error?: unknown): string;
  /** Told of everything that was asked; `ok`, `refused` by the endpoint, or the code of the failure. */
  onAsked(hook: string, outcome: string, ms: number): void;
}

export class RemoteHooks {
  readonly #hooks: ReadonlyMap<string, RemoteHook>;
  readonly #options: RemoteHooksOptions;
  #isClosed = false;

  constructor(options: RemoteHooksOptions) {
    const key = signingKey(options.secret);
    this.#hooks = new Map(options.names.map((name) => [name, new RemoteHook(name, key, options)]));
    this.#options = options;
  }

  has(name: string): boolean {
    return this.#hooks.has(name);
  }

  /** For each hook, whether its endpoint is away: it has given no answer for a while, and is only tried now and then. */
  *away(): Generator<readonly [string, boolean]> {
    for (const [name, hook] of this.#hooks) yield [name, hook.isAway];
  }

  /**
   * Asks one hook; undefined where there is none, where nothing was said, or where there is no answer and the policy lets that
   * pass. `read` reads what was said. Never rejects.
   */
  async ask<T>(
    name: string,
    argument: () => unknown,
    read: (said: unknown) => Read<T>,
  ): Promise<T | Failure<HookCode> | HookFailure | undefined> {
    const hook = this.#hooks.get(name);
    if (hook === undefined) return undefined;
    const began = performance.now();
    const options = this.#options;
    try {
      const said = read(await hook.ask(argument()));
      options.onAsked(name, said instanceof Failure ? 'refused' : 'ok', performance.now() - began);
      return said;
    } catch (error) {
      const failure = this.#failureOf(name, error);
      options.onAsked(name, failure.code, performance.now() - began);
      // What the node itself has ended is no failure of the endpoint's, and nothing passes by that.
      return options.policy === 'allow' && !this.#isClosed ? undefined : failure;
    }
  }

  /** Ends what is under way, and all connections. */
  close(): void {
    this.#isClosed = true;
    for (const hook of this.#hooks.values()) hook.close();
  }

  #failureOf(name: string, error: unknown): HookFailure {
    const options = this.#options;
    if (error instanceof NoAnswer) {
      options.onFailure(name, error.message);
      return error.code === 'timeout' ? fail('timeout') : unavailable();
    }
    if (error instanceof Nonsense) return fail('internalError', [options.onFailure(name, error.message)]);
    return fail('internalError', [options.onFailure(name, 'could not be asked', error)]);
  }
}
