/**
 * Sends logs to the operator's webhook, each in its order, at least once: a few logs at a time, and of each what is behind its place
 * in Redis, batch by batch. It is told of logs that may have something new; nothing of what they hold is kept here, so an endpoint that
 * is away costs a name for each, up to a bound. What is lost of that is found by whoever scans (room-scan.ts).
 */
import type { Waking } from '../../ops/pulse.ts';
import type { Endpoint } from '../../endpoint/endpoint.ts';
import type { Instance } from '../../bus/instance.ts';
import type { Outbox, WebhookStore } from '../../store/webhook/webhook-store.ts';
import { BatchSender, type BatchSenderDeps } from './batch-sender.ts';
import { Breaker } from './breaker.ts';

export interface RelayDeps extends Waking, BatchSenderDeps {
  readonly outboxes: Pick<WebhookStore, 'take' | 'putOff' | 'endedLives' | 'endLife'>;
  readonly endpoint: Pick<Endpoint, 'post' | 'close'>;
  readonly instance: Pick<Instance, 'nodeId'>;
  readonly concurrency: number;
  /** For how long a node that sends a log has it. */
  readonly leaseMs: number;
  /** For how long what was taken may wait before it is sent: less than its lease by the time that sending takes. */
  readonly takenMs: number;
  onError(error: unknown): void;
}

/** What a log waits for. */
interface Due {
  /** On the monotonic clock, like `since`, from which on something is known to be left. */
  readonly at: number;
  readonly since: number;
  /** Another node sends it. */
  readonly isElsewhere: boolean;
  /** Of a batch that its receiver has taken, and Redis could not be told of: the token; '' for none. */
  readonly sent: string;
}

/** A log that is being sent. */
interface Sending {
  readonly since: number;
  /** Something came meanwhile. */
  hasNews: boolean;
  /** It was asked for: its next batch is sent though the endpoint is left alone. */
  isAskedFor: boolean;
  /** As of what is due. */
  sent: string;
}

/** The service's own log among the names of rooms. */
export const SERVICE_LOG = '';
export const LOGS_MAX = 10_000;
/** Then it is another log's turn. */
const BATCHES_IN_TURN = 10;
const REDIS_AGAIN_MS = 1000;
/** When what another node sends is looked at again, where there is something new. */
const ELSEWHERE_MS = 1000;
export class Relay {
  readonly breaker = new Breaker();
  readonly #deps: RelayDeps;
  readonly #batches: BatchSender;
  readonly #due = new Map<string, Due>();
  /** Those of them with a batch that was taken: a few, while all that is due may be looked through for nothing. */
  readonly #taken = new Set<string>();
  readonly #busy = new Map<string, Sending>();
  /** Those that the service has asked for, and that are due or being sent. */
  readonly #askedFor = new Set<string>();
  #isClosed = false;
  #onEnded: (() => void) | undefined;

  constructor(deps: RelayDeps) {
    this.#deps = deps;
    this.#batches = new BatchSender(deps, this.breaker);
  }

  /** Logs that wait, or are being sent. */
  get size(): number {
    return this.#due.size + this.#busy.size;
  }

