/**
 * This node's right to act: an instance id with a lease in Redis. Past the lease's deadline on this node's own clocks
 * nothing is sent, acknowledged or delivered; whether peers have claimed it meanwhile is only known once Redis answers.
 */
import { every, type Beat } from '../../ops/beat.ts';
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import type { Instance } from '../../bus/instance.ts';
import type { Manifest } from '../../bus/manifest-order.ts';
import { FORM, isNewer, isOlder } from './form.ts';
import { LeaseWatch } from './lease-watch.ts';
import { inPages } from '../../redis/pages.ts';
import { list, text } from '../../redis/reply.ts';
import { addToManifest, adoptForm, bequeath, noteLease, registerNode, renewLease } from './node-scripts.ts';
import { StateUnavailable } from '../../redis/unavailable.ts';
import { newNodeId } from '../../redis/tokens.ts';

export interface LeaseEvents {
  /** The deadline has passed: deliver and acknowledge nothing. */
  suspended(): void;
  /** The lease was prolonged after a suspension: compare everything, then go on. */
  resumed(): void;
  /** Peers own what this instance left behind: close the sockets. The lease goes on as another instance. */
  lost(): void;
  onError(error: unknown): void;
}

/** A lease record outlives its node by this, so that a sweeper can come late, but not for ever. */
export const KEEP_MS = 24 * 60 * 60 * 1000;
/** Topics read at once. */
const MANIFEST_PAGE = 1000;
const RENEW_SHARE = 0.3;
const SAFETY_MS = 1000;
/** Of the clocks of a cluster's servers, and what they are slewed by from one renewal to the next. */
const CLOCKS_APART_MS = 1000;
/** Renewals further apart than this share of the lease mean that Redis, or this node, was away. */
const BREAK_SHARE = 0.7;

export interface LeaseLinks {
  /** By a connection of the lease's own: what users make a node ask cannot keep a renewal waiting. */
  readonly own: Commands;
  /** What the node serves its users by. The manifest is written here: it is asked for by those who wait for more anyway. */
  readonly commands: Commands;
}

interface Started {
  readonly links: LeaseLinks;
  readonly events: LeaseEvents;
}

export class Lease implements Manifest, Instance {
  /** What this node has seen of the others'. */
  readonly watch = new LeaseWatch();
  readonly #keys: Keyspace;
  readonly #ttlMs: number;
  #started: Started | undefined;
  #nodeId = newNodeId();
  #deadline = 0;
  #wallDeadline = 0;
  #state: 'none' | 'held' | 'suspended' | 'lost' | 'released' = 'none';
  #renewals: Beat | undefined;
  #renewing = false;
  #draining = false;
  #renewedAt = 0;
  #doubtedAt = 0;
  #steadySince = 0;
  /** Redis's clock minus this node's monotonic one, in ms: this node's own time of day may be set. */
  #redisOffsetMs = 0;
  #leastOffsetMs = 0;

  constructor(keys: Keyspace, ttlMs: number) {
    this.#keys = keys;
    this.#ttlMs = ttlMs;
  }

  /** To be called once, before anything else: the commands are made after the lease, since they ask it whether they may be sent. */
  start(links: LeaseLinks, events: LeaseEvents): void {
    this.#started = { links, events };
  }

