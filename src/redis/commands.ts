/**
 * Sends scripts and plain commands to Redis. Every call settles within the time limit: with the reply, or with
 * `StateUnavailable`, in which case it may or may not have been executed. Nothing is queued without a bound, and
 * nothing is sent once this node may not act any more.
 */
import { Cluster } from 'ioredis';
import type { Distribution, Distributions, Tally } from '../ops/distribution.ts';
import { saysNoConnection } from '../ops/log.ts';
import { lookIn } from '../ops/looks.ts';
import { Budget } from './budget.ts';
import { Call, type Asked } from './call.ts';
import { ClientScripts, type SentScript } from './script/client-scripts.ts';
import { primariesOf, slotOf, type Client } from './connect.ts';
import type { Key } from './keys.ts';
import { list, type Reply } from './reply.ts';
import { keysOf, layOut, readReply } from './script.ts';
import type { Given, Gives, Rest, Script, ScriptArgument } from './script.ts';
import { send } from './script/send.ts';
import { asList, type PlainCommand } from './plain-commands.ts';
import { newNonce } from './tokens.ts';
import { CONNECTING, DEFECT, FULL, inTime, OVERLOADED, REDIRECTED, StateUnavailable } from './unavailable.ts';

export interface CommandsOptions {
  readonly timeoutMs: number;
  /** Commands outstanding, and the bytes of their arguments. */
  readonly queueMax: number;
  readonly queueBytesMax: number;
  /** False once this node's lease may have been claimed. */
  mayAct(): boolean;
  /** Told of every command that Redis did not answer or refused; of a missing connection its own events tell. */
  onError(error: Error): void;
  /** Sees what scripts reply: for tests of what they declare. */
  onReply?(script: Script, reply: Reply): void;
  /** How long answers took, by command; and what went wrong, by kind. */
  readonly measured?: { readonly durations: Distributions; readonly errors: Tally };
}

const LEASE_OVER = 'the lease of this node has run out';
const RETRY_MS = 50;
/** A server that is connected to for so long is away. */
const CONNECT_MS = 1000;
const EXPIRE_MS = 100;

export class Commands {
  readonly #client: Client;
  readonly #options: CommandsOptions;
  /** In order of their deadlines: the limit is the same for all. */
  #pending: Call[] = [];
  /** What is outstanding, and what waits here to go out together. */
  readonly budget: Budget;
  #answeredAt = 0;
  #failedAt = 0;
  /** The first failure since the last answer. */
  #failingSince: number | undefined;
  #refreshedAt = 0;
  #fullAt: number | undefined;
  readonly #scripts: ClientScripts;
  /** Told the keys of a script that may have added to a log. */
  onAdded: ((key: string) => void) | undefined;
  /** There while something is outstanding. */
  #timer: NodeJS.Timeout | undefined;
  /** By the name of the command or script. */
  readonly #durations = new Map<string, Distribution>();

  constructor(client: Client, options: CommandsOptions) {
    this.#client = client;
    this.#options = options;
    this.#scripts = new ClientScripts(client, options);
    this.budget = new Budget(options.queueMax, options.queueBytesMax, () => options.measured?.errors.add('overload'));
  }

  /** From here on the scripts that are declared so run where Redis is full. To be called once there is a connection. */
  allowWhenFull(): Promise<void> {
    return this.#scripts.allowWhenFull();
  }

  /** From here on servers that can keep the hot scripts as functions. To be called once there is a connection. */
  keepFunctions(): Promise<void> {
    return this.#scripts.keepFunctions();
  }

  /** When Redis last refused something for want of memory, on the monotonic clock. */
  get fullAt(): number | undefined {
    return this.#fullAt;
  }

  /** True when the last outcome was an answer; one that came too late is none. */
  get healthy(): boolean {
    return this.#answeredAt >= this.#failedAt;
  }

  /** For how long, in ms, everything has failed and nothing was answered, be it late; 0 after an answer. */
  get failingMs(): number {
    return this.#failingSince === undefined ? 0 : performance.now() - this.#failingSince;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#scripts.close();
  }