  /** For how long the oldest of what is known to be left has waited. */
  lagMs(now: number): number {
    let oldest = now;
    for (const { since } of this.#due.values()) oldest = Math.min(oldest, since);
    for (const { since } of this.#busy.values()) oldest = Math.min(oldest, since);
    return now - oldest;
  }

  /** A log may have something new. */
  note(name: string): void {
    const busy = this.#busy.get(name);
    if (busy !== undefined) busy.hasNews = true;
    else {
      const due = this.#due.get(name);
      if (due === undefined) this.#add(name, 0, performance.now());
      // Another node sends what was there when it was seen to; it may have come to its end since.
      else if (due.isElsewhere) this.#due.set(name, { ...due, at: Math.min(due.at, due.since + ELSEWHERE_MS) });
    }
  }

  /** What was put off is tried at once, and once also where the endpoint is left alone: it was asked for. */
  hasten(name: string): void {
    this.#due.delete(name);
    this.#taken.delete(name);
    this.note(name);
    if (this.#due.has(name) || this.#busy.has(name)) this.#askedFor.add(name);
    this.#endWhereDone();
  }

  /** Begins what is due. Called every moment while this node may act; what it begins does not reject. */
  run(): void {
    const now = performance.now();
    // Redis is to know of what was taken, whatever else may not be begun: else it is sent again.
    for (const name of this.#taken) this.#begin(name, now);
    for (const name of this.#askedFor) {
      if (this.#isClosed || this.#busy.size >= this.#deps.concurrency) break;
      this.#begin(name, now);
    }
    if (this.breaker.state !== 'closed') return this.#tryOne(now);
    for (const name of this.#due.keys()) {
      if (this.#isClosed || this.#isFull(now)) return;
      this.#begin(name, now);
    }
  }

  /** What has been due for longest, of what has not failed before: it may be what others say that has no answer. */
  #tryOne(now: number): void {
    if (this.#isClosed || this.#isFull(now)) return;
    let [longest, dueAt] = ['', Infinity];
    for (const [name, { at }] of this.#due) {
      const place = this.breaker.hasFailed(name) ? now + at : at;
      if (at <= now && place < dueAt) [longest, dueAt] = [name, place];
    }
    this.#begin(longest, now);
  }

  #begin(name: string, now: number): void {
    const due = this.#due.get(name);
    if (due === undefined || due.at > now) return;
    const { since, sent } = due;
    this.#due.delete(name);
    this.#taken.delete(name);
    const sending = { since, hasNews: false, isAskedFor: this.#askedFor.delete(name), sent };
    this.#busy.set(name, sending);
    // Not before all that is due has begun.
    setImmediate(() => void this.#send(name, sending));
  }

  /**
   * Begins nothing more. Who has been asked may answer for `graceMs`, and is asked no longer then. Resolves when what was taken is
   * noted, and the rest given back: as long as that fails it is tried by `run`.
   */
  async close(graceMs: number): Promise<void> {
    this.#isClosed = true;
    const ending = setTimeout(() => this.#deps.endpoint.close(), graceMs);
    await new Promise<void>((resolve) => {
      this.#onEnded = resolve;
      this.#endWhereDone();
    });
    clearTimeout(ending);
    this.stop();
  }

  /** Ends what is under way, and waits for nothing. */
  stop(): void {
    this.#isClosed = true;
    this.#deps.endpoint.close();
  }

  /** While the breaker is open one tries, when it is time. */
  #isFull(now: number): boolean {
    const atOnce = this.breaker.state === 'closed' ? this.#deps.concurrency : 1;
    return this.#busy.size >= atOnce || this.breaker.leftMs(now) > 0;
  }

  #add(name: string, waitMs: number, since: number, { isElsewhere = false, sent = '' } = {}): void {
    if (this.#due.size >= LOGS_MAX && !this.#due.has(name)) return;
    this.#due.set(name, { at: performance.now() + waitMs, since, isElsewhere, sent });
    if (sent !== '') this.#taken.add(name);
    this.#deps.wake();
  }

  /** Never rejects. */
  async #send(name: string, sending: Sending): Promise<void> {
    let waitMs: number | undefined | 'busy';
    try {
      waitMs = await this.#drainAll(name, sending);
    } catch (error) {
      this.#deps.onError(error);
      waitMs = REDIS_AGAIN_MS;
    }
    const { since, hasNews, sent } = sending;
    this.#busy.delete(name);
    // Another node sends what there is; whether it came to its end is looked at once its lease would be over.
    if (waitMs === 'busy')
      this.#add(name, hasNews ? ELSEWHERE_MS : this.#deps.leaseMs, performance.now(), { isElsewhere: true });
    else if (waitMs !== undefined) this.#add(name, waitMs, since, { sent });
    else if (hasNews) this.#add(name, 0, performance.now());
    // Others have sent what this node could not.
    if (this.size === 0) this.breaker.succeeded();
    this.#endWhereDone();
  }

  #endWhereDone(): void {
    const isDone = this.#busy.size === 0 && this.#taken.size === 0;
    if (this.#isClosed && isDone) this.#onEnded?.();
  }

  /** Earlier rooms of that name first. Gives for how long to wait; undefined where nothing is left. */
  async #drainAll(name: string, sending: Sending): Promise<number | undefined | 'busy'> {
    const left = await this.#drain(name === SERVICE_LOG ? undefined : { roomName: name }, name, sending);
    if (left !== 'ended') return left;
    const { outboxes } = this.#deps;
    for (const life of await outboxes.endedLives(name)) {
      // The room may have been deleted behind a batch that was taken.
      const waitMs = await this.#drain({ roomName: name, life }, name, sending);
      if (waitMs !== undefined && waitMs !== 'ended') return waitMs;
      await outboxes.endLife(name, life);
    }
    sending.sent = '';
    return 0;
  }

  /** `ended`: earlier rooms of that name come first, behind a batch that was taken. */
  async #drain(outbox: Outbox, name: string, sending: Sending): Promise<number | undefined | 'busy' | 'ended'> {
    const { outboxes, instance } = this.#deps;
    const { nodeId } = instance;
    for (let count = 0; ; count++) {
      const takenAt = performance.now();
      const taken = await outboxes.take(outbox, nodeId, sending.sent);
      if (taken === 'ended') return taken;
      sending.sent = '';
      if (taken === 'idle' || taken === 'gone') return undefined;
      if (typeof taken !== 'object') return taken;
      const isLate = (): boolean => performance.now() - takenAt > this.#deps.takenMs;
      const isTurnOver = count >= BATCHES_IN_TURN || this.#isClosed;
      const stopped = isTurnOver ? { waitMs: 0 } : await this.#batches.send(outbox, name, taken, sending, isLate);
      if (stopped !== undefined) {
        const putOffMs = await outboxes.putOff(outbox, taken.token, stopped);
        return stopped.failure === undefined || putOffMs === 'lost' ? stopped.waitMs : putOffMs;
      }
      sending.sent = taken.token;
    }
  }
}
