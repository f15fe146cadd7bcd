/**
 * Sends scripts and plain commands to Redis. Every call settles within the time limit: with the reply, or with
 * `StateUnavailable`, in which case it may or may not have been executed. Nothing is queued without a bound, and
 * nothing is sent once this node may not act any more.
 */
import { Cluster } from 'ioredis';
import type { Distribution, Distributions, Tally } from '../ops/distribution.ts';
import { saysNoConnection } from '../ops/log.ts';
import type { Client } from './connect.ts';
import type { Key } from './keys.ts';
import { allScripts } from './scripts/index.ts';
import { layOut, type Reply, type ScriptArgument, type ScriptDeclaration } from './script.ts';

/** Redis did not answer, refused for now, or this node may not act. Temporary by nature. */
export class StateUnavailable extends Error {
  override readonly name = 'StateUnavailable';
}

export interface CommandsOptions {
  readonly timeoutMs: number;
  readonly queueMax: number;
  /** False once this node's lease may have been claimed. */
  mayAct(): boolean;
  /** Told of every command that Redis did not answer or refused; of a missing connection its own events tell. */
  onError(error: Error): void;
  /** How long answers took, by command; and what went wrong, by kind. */
  readonly measured?: { readonly durations: Distributions; readonly errors: Tally };
}

interface Pending {
  readonly deadline: number;
  settled: boolean;
  expire(): void;
}

/** The plain commands in use, each as the client's method that gives bytes where the reply has any. */
const plainCommands = {
  hmget: 'hmgetBuffer',
  hget: 'hgetBuffer',
  hscan: 'hscanBuffer',
  zadd: 'zadd',
  zrem: 'zrem',
  zrangebyscore: 'zrangebyscoreBuffer',
  spublish: 'spublish',
  unlink: 'unlink',
} as const;
export type PlainCommand = keyof typeof plainCommands;

type Call = (...args: unknown[]) => Promise<Reply>;

const RETRY_MS = 50;
/** Refusals before execution: the slot is elsewhere or on its way. Safe to send again. */
const REDIRECTED = /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN)\b/;
/** What a script or a caller got wrong; everything else that fails is Redis's state. */
const DEFECT = /^(ERR|WRONGTYPE)\b/;

export class Commands {
  readonly #client: Client;
  readonly #options: CommandsOptions;
  /** In order of their deadlines: the limit is the same for all. */
  #pending: Pending[] = [];
  #outstanding = 0;
  #answeredAt = 0;
  #failedAt = 0;
  #refreshedAt = 0;
  readonly #timer: NodeJS.Timeout;
  /** By the client's method. */
  readonly #durations = new Map<string, Distribution>();

  constructor(client: Client, options: CommandsOptions) {
    this.#client = client;
    this.#options = options;
    for (const { name, keys, lua } of allScripts) client.defineCommand(name, { numberOfKeys: keys.length, lua });
    this.#timer = setInterval(() => this.#expire(), 50);
    this.#timer.unref();
  }

  get outstanding(): number {
    return this.#outstanding;
  }