  /** Runs a script: the word by which it refuses, or what it gives. */
  run<K extends string, A extends string, W extends string, G extends Gives>(
    script: Script<K, A, W, G>,
    keys: Readonly<Record<K, Key>>,
    args: Readonly<Record<A, ScriptArgument>>,
    rest: Rest = {},
  ): Promise<W | Given<G>> {
    return this.#run(script, () => layOut(script, keys, args, rest, newNonce), true);
  }

  /** Runs a script that is asked for several things at once; what went wrong with one of them is its outcome. */
  async runEach<K extends string, A extends string, W extends string, G extends Gives>(
    script: Script<K, A, W, G>,
    keys: Readonly<Record<K, Key>>,
    args: Readonly<Record<A, ScriptArgument>>,
    rest: Rest,
  ): Promise<(W | Given<G> | Error)[]> {
    const replies = list(await this.#ask(script, layOut(script, keys, args, rest, newNonce), true));
    const known = new Map<string, Error>();
    return replies.map((one) => {
      // The client's type of a reply does not say so.
      const error: unknown = one;
      if (!(error instanceof Error)) return readReply(script, one);
      const classified = known.get(error.message) ?? this.#classified(error);
      known.set(error.message, classified);
      return classified;
    });
  }

  /** The same without asking whether this node may act: for the lease itself. */
  runUnfenced<K extends string, A extends string, W extends string, G extends Gives>(
    script: Script<K, A, W, G>,
    keys: Readonly<Record<K, Key>>,
    args: Readonly<Record<A, ScriptArgument>>,
    rest: Rest = {},
  ): Promise<W | Given<G>> {
    return this.#run(script, () => layOut(script, keys, args, rest, newNonce), false);
  }

  async #run<W extends string, G extends Gives>(
    script: Script<string, string, W, G>,
    line: () => readonly ScriptArgument[],
    isFenced: boolean,
  ): Promise<W | Given<G>> {
    return readReply(script, await this.#ask(script, line(), isFenced));
  }

  async #ask(script: Script, line: readonly ScriptArgument[], isFenced: boolean): Promise<Reply> {
    if (isFenced && !this.#options.mayAct()) throw new StateUnavailable(LEASE_OVER);
    try {
      const what: SentScript = { script, as: 'function', sentAt: 0 };
      const reply = await this.#send({ name: script.name, what, isFenced, args: line });
      this.#options.onReply?.(script, reply);
      return reply;
    } finally {
      // Also where there was no answer.
      if (script.writes && this.onAdded !== undefined) keysOf(script, line).forEach(this.onAdded);
    }
  }

  /** A plain command; the first argument is its key. Never fenced: what nodes are asked for by one is fenced where it is done. */
  plain(command: PlainCommand, key: Key, ...args: ScriptArgument[]): Promise<Reply> {
    const reply = this.#send({ name: command, what: command, isFenced: false, args: [key, ...args] });
    return command === 'hgetall' ? reply.then(asList) : reply;
  }

  /** What a primary tells of itself, by section. Rejects where it does not, or is no primary. */
  async info(primary: string, section: string): Promise<string> {
    const server = primariesOf(this.#client).get(primary);
    if (server === undefined) throw new StateUnavailable('the server is no primary any more');
    return inTime(server.info(section), this.#options.timeoutMs);
  }

  /** Keys of one number may share a call. Always 0 where there is one server. */
  slotOf(key: Key): number {
    return slotOf(this.#client, key);
  }

  /** The servers that keys are spread over, by address and in its order. One, '' by name, where there is no Cluster. */
  primaries(): string[] {
    return [...primariesOf(this.#client).keys()].toSorted();
  }

  /** A page of one server's keys: the next cursor and those that match. `StateUnavailable` where there is no such server. */
  async scan(primary: string, cursor: string, pattern: string, count: number): Promise<Reply> {
    const server = primariesOf(this.#client).get(primary);
    if (server === undefined) throw new StateUnavailable('the server is no primary any more');
    const args = [cursor, 'MATCH', pattern, 'COUNT', count];
    return this.#send({ name: 'scan', what: 'scan', isFenced: false, args, server });
  }

  #send(asked: Asked): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const call = new Call(asked, this.#options.timeoutMs, resolve, reject);
      if (!this.#attempt(call)) return;
      this.#pending.push(call);
      this.#expireLater();
    });
  }

  /** Hands a call to the client; false where there are too many already. */
  #attempt(call: Call): boolean {
    if (!this.budget.take(call.bytes)) {
      this.#settle(call, new StateUnavailable(OVERLOADED));
      return false;
    }
    let asked;
    try {
      asked = this.#goOut(call);
    } catch (error) {
      // The client has no server for it.
      asked = Promise.reject<Reply>(error);
    }
    asked.then(
      (reply) => this.#answered(call, reply),
      (error: Error) => this.#failed(call, error),
    );
    return true;
  }

  /** Nothing of it was run. What may not be sent any more has failed, or expires. */
  #attemptAgain(call: Call): void {
    this.budget.give(call.bytes);
    if (call.settled || performance.now() >= call.deadline) return;
    if (call.isFenced && !this.#options.mayAct()) this.#settle(call, new StateUnavailable(LEASE_OVER));
    else this.#attempt(call);
  }

  #goOut({ what, args, server }: Call): Promise<Reply> {
    if (typeof what !== 'string') return this.#scripts.send(what, args);
    return send(server ?? this.#client, what, args);
  }

  #answered(call: Call, reply: Reply): void {
    this.budget.give(call.bytes);
    const now = performance.now();
    this.#failingSince = undefined;
    this.#durationsOf(call.name)?.observe(now - call.sentAt);
    if (call.settled) return;
    this.#answeredAt = now;
    call.settled = true;
    call.resolve(reply);
  }

  #failed(call: Call, error: Error): void {
    if (!call.settled && typeof call.what !== 'string' && this.#scripts.isToBeSentAgain(call.what, error))
      return this.#attemptAgain(call);
    const isRedirected = REDIRECTED.test(error.message);
    const until = error.message === CONNECTING ? call.sentAt + CONNECT_MS : call.deadline;
    if (!call.settled && isRedirected && performance.now() + RETRY_MS < until) {
      // It counts as outstanding until then.
      this.#refreshSlots();
      setTimeout(() => this.#attemptAgain(call), RETRY_MS);
      return;
    }
    this.budget.give(call.bytes);
    if (call.settled) return;
    if (!isRedirected || error.message === CONNECTING) return this.#settle(call, this.#classified(error));
    this.#options.measured?.errors.add('refused');
    this.#settle(call, new StateUnavailable(error.message));
  }

  #settle(call: Call, error: Error): void {
    call.settled = true;
    call.reject(error);
  }

  #durationsOf(name: string): Distribution | undefined {
    let durations = this.#durations.get(name);
    if (durations === undefined) {
      durations = this.#options.measured?.durations.of(name);
      if (durations !== undefined) this.#durations.set(name, durations);
    }
    return durations;
  }

  #classified(error: Error): Error {
    if (error instanceof StateUnavailable) return error;
    if (error.name === 'ReplyError' && DEFECT.test(error.message)) {
      this.#options.measured?.errors.add('defect');
      return error;
    }
    if (FULL.test(error.message)) {
      // It has answered, and does whatever needs no memory.
      this.#options.measured?.errors.add('full');
      this.#answeredAt = this.#fullAt = performance.now();
      this.#options.onError(error);
      return new StateUnavailable(error.message);
    }
    this.#options.measured?.errors.add(saysNoConnection(error) ? 'connection' : 'refused');
    this.#noteFailure(performance.now());
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

  #expireLater(): void {
    this.#timer ??= lookIn(EXPIRE_MS, () => {
      this.#timer = undefined;
      this.#expire();
      if (this.#pending.length > 0) this.#expireLater();
    }).unref();
  }

  #expire(): void {
    const now = performance.now();
    let done = 0;
    for (const call of this.#pending) {
      if (!call.settled && call.deadline > now) break;
      if (!call.settled) this.#expireCall(call, now);
      done++;
    }
    if (done > 0) this.#pending = this.#pending.slice(done);
  }

  #noteFailure(now: number): void {
    this.#failedAt = now;
    this.#failingSince ??= now;
  }

  #expireCall(call: Call, now: number): void {
    this.#noteFailure(now);
    const late = new StateUnavailable('Redis did not answer in time');
    this.#options.measured?.errors.add('timeout');
    this.#options.onError(late);
    this.#settle(call, late);
  }
}
