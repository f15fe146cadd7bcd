/**
 * One node asks another and gets its answer: each instance hears a channel of its own, over the same link as the topics.
 * At most once: what is not answered in time may have been done all the same. What is asked is not known here.
 */
import { replyValuesMax } from '../protocol/params/limits.ts';
import { decodeTrusted, encodeValue } from '../protocol/wire/msgpack.ts';
import { scanValue } from '../protocol/wire/scan.ts';
import type { Value } from '../protocol/params/values.ts';
import type { Commands } from '../redis/commands.ts';
import type { Key, Keyspace } from '../redis/keys.ts';
import type { Instance } from './instance.ts';
import type { RedisBus } from './redis-bus.ts';

/** What this node gives to a question of another one. */
export type Answers = (question: Value) => Promise<Value>;

export interface NodeCallsDeps {
  readonly keys: Keyspace;
  readonly instance: Pick<Instance, 'nodeId'>;
  readonly bus: Pick<RedisBus, 'listen' | 'unlisten'>;
  readonly commands: Pick<Commands, 'plain'>;
  readonly timeoutMs: number;
  onError(what: string, error: unknown): void;
}

/** `absent`: nobody hears it; `busy`: the other node cannot, or this one has asked too much already. Neither has done anything. */
export type Reply = { readonly value: Value } | 'timeout' | 'absent' | 'busy';

/** A node that was asked says so at once; who does not hear of that waits no longer. */
const HEARD_MS = 1000;

/** Questions that wait for an answer at the same time; and questions of others under way here. */
const PENDING_MAX = 1000;
const DEPTH_MAX = 64;

const QUESTION = 0;
const ANSWER = 1;
const BUSY = 2;
const HEARD = 3;

interface Pending {
  settle(reply: Reply): void;
  readonly until: number;
  timer: NodeJS.Timeout;
}

export class NodeCalls {
  readonly #deps: NodeCallsDeps;
  readonly #pending = new Map<number, Pending>();
  #heard: string | undefined;
  #following = false;
  #lastId = 0;
  #answering = 0;
  #answers: Answers = () => Promise.reject(new Error('nobody answers here'));

  constructor(deps: NodeCallsDeps) {
    this.#deps = deps;
  }

  /** To be called before `follow`: what answers is made later, for it asks other nodes itself. */
  start(answers: Answers): void {
    this.#answers = answers;
  }

  /** Hears what this node's present instance is asked. To be called again when that may be another one. */
  async follow(): Promise<void> {
    const { keys, bus } = this.#deps;
    const { nodeId } = this.#deps.instance;
    const before = this.#heard;
    if (before === nodeId || this.#following) return;
    this.#following = true;
    try {
      await bus.listen(keys.calls(nodeId), (bytes) => this.#received(bytes));
      this.#heard = nodeId;
      if (before !== undefined) await bus.unlisten(keys.calls(before));
    } finally {
      this.#following = false;
    }
  }

  /** Asks an instance of a node, and waits for its answer no longer than `timeoutMs`. Rejects where Redis cannot be asked. */
  async ask(nodeId: string, question: Value, timeoutMs = this.#deps.timeoutMs): Promise<Reply> {
    if (this.#pending.size >= PENDING_MAX) return 'busy';
    const id = ++this.#lastId;
    const reply = this.#wait(id, timeoutMs);
    try {
      const hearers = await this.#publish(
        this.#channel(nodeId),
        encodeValue([QUESTION, id, this.#deps.instance.nodeId, question]),
      );
      return hearers === 0 ? 'absent' : await reply;
    } finally {
      clearTimeout(this.#pending.get(id)?.timer);
      this.#pending.delete(id);
    }
  }

  #wait(id: number, timeoutMs: number): Promise<Reply> {
    const heardMs = Math.min(HEARD_MS, timeoutMs);
    return new Promise((settle) => {
      this.#pending.set(id, {
        settle,
        until: performance.now() + timeoutMs,
        timer: setTimeout(() => settle('timeout'), heardMs),
      });
    });
  }

  #heardOf(id: number): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    clearTimeout(pending.timer);
    pending.timer = setTimeout(() => pending.settle('timeout'), pending.until - performance.now());
  }

  /** Nobody waits any longer. */
  stop(): void {
    for (const pending of this.#pending.values()) pending.settle('timeout');
  }

  #channel(nodeId: string): Key {
    return this.#deps.keys.calls(nodeId);
  }

  /** Resolves with how many hear the channel; rejects where Redis cannot be asked. */
  async #publish(channel: Key, bytes: Uint8Array): Promise<number> {
    return Number(await this.#deps.commands.plain('spublish', channel, Buffer.from(bytes)));
  }

  #received(bytes: Buffer): void {
    // An operator may publish anything on a channel.
    if (scanValue(bytes, 0, DEPTH_MAX, replyValuesMax) !== bytes.length) return;
    const message = decodeTrusted(bytes);
    if (!Array.isArray(message)) return;
    const [type, id, third = null, fourth = null] = message;
    if (typeof id !== 'number') return;
    if (type === QUESTION && typeof third === 'string') void this.#answer(third, id, fourth);
    else if (type === HEARD) this.#heardOf(id);
    else if (type === ANSWER) this.#pending.get(id)?.settle({ value: third });
    else if (type === BUSY) this.#pending.get(id)?.settle('busy');
  }

  /** Never rejects. */
  async #answer(nodeId: string, id: number, question: Value): Promise<void> {
    const reply = (parts: Value[]): Promise<unknown> => this.#publish(this.#channel(nodeId), encodeValue(parts));
    const isBusy = this.#answering >= PENDING_MAX;
    this.#answering++;
    try {
      if (!isBusy) await reply([HEARD, id]);
      const value = isBusy ? undefined : await this.#answers(question).catch((error: unknown) => this.#failed(error));
      await reply(value === undefined ? [BUSY, id] : [ANSWER, id, value]);
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#answering--;
    }
  }

  #failed(error: unknown): undefined {
    this.#deps.onError('answering another node', error);
  }
}
