/**
 * Sweeping after nodes that are gone: claims leases that nobody has renewed for their whole term and, with its peers, works
 * through their manifests page by page. What cleaning a topic means is left to the `Cleaner`.
 */
import { every, type Beat } from '../../ops/beat.ts';
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace, TopicKey } from '../../redis/keys.ts';
import { FORM } from './form.ts';
import { KEEP_MS, type Lease } from './lease.ts';
import { list, text } from '../../redis/reply.ts';
import * as scripts from './node-scripts.ts';
import { sideBySide } from '../../ops/side-by-side.ts';

export interface Cleaner {
  /** Takes everything of a dead node out of one topic. May be repeated, and done by several peers at once. */
  clean(topic: TopicKey, nodeId: string): Promise<void>;
}

export interface SweeperDeps {
  readonly commands: Commands;
  readonly keys: Keyspace;
  readonly lease: Lease;
  readonly cleaner: Cleaner;
  onSwept(nodeId: string, topics: number): void;
  onError(error: unknown): void;
}

const POLL_MS = 1000;
const PAGE_MAX = 200;
const HOLD_MS = 5000;
const CONCURRENCY = 32;
const NODES_PER_POLL = 50;
/** For so long a node that was swept is swept again where a failover may have lost that. */
const SWEPT_KEPT_MS = 10 * 60 * 1000;
const KNOWN_MAX = 1000;

export class Sweeper {
  readonly #deps: SweeperDeps;
  /** Node → when it was last heard of, in that order: what Redis knows of it may be lost. */
  readonly #known = new Map<string, number>();
  #polls: Beat | undefined;
  #busy = false;

  constructor(deps: SweeperDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#polls = every(POLL_MS, () => void this.#poll());
  }

  stop(): void {
    this.#polls?.stop();
  }

  /** Has everybody who was swept lately swept again: a failover may have brought back what was taken out. */
  async again(): Promise<void> {
    const { commands, keys, lease } = this.#deps;
    const noted = list(await commands.plain('zrangebyscore', keys.sweptNodes, '-inf', '+inf')).map(text);
    for (const nodeId of new Set([...noted, ...this.#known.keys()])) {
      if (nodeId === lease.nodeId) continue;
      const reopened = await commands.run(scripts.reopenSweep, keys.node(nodeId), { keepMs: KEEP_MS });
      if (reopened !== 'none') await this.#note(nodeId, reopened === 'open' ? '0' : reopened.expires);
    }
  }

  async #poll(): Promise<void> {
    const { lease } = this.#deps;
    if (this.#busy || !lease.held) return;
    this.#busy = true;
    try {
      let left = NODES_PER_POLL;
      for (const seen of await this.#look()) {
        if (left-- === 0) break;
        // One that cannot be swept now does not keep the others waiting.
        await this.#sweep(seen).catch((error: unknown) => this.#deps.onError(error));
      }
    } catch (error) {
      this.#deps.onError(error);
    } finally {
      this.#busy = false;
    }
  }

  /** Those that may have to be swept; the lease itself decides. */
  async #look(): Promise<ReturnType<Lease['watch']['look']>> {
    const { commands, keys, lease } = this.#deps;
    const leases = await commands.run(scripts.listLeases, { nodes: keys.nodes }, {});
    const now = performance.now();
    for (const [nodeId] of leases) this.#know(nodeId, now);
    // A node that has ended is noted below zero, what is to be swept anyway as 0: of all others nothing is known before a whole
    // lease has passed.
    const ended = new Set(leases.flatMap(([nodeId, noted]) => (Number(noted) <= 0 ? [nodeId] : [])));
    const said = leases.map(([nodeId, noted]) => [nodeId, noted.replace('-', '')] as const);
    return lease.watch.look(said, now, lease.steadySince).filter(({ nodeId, watchedMs }) => {
      if (nodeId === lease.nodeId) return false;
      return watchedMs > lease.ttlMs || ended.has(nodeId);
    });
  }

  #know(nodeId: string, now: number): void {
    this.#known.delete(nodeId);
    this.#known.set(nodeId, now);
    for (const [oldest, heardAt] of this.#known) {
      if (this.#known.size <= KNOWN_MAX && now - heardAt < SWEPT_KEPT_MS) return;
      this.#known.delete(oldest);
    }
  }

  async #sweep({ nodeId, expires, watchedMs }: { nodeId: string; expires: string; watchedMs: number }): Promise<void> {
    const { commands, keys, lease } = this.#deps;
    const args = { seen: expires, watchedMs: Math.floor(watchedMs), keepMs: KEEP_MS };
    const claim = await commands.run(scripts.claimLease, keys.node(nodeId), args);
    if (typeof claim === 'object') {
      // Alive after all, or not watched for long enough. The hint was old where it says something else.
      if (claim.expires !== expires) await this.#note(nodeId, claim.expires);
      return;
    }
    let swept = 0;
    while (claim === 'claimed' && lease.held) {
      const page = await commands.run(scripts.takeSweepPage, keys.node(nodeId), { pageMax: PAGE_MAX, holdMs: HOLD_MS });
      if (page === 'done') break;
      if (page.length === 0) return; // the rest is in other hands; the next poll looks again
      await this.#cleanPage(nodeId, page);
      swept += page.length;
    }
    const { nodes, sweptNodes } = keys;
    await commands.run(scripts.forgetLease, { nodes, sweptNodes }, { node: nodeId, keepMs: SWEPT_KEPT_MS });
    this.#deps.onSwept(nodeId, swept);
  }

  #note(node: string, expires: string): Promise<unknown> {
    const { nodes, form } = this.#deps.keys;
    return this.#deps.commands.run(scripts.noteLease, { nodes, form }, { own: FORM, node, expires });
  }

  async #cleanPage(nodeId: string, topics: readonly string[]): Promise<void> {
    const { commands, keys, cleaner } = this.#deps;
    await sideBySide(topics, CONCURRENCY, async (topic) => {
      // Manifests are written by Lease.add, which is given topics only.
      await cleaner.clean(topic as TopicKey, nodeId);
      await commands.run(scripts.endSweepOf, keys.node(nodeId), { topic, keepMs: SWEPT_KEPT_MS });
    });
  }
}
