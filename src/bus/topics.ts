/**
 * The topics this node follows: one feed and one subscription each, however many sockets are in it. A topic is
 * entered into the node's manifest before anything of this node appears in it, and taken out a while after it was left.
 */
import { readEvents, type Point } from '../log/event.ts';
import { Feed } from './feed.ts';
import type { FeedKeeper, TopicsDeps } from './feed-deps.ts';
import type { Topic, Transport, TransportListener } from './bus.ts';
import { LeftTopics } from './left-topics.ts';
import { ManifestOrder, type Manifest } from './manifest-order.ts';
import { HEARERS_MIN, Window } from './window.ts';
import { isBehind, PositionChecks } from './position-checks.ts';
import { StateUnavailable } from '../redis/unavailable.ts';

interface Entry {
  readonly feed: Feed;
  /** Of a topic with many hearers. */
  window: Window | undefined;
  ready: Promise<void>;
  users: number;
  idleSince: number;
}

export interface TopicsOptions {
  readonly positionCheckMs: number;
  /** See window.ts. */
  readonly busyWindowMs: number;
  readonly busyWindowBytes: number;
}

/** Shared, so that a followed topic does not keep the promise of its own. */
const READY = Promise.resolve();

const SWEEP_MS = 400;
const LINGER_MS = 2000;
const BARRIER_MS = 1000;

export class Topics implements TransportListener {
  readonly #deps: TopicsDeps & FeedKeeper;
  readonly #transport: Transport;
  readonly #manifest: ManifestOrder;
  readonly #options: TopicsOptions;
  readonly #entries = new Map<Topic, Entry>();
  readonly #left = new LeftTopics();
  readonly #checks: PositionChecks;
  readonly #waiting = new Set<Feed>();
  readonly #stalled = new Set<Topic>();
  /** Topics that nobody needed when they were last let go. */
  readonly #unused = new Set<Topic>();
  #joining: { topics: Topic[]; done: Promise<void> } | undefined;
  #sweptAt = 0;

  constructor(deps: TopicsDeps, transport: Transport, manifest: Manifest, options: TopicsOptions) {
    const onStalled = (topic: Topic): void => {
      this.#stalled.add(topic);
      deps.wake();
    };
    this.#deps = { ...deps, onStalled };
    this.#transport = transport;
    this.#manifest = new ManifestOrder(manifest, (topic, error) => deps.onError(topic, error));
    this.#options = options;
    this.#checks = new PositionChecks(deps, options.positionCheckMs);
  }

  /** The topics that are followed now. */
  get followed(): Iterable<Topic> {
    return this.#entries.keys();
  }