  get #own(): Commands {
    return this.#begun.links.own;
  }

  get #commands(): Commands {
    return this.#begun.links.commands;
  }

  get #events(): LeaseEvents {
    return this.#begun.events;
  }

  get #begun(): Started {
    if (this.#started === undefined) throw new Error('the lease was not started');
    return this.#started;
  }

  get nodeId(): string {
    return this.#nodeId;
  }

  get ttlMs(): number {
    return this.#ttlMs;
  }

  /**
   * May this node act now? Asked before each command, response and delivery. Compares two clocks: the monotonic one
   * runs while a process is stopped, the wall clock also while a machine is suspended.
   */
  get held(): boolean {
    if (this.#state !== 'held') return false;
    if (performance.now() < this.#deadline && Date.now() < this.#wallDeadline) return true;
    this.#state = 'suspended';
    this.#events.suspended();
    // Perhaps only the time of day was set.
    void this.#renew();
    return false;
  }

  /** Milliseconds since the last successful renewal was sent. */
  get ageMs(): number {
    return performance.now() - this.#renewedAt;
  }

  /** Whether the store as it is now is known to hold the lease: it was renewed since there was last a reason to doubt it. */
  get confirmed(): boolean {
    return this.held && this.#renewedAt > this.#doubtedAt;
  }

  /** Another server, or one that has lost its data, may answer from now on: the lease is renewed at once. */
  doubt(): void {
    this.#doubtedAt = performance.now();
    void this.#renew();
  }

  /** Whether that is the present instance, and nobody has claimed its lease as far as this node knows. */
  owns(nodeId: string): boolean {
    return nodeId === this.#nodeId && this.#state !== 'lost' && this.#state !== 'none';
  }

  /**
   * Since when this node has renewed without a break, on the monotonic clock: only what it has seen of others since then says
   * anything of them, for before that they may have been cut off as it was.
   */
  get steadySince(): number {
    return this.#steadySince;
  }

  /** For how many ms the lease of another node has said that, as far as this one may judge. */
  watchedMs(nodeId: string, expires: string): number {
    return this.watch.see(nodeId, expires, performance.now(), this.#steadySince);
  }

  /** Another server keeps the leases now: it may not know yet that peers have renewed theirs. */
  restartSteady(): void {
    this.#steadySince = performance.now();
  }

  /** About what Redis's clock shows, in ms since the epoch. */
  redisNow(): number {
    return performance.now() + this.#redisOffsetMs;
  }

  /** What Redis's clock shows at least, on whichever of its servers. */
  redisNowAtLeast(): number {
    return performance.now() + this.#leastOffsetMs - CLOCKS_APART_MS;
  }

  /** Begins the lease of a new instance. Rejects where Redis does not answer, the state is not of this build's form, or it was released meanwhile. */
  async register(): Promise<void> {
    await this.#adoptForm();
    this.#refuseEnded();
    this.#nodeId = newNodeId();
    const { lease } = this.#keys.node(this.#nodeId);
    const sent = this.#now();
    const args = { ttlMs: this.#ttlMs, keepMs: KEEP_MS };
    const at = await this.#own.runUnfenced(registerNode, { lease }, args);
    this.#refuseEnded();
    this.#steadySince = sent.monotonic;
    // The record first, the hint second: a hint without a record would be dropped by the first sweeper.
    await this.#note(this.#nodeId, at + this.#ttlMs);
    this.#refuseEnded();
    this.#hold(sent, at);
    this.#renewals ??= every(this.#ttlMs * RENEW_SHARE, () => void this.#renew());
  }

  /** Tells peers that the sockets of this node are on their way out: none of them counts against its user any more. */
  async beginDrain(): Promise<void> {
    this.#draining = true;
    const { lease } = this.#keys.node(this.#nodeId);
    await this.#own.runUnfenced(renewLease, { lease }, this.#term(this.#ttlMs));
  }

  /** Stops renewing; peers sweep this instance `graceMs` from now. For a drained node. */
  async release(graceMs: number): Promise<void> {
    this.stop();
    this.#state = 'released';
    this.#draining = true;
    const { lease } = this.#keys.node(this.#nodeId);
    const term = { ...this.#term(graceMs), draining: '2' };
    const until = await this.#own.runUnfenced(renewLease, { lease }, term);
    // Below zero: it has ended, and peers need not see it for a whole lease.
    if (until !== 'lost') await this.#note(this.#nodeId, -until);
  }

  stop(): void {
    this.#renewals?.stop();
    this.#renewals = undefined;
  }

  async add(topics: readonly string[]): Promise<void> {
    const { lease, manifest } = this.#keys.node(this.#nodeId);
    const done = await Promise.all(
      inPages(topics).map((page) => this.#commands.run(addToManifest, { lease, manifest }, {}, { args: page })),
    );
    if (done.includes('lost')) throw new StateUnavailable('the lease of this node was claimed');
  }

  async remove(topics: readonly string[]): Promise<void> {
    const { manifest } = this.#keys.node(this.#nodeId);
    await Promise.all(inPages(topics).map((page) => this.#commands.plain('zrem', manifest, ...page)));
  }

  /** The topics of this instance as Redis has them. Some may come twice, others may come or not that are changed meanwhile. */
  async *manifestPages(): AsyncGenerator<string[]> {
    const { manifest } = this.#keys.node(this.#nodeId);
    let cursor = '0';
    do {
      const [next, found] = list(await this.#commands.plain('zscan', manifest, cursor, 'COUNT', MANIFEST_PAGE));
      yield list(found).flatMap((topic, at) => (at % 2 === 0 ? [text(topic)] : []));
      cursor = text(next);
    } while (cursor !== '0');
  }

  /**
   * Leaves topics to be swept in the name of an instance that has lost its lease: the manifest may be lost with that, and what
   * the topics know of the instance is elsewhere.
   */
  async bequeath(nodeId: string, topics: readonly string[]): Promise<void> {
    const { lease, manifest } = this.#keys.node(nodeId);
    for (const page of inPages(topics)) {
      await this.#commands.run(bequeath, { lease, manifest }, { keepMs: KEEP_MS }, { args: page });
    }
    await this.#note(nodeId, 0);
  }

  async #renew(): Promise<void> {
    if (this.#renewing || this.#state === 'none' || this.#state === 'released') return;
    this.#renewing = true;
    try {
      await this.#checkService();
      if (this.#hasEnded) return;
      if (this.#state === 'lost') await this.register();
      else await this.#renewOnce();
    } catch (error) {
      this.#events.onError(error);
    } finally {
      this.#renewing = false;
    }
    void this.held; // notices a deadline that passed while nothing else asked
  }

  /**
   * A node whose commands get no answer serves nobody. It must not keep its users from being taken over for ever because
   * its lease has a connection that works: after a whole lease of that it renews no more until something is answered.
   */
  async #checkService(): Promise<void> {
    if (this.#commands.failingMs <= this.#ttlMs) return;
    await this.#commands.plain('exists', this.#keys.node(this.#nodeId).lease);
  }

  /** Asked again behind each wait. */
  get #hasEnded(): boolean {
    return this.#state === 'released';
  }

  #refuseEnded(): void {
    if (this.#hasEnded) throw new StateUnavailable('the lease of this node was released');
  }

  async #renewOnce(): Promise<void> {
    const nodeId = this.#nodeId;
    const sent = this.#now();
    const { lease } = this.#keys.node(nodeId);
    const expires = await this.#own.runUnfenced(renewLease, { lease }, this.#term(this.#ttlMs));
    // What it had then is over: nothing is held any more, nor begun anew.
    if (this.#hasEnded) return;
    if (expires === 'lost') {
      this.#lose();
      await this.register();
      return;
    }
    const wasSuspended = !this.held;
    if (wasSuspended || sent.monotonic - this.#renewedAt > this.#ttlMs * BREAK_SHARE)
      this.#steadySince = sent.monotonic;
    this.#hold(sent, expires - this.#ttlMs);
    if (wasSuspended) this.#events.resumed();
    // Last, for it is only a hint, and may be on a primary that is away while the lease's own is not.
    await this.#note(nodeId, expires);
  }

  async #adoptForm(): Promise<void> {
    const { nodes, form } = this.#keys;
    const said = await this.#own.runUnfenced(adoptForm, { nodes, form }, { own: FORM });
    if (said === 'newer') throw isNewer();
    if (said === 'older') throw isOlder();
  }

  async #note(node: string, expires: string | number): Promise<void> {
    const { nodes, form } = this.#keys;
    const said = await this.#own.runUnfenced(noteLease, { nodes, form }, { own: FORM, node, expires });
    if (said !== 'newer') return;
    // Who was away for so long that nobody waited for it.
    if (this.#state === 'held') this.#lose();
    throw isNewer();
  }

  #lose(): void {
    this.#state = 'lost';
    this.#events.lost();
  }

  #term(ttlMs: number): { ttlMs: number; keepMs: number; draining: string } {
    return { ttlMs, keepMs: KEEP_MS, draining: this.#draining ? '1' : '0' };
  }

  #now(): { monotonic: number; wall: number } {
    return { monotonic: performance.now(), wall: Date.now() };
  }

  #hold(sent: { monotonic: number; wall: number }, redisAt: number): void {
    this.#redisOffsetMs = redisAt - sent.monotonic;
    // It showed that before the answer came, however late that is.
    this.#leastOffsetMs = redisAt - performance.now();
    this.#renewedAt = sent.monotonic;
    this.#deadline = sent.monotonic + this.#ttlMs - SAFETY_MS;
    this.#wallDeadline = sent.wall + this.#ttlMs - SAFETY_MS;
    this.#state = 'held';
  }
}
