/**
 * One topic as this node follows it: a position, and the rule that nothing is delivered out of the log's order.
 * What is missing is read again before anything newer goes on; what cannot be had is told (`reset`), never skipped.
 */
import type { Topic } from './bus.ts';
import { positionOf, type Position, type TopicEvent } from '../log/event.ts';
import type { FeedDeps, FeedKeeper } from './feed-deps.ts';
import { createHold, keep, type Hold } from './hold.ts';
import { Waiters } from './waiters.ts';

/** `mending`: an attempt at it is under way; `stalled`: it is not, and somebody has to try again. */
type State = 'starting' | 'live' | 'mending' | 'stalled' | 'closed';

const QUEUE_MAX = 5000;
const QUEUE_BYTES_MAX = 8 * 1024 * 1024;
const ROUNDS_MAX = 100;

export class Feed {
  readonly topic: Topic;
  readonly #deps: FeedDeps & FeedKeeper;
  #position: Position | undefined;
  #state: State = 'starting';
  /** True after an event that stages an eviction, which is carried out before the next one. */
  #evictionStaged = false;
  /** True when only a reset can tell which sockets are in it. */
  #unverified = false;
  /** Counts the attempts at mending: an old one that wakes up late finds that it is not the one any more. */
  #attempt = 0;
  /** The position was read up to here, past what the channel had brought: those events still come, and are known. */
  #readTo = 0;
  // Most feeds are quiet users': what they hardly ever need is only made when they do.
  #queue: TopicEvent[] | undefined;
  #queuedBytes = 0;
  #waiters: Waiters | undefined;
  #holds: Set<Hold> | undefined;

  constructor(topic: Topic, deps: FeedDeps & FeedKeeper) {
    this.topic = topic;
    this.#deps = deps;
  }

  get position(): Position | undefined {
    return this.#position;
  }

  get holding(): boolean {
    return this.#holds !== undefined;
  }

  get live(): boolean {
    return this.#state === 'live';
  }