  /** These, and those that were left lately: where Redis may know sockets of this node, whatever it has lost. */
  get touched(): Topic[] {
    return [...this.#entries.keys(), ...this.#left.names];
  }

  /** Whether a topic is in the manifest and subscribed. It stays so for a while behind the last one who unfollows it. */
  isFollowed(topic: Topic): boolean {
    return this.#entries.get(topic)?.ready === READY;
  }

  /** How far a topic's log was delivered here; undefined where it is not followed, or that is not known yet. */
  positionOf(topic: Topic): Point | undefined {
    return this.#entries.get(topic)?.feed.position;
  }

  /** Whether what is published about a topic comes here in its time. */
  isCurrent(topic: Topic): boolean {
    return this.#transport.healthy && this.#entries.get(topic)?.feed.live === true;
  }

  get size(): number {
    return this.#entries.size;
  }

  /**
   * Follows a topic for an instance of this node; resolves when it is in the manifest and subscribed. Each call needs its
   * `unfollow`. Rejects for an instance whose lease was lost.
   */
  async follow(topic: Topic, nodeId: string): Promise<Feed> {
    if (nodeId !== this.#manifest.nodeId) throw new StateUnavailable('the lease of this node was claimed');
    let entry = this.#entries.get(topic);
    if (entry === undefined) {
      const ready = this.#enter(topic);
      const feed = new Feed(topic, this.#deps);
      entry = { feed, window: undefined, ready, users: 0, idleSince: 0 };
      this.#entries.set(topic, entry);
      this.#left.delete(topic);
    }
    entry.users++;
    try {
      await entry.ready;
    } catch (error) {
      this.#release(topic, entry);
      if (this.#entries.get(topic) === entry) {
        this.#entries.delete(topic);
        // It may have been entered and subscribed all the same.
        this.#left.add(topic, performance.now());
        this.#transport.unsubscribe([topic]).catch((late: unknown) => this.#deps.onError(topic, late));
      }
      throw error;
    }
    entry.ready = READY;
    return entry.feed;
  }

  /** What an instance followed is forgotten with its lease: what it lets go later is not what the next one follows. */
  unfollow(topic: Topic, nodeId: string): void {
    const entry = this.#entries.get(topic);
    if (entry !== undefined && nodeId === this.#manifest.nodeId) this.#release(topic, entry);
  }

  /**
   * Resolves when this node has delivered a topic up to `seq`, or at once where it does not follow it or cannot know; false where
   * that takes more than a second.
   * With an `epoch` the number counts in that life of the log only.
   */
  reached(topic: Topic, seq: number, epoch?: string): Promise<boolean> | true {
    const entry = this.#entries.get(topic);
    if (entry === undefined || entry.feed.position === undefined || !this.#transport.healthy) return true;
    const wait = entry.feed.reached(seq, performance.now(), epoch);
    if (wait !== true) this.#awaits(entry.feed);
    return wait;
  }

  /**
   * Resolves when this node has delivered what the log of a topic held up to a position, or that the log has ended (none).
   * Rejects with `StateUnavailable` where that takes too long or cannot be known; the topic is mended then.
   */
  async caughtUp(topic: Topic, at: Point | undefined): Promise<void> {
    const feed = this.#entries.get(topic)?.feed;
    if (feed?.position === undefined) return;
    if (this.#transport.healthy) {
      const wait = feed.reached(at?.seq ?? Infinity, performance.now(), at?.epoch);
      if (wait !== true) this.#awaits(feed);
      await wait;
      if (feed.position === undefined || !isBehind(feed, { epoch: at?.epoch, seq: at?.seq ?? 0 })) return;
      feed.mend();
    }
    throw new StateUnavailable(`${topic}: the bus is behind its log`);
  }

  /** As `reached`, for a transient message that is about to be published, by its nonce; `cancel` where it was not. */
  expect(topic: Topic, nonce: number): { passed: Promise<boolean>; cancel(): void } | undefined {
    const entry = this.#entries.get(topic);
    if (entry === undefined || !entry.feed.live || !this.#transport.healthy) return undefined;
    this.#awaits(entry.feed);
    return entry.feed.expect(nonce, performance.now());
  }

  #awaits(feed: Feed): void {
    this.#waiting.add(feed);
    this.#deps.wake();
  }

  received(topic: Topic, bytes: Buffer): void {
    const entry = this.#entries.get(topic);
    if (entry === undefined) return;
    if (this.#options.busyWindowMs > 0 && entry.window === undefined && entry.users >= HEARERS_MIN) {
      entry.window = this.#windowOf(topic, entry);
    }
    if (entry.window === undefined) hand(entry, bytes);
    else entry.window.received(bytes, performance.now());
  }

  #windowOf(topic: Topic, entry: Entry): Window {
    const deliver = (bytes: Buffer): void => {
      try {
        hand(entry, bytes);
      } catch (error) {
        // It may be a timer's turn: nobody else would catch it.
        this.#deps.onError(topic, error);
      }
    };
    const onHeld = (): void => void this.#deps.counters.arrivalsHeld++;
    const { busyWindowMs: windowMs, busyWindowBytes: bytesMax } = this.#options;
    return new Window({ windowMs, bytesMax, hearers: () => entry.users, onHeld, deliver });
  }

  interrupted(): void {
    this.checkAll();
  }

  /** Compares every topic's position with its log soon, a bounded number at a time. */
  checkAll(): void {
    this.#checks.all(this.#entries);
  }

  /** Forgets everything: this node's sockets are gone and its subscriptions with them. */
  async clear(): Promise<void> {
    const topics = [...this.#entries.keys()];
    for (const entry of this.#entries.values()) close(entry);
    this.#entries.clear();
    this.#left.clear();
    this.#checks.clear();
    await this.#transport.unsubscribe(topics);
  }

  /** Something is to be seen to before long. */
  get hasWork(): boolean {
    return this.#waiting.size > 0 || this.#stalled.size > 0 || this.#checks.hasWork;
  }

  /**
   * The node-wide tick, at least once a second and often while there is work: late waiters go, stalled feeds try again, positions are
   * compared, idle topics are dropped.
   */
  tick(): void {
    const now = performance.now();
    for (const feed of this.#waiting) {
      feed.expire(now - BARRIER_MS);
      if (!feed.waiting) this.#waiting.delete(feed);
    }
    this.#checks.tick(this.#entries, now);
    if (now - this.#sweptAt < SWEEP_MS) return;
    this.#sweptAt = now;
    this.#sweep(now);
  }

  /** Looks at those only that something has to be done about. */
  #sweep(now: number): void {
    if (this.#deps.mayDeliver()) {
      const stalled = [...this.#stalled];
      this.#stalled.clear();
      for (const topic of stalled) this.#entries.get(topic)?.feed.mend();
    }
    const idle: Topic[] = [];
    for (const topic of this.#unused) {
      const entry = this.#entries.get(topic);
      if (entry === undefined || entry.users > 0) this.#unused.delete(topic);
      else if (!entry.feed.holding && now - entry.idleSince > LINGER_MS) idle.push(topic);
    }
    if (idle.length > 0) void this.#leave(idle);
    const due = this.#left.takeDue(now);
    if (due.length > 0) this.#manifest.remove(due, (topic) => this.#entries.has(topic));
  }

  #release(topic: Topic, entry: Entry): void {
    entry.users--;
    entry.idleSince = performance.now();
    if (entry.users === 0) this.#unused.add(topic);
    if (entry.users < 0) throw new Error(`${topic}: unfollowed more often than followed`);
  }

  /** Topics that are followed in one turn, by whichever sockets, are entered together at its end. */
  #enter(topic: Topic): Promise<void> {
    if (this.#joining === undefined) {
      const batch: Topic[] = [];
      const done = new Promise<void>((resolve) => setImmediate(resolve)).then(async () => {
        this.#joining = undefined;
        await Promise.all([this.#manifest.add(batch), this.#transport.subscribe(batch)]);
      });
      this.#joining = { topics: batch, done };
    }
    this.#joining.topics.push(topic);
    return this.#joining.done;
  }

  async #leave(topics: readonly Topic[]): Promise<void> {
    for (const topic of topics) {
      const entry = this.#entries.get(topic);
      if (entry !== undefined) close(entry);
      this.#entries.delete(topic);
      this.#left.add(topic, performance.now());
    }
    try {
      await this.#transport.unsubscribe(topics);
    } catch (error) {
      // An event too many is not for anybody here.
      this.#deps.onError(topics[0] ?? '', error);
    }
  }
}

function hand({ feed }: Entry, bytes: Buffer): void {
  for (const event of readEvents(bytes)) feed.received(event);
}

function close({ feed, window }: Entry): void {
  feed.close();
  window?.close();
}