  /** True when the last outcome was an answer. */
  get healthy(): boolean {
    return this.#answeredAt >= this.#failedAt;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Runs a script; see its Lua file for the replies. */
  run<K extends string, A extends string>(
    declaration: ScriptDeclaration<K, A>,
    keys: Readonly<Record<K, Key>>,
    args: Readonly<Record<A, ScriptArgument>>,
    rest: readonly ScriptArgument[] = [],
  ): Promise<Reply> {
    if (!this.#options.mayAct()) return Promise.reject(new StateUnavailable('the lease of this node has run out'));
    return this.runUnfenced(declaration, keys, args, rest);
  }

  /** The same without asking whether this node may act: for the lease itself. */
  runUnfenced<K extends string, A extends string>(
    declaration: ScriptDeclaration<K, A>,
    keys: Readonly<Record<K, Key>>,
    args: Readonly<Record<A, ScriptArgument>>,
    rest: readonly ScriptArgument[] = [],
  ): Promise<Reply> {
    return this.#send(`${declaration.name}Buffer`, layOut(declaration, keys, args, rest));
  }

  /** A plain command; the first argument is its key. Never fenced: none of them changes what clients see. */
  plain(command: PlainCommand, key: Key, ...args: ScriptArgument[]): Promise<Reply> {
    return this.#send(plainCommands[command], [key, ...args]);
  }

  async #send(method: string, args: readonly ScriptArgument[]): Promise<Reply> {
    const deadline = performance.now() + this.#options.timeoutMs;
    for (;;) {
      try {
        return await this.#sendOnce(method, args, deadline);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        if (!REDIRECTED.test(error.message)) throw this.#classified(error);
        if (performance.now() + RETRY_MS >= deadline) {
          this.#options.measured?.errors.add('refused');
          throw new StateUnavailable(error.message);
        }
        this.#refreshSlots();
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  #sendOnce(method: string, args: readonly ScriptArgument[], deadline: number): Promise<Reply> {
    if (this.#outstanding >= this.#options.queueMax) {
      this.#options.measured?.errors.add('overload');
      return Promise.reject(new StateUnavailable('too many commands are outstanding'));
    }
    return new Promise<Reply>((resolve, reject) => {
      const pending: Pending = {
        deadline,
        settled: false,
        expire: () => {
          this.#failedAt = performance.now();
          const late = new StateUnavailable('Redis did not answer in time');
          this.#options.measured?.errors.add('timeout');
          this.#options.onError(late);
          reject(late);
        },
      };
      this.#outstanding++;
      this.#pending.push(pending);
      const settle = (): void => {
        pending.settled = true;
        this.#outstanding--;
      };
      // Commands made by defineCommand, and the Buffer variants, are not in the client's type.
      const calls = this.#client as unknown as Record<string, Call>;
      const call = calls[method];
      if (call === undefined) throw new Error(`no command ${method}`);
      call.apply(this.#client, [...args]).then(
        (reply) => {
          settle();
          this.#answeredAt = performance.now();
          this.#durationsOf(method)?.observe(this.#answeredAt - deadline + this.#options.timeoutMs);
          resolve(reply);
        },
        (error: Error) => {
          settle();
          reject(error);
        },
      );
    });
  }

  #durationsOf(method: string): Distribution | undefined {
    let durations = this.#durations.get(method);
    if (durations === undefined) {
      durations = this.#options.measured?.durations.of(method.replace(/Buffer$/, ''));
      if (durations !== undefined) this.#durations.set(method, durations);
    }
    return durations;
  }

  #classified(error: Error): Error {
    if (error instanceof StateUnavailable) return error;
    if (error.name === 'ReplyError' && DEFECT.test(error.message)) {
      this.#options.measured?.errors.add('defect');
      return error;
    }
    this.#options.measured?.errors.add(saysNoConnection(error) ? 'connection' : 'refused');
    this.#failedAt = performance.now();
    if (!saysNoConnection(error)) this.#options.onError(error);
    this.#refreshSlots();
    return new StateUnavailable(error.message);
  }

  #refreshSlots(): void {
    const now = performance.now();
    if (!(this.#client instanceof Cluster) || now - this.#refreshedAt < 500) return;
    this.#refreshedAt = now;
    this.#client.refreshSlotsCache(() => {});
  }

  #expire(): void {
    const now = performance.now();
    let done = 0;
    for (const pending of this.#pending) {
      if (!pending.settled && pending.deadline > now) break;
      if (!pending.settled) pending.expire();
      done++;
    }
    if (done > 0) this.#pending = this.#pending.slice(done);
  }
}

/** The outcome of work that has no limit of its own; rejects with `StateUnavailable` when it takes too long. */
export async function inTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StateUnavailable('Redis did not answer in time')), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