  /** Takes the position a script returned, if this feed has none yet; what had arrived up to it is dropped. */
  start(at: Position): void {
    if (this.#state !== 'starting') return;
    this.#position = at;
    this.#readTo = at.seq;
    this.#state = 'live';
    this.#drainQueue();
  }

  received(event: TopicEvent): void {
    if (this.#state === 'closed') return;
    if (this.#state !== 'live') this.#enqueue(event);
    else this.#accept(event);
  }

  /** Reads the log again from the position on: after an interruption, or when a check found a difference. */
  mend(): void {
    if (this.#state !== 'live' && this.#state !== 'stalled') return;
    this.#state = 'mending';
    const attempt = ++this.#attempt;
    this.#mendRounds(attempt).catch((error: unknown) => {
      if (!this.#abandoned(attempt)) this.#stall();
      this.#deps.onError(this.topic, error);
    });
  }

  /** Mends, and has the listener compare its sockets with those in Redis: who was attached may have joined another log. */
  verify(): void {
    this.#unverified = true;
    this.#mendAnew();
  }

  /** An attempt under way ends, ours begins. */
  #mendAnew(): void {
    if (this.#state === 'mending') this.#state = 'stalled';
    this.mend();
  }

  /** Stops delivering until `mend` succeeds: the position is kept, the events that come are not trusted. */
  suspend(): void {
    if (this.#state === 'starting' || this.#state === 'closed') return;
    this.#stall();
    this.#queue = undefined;
  }

  /** Resolves true once the feed has passed `seq`, is closed or reset, false where its keeper lets it go before (see `expire`). */
  reached(seq: number, now: number, epoch?: string): Promise<boolean> | true {
    const at = this.#position;
    const isThisLife = epoch === undefined || at?.epoch === epoch;
    if (this.#state === 'closed' || (at !== undefined && isThisLife && at.seq >= seq)) return true;
    return this.#awaited.until(seq, now);
  }

  /** The same for a transient message that is about to be published; `cancel` where it was not. */
  expect(nonce: number, now: number): { passed: Promise<boolean>; cancel(): void } {
    return this.#awaited.untilSeen(nonce, now);
  }

  get waiting(): boolean {
    return this.#waiters?.isEmpty === false;
  }

  /** Lets the waiters go that have waited since before `deadline`. */
  expire(deadline: number): void {
    const late = this.#waiters?.expire(deadline);
    this.#deps.counters.barrierTimeouts += late?.count ?? 0;
    // Redis has the event and this feed has not: it need not wait for the next one to see the gap.
    if (late?.forPosition === true) this.mend();
  }

  hold(): Hold {
    const hold = createHold();
    this.#holds ??= new Set();
    this.#holds.add(hold);
    return hold;
  }

  release(hold: Hold): void {
    this.#holds?.delete(hold);
    if (this.#holds?.size === 0) this.#holds = undefined;
  }

  close(): void {
    this.#state = 'closed';
    this.#breakHolds();
    this.#queue = undefined;
    this.#wake(Infinity);
  }

  #stall(): void {
    this.#state = 'stalled';
    this.#deps.onStalled(this.topic);
  }

  #enqueue(event: TopicEvent): void {
    this.#queue ??= [];
    this.#queue.push(event);
    this.#queuedBytes = (this.#queue.length === 1 ? 0 : this.#queuedBytes) + event.frame.length;
    // What is dropped here is read from the log again: the queue only saves that.
    if (this.#queue.length > QUEUE_MAX || this.#queuedBytes > QUEUE_BYTES_MAX) this.#queue = undefined;
  }

  #accept(event: TopicEvent): void {
    const at = this.#position;
    if (at === undefined) return;
    if (!this.#deps.mayDeliver()) {
      this.suspend();
      return;
    }
    if (event.epoch === at.epoch) {
      // A transient message carries the position it was sent at; it is no event of the log.
      if (event.kind === 'transient' && event.seq === at.seq) return this.#deliver(event);
      if (event.seq === at.seq + 1 && event.prev === at.nonce && event.kind !== 'transient')
        return this.#advance(event);
      if (event.seq <= this.#readTo || (event.seq === at.seq && event.nonce === at.nonce)) return;
    }
    this.#deps.counters.gapsFound++;
    this.#enqueue(event);
    this.mend();
  }

  #advance(event: TopicEvent): void {
    this.#position = positionOf(event);
    this.#deliver(event);
    if (this.#waiters !== undefined) this.#wake(event.seq);
    if (event.kind === 'deleted') this.#restart();
    if (event.kind === 'stagedEviction') {
      this.#evictionStaged = true;
      this.#mendAnew();
    }
  }

  #deliver(event: TopicEvent): void {
    if (this.#holds !== undefined) for (const hold of this.#holds) keep(hold, event);
    try {
      this.#deps.listener.deliver(this.topic, event);
    } catch (error) {
      // A defect in the delivery of one event must not stop the topic.
      this.#deps.onError(this.topic, error);
    }
    if (event.kind === 'transient') this.#wake(-1, event.nonce);
  }

  get #awaited(): Waiters {
    this.#waiters ??= new Waiters();
    return this.#waiters;
  }

  #breakHolds(): void {
    for (const hold of this.#holds ?? []) hold.broken = true;
  }

  /** The log has ended; a topic of the same name that is made later begins another one. */
  #restart(): void {
    this.#breakHolds();
    this.#position = undefined;
    this.#state = 'starting';
    this.#unverified = false;
    this.#evictionStaged = false;
    this.#queue = undefined;
    this.#wake(Infinity);
  }

  #wake(seq: number, nonce?: number): void {
    this.#waiters?.passed(seq, nonce);
    if (this.#waiters?.isEmpty === true) this.#waiters = undefined;
  }

  async #mendRounds(attempt: number): Promise<void> {
    let filled = 0;
    if (this.#evictionStaged) {
      await this.#deps.evictOwn(this.topic, this.#position);
      if (this.#abandoned(attempt)) return;
      this.#evictionStaged = false;
    }
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const before = this.#position;
      if (before === undefined || this.#abandoned(attempt)) return;
      const early = this.#queue ?? [];
      this.#queue = undefined;
      const read = await this.#deps.reader.readAfter(this.topic, before);
      if (this.#abandoned(attempt)) return;
      if (read === 'gone') return this.#gone();
      const { at, events } = read;
      // What came before the log was asked, and is of another life than it, is of one that is over. Of what came since
      // nobody can tell yet.
      this.#queue = [...early.filter(({ epoch }) => epoch === at.epoch), ...(this.#queue ?? [])];
      if (!this.#deps.gapFill) return this.#live(at);
      if (at.epoch !== before.epoch || this.#unverified) return await this.#reset(attempt);
      const next = events[0];
      const forked =
        at.seq < before.seq ||
        (at.seq === before.seq && at.nonce !== before.nonce) ||
        (next !== undefined && next.seq === before.seq + 1 && next.prev !== before.nonce);
      if (forked) {
        this.#deps.counters.forks++;
        await this.#deps.reader.rotateEpoch(this.topic, before.epoch);
        continue;
      }
      if (!this.#deps.mayDeliver()) {
        this.#stall();
        return;
      }
      const last = this.#replay(events);
      if (last === undefined || this.#abandoned(attempt)) return;
      filled += last.seq - before.seq;
      if (last.seq >= at.seq) {
        if (filled > 0) this.#deps.counters.gapsFilled++;
        return this.#live(last);
      }
      if (last.seq === before.seq) return await this.#reset(attempt);
    }
    await this.#reset(attempt);
  }

  /** Delivers what follows the position without a hole; returns the new position, undefined when the log has ended. */
  #replay(events: readonly TopicEvent[]): Position | undefined {
    for (const event of events) {
      const at = this.#position;
      if (at === undefined || event.seq !== at.seq + 1 || event.prev !== at.nonce) break;
      this.#advance(event);
      if (this.#evictionStaged) break;
    }
    return this.#position;
  }

  #live(at: Position): void {
    this.#position = at;
    this.#readTo = at.seq;
    this.#state = 'live';
    this.#wake(at.seq);
    this.#drainQueue();
  }

  #drainQueue(): void {
    const queue = this.#queue ?? [];
    this.#queue = undefined;
    for (const event of queue) {
      if (this.#state === 'live') this.#accept(event);
      else this.#enqueue(event);
    }
  }

  /** Another log, or a hole: the position is set anew, with the local sockets that are in it then. */
  async #reset(attempt: number): Promise<void> {
    // A staged eviction may be among what was missed.
    await this.#deps.evictOwn(this.topic);
    if (this.#abandoned(attempt)) return;
    const read = await this.#deps.reader.readLocalSockets(this.topic);
    if (this.#abandoned(attempt)) return;
    if (read === 'gone') return this.#gone();
    if (!this.#deps.mayDeliver()) {
      this.#stall();
      return;
    }
    this.#deps.counters.resets++;
    this.#unverified = false;
    this.#evictionStaged = false;
    this.#breakHolds();
    this.#position = read.at;
    this.#readTo = read.at.seq;
    this.#deps.listener.reset(this.topic, read.at, read.sockets);
    this.#wake(Infinity);
    this.#state = 'live';
    this.#drainQueue();
  }

  #gone(): void {
    this.#deps.listener.gone(this.topic, this.#position?.epoch ?? '');
    this.#restart();
  }

  /** Asked after each await of `mend`: has this feed been closed, started anew or suspended meanwhile. */
  #abandoned(attempt: number): boolean {
    return this.#state !== 'mending' || attempt !== this.#attempt;
  }
}
