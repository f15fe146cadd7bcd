/**
 * Sweeping after nodes that are gone: claims leases that ran out and, with its peers, works through their manifests page
 * by page. What cleaning a topic means is left to the `Cleaner`.
 */
import type { Commands } from './commands.ts';
import type { Keyspace, TopicKey } from './keys.ts';
import type { Lease } from './lease.ts';
import { list, text } from './reply.ts';
import { claimLease, noteLease, takeSweepPage } from './scripts/node-scripts.ts';

export interface Cleaner {
  /** Takes everything of a dead node out of one topic. May be repeated, and done by several peers at once. */
  clean(topic: TopicKey, nodeId: string): Promise<void>;
}

export interface SweeperParts {
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

export class Sweeper {
  readonly #parts: SweeperParts;
  #timer: NodeJS.Timeout | undefined;
  #busy = false;

  constructor(parts: SweeperParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#poll(), POLL_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #poll(): Promise<void> {
    const { commands, keys, lease } = this.#parts;
    // After an outage everybody's lease is old: those who live get the time to renew before anyone claims.
    if (this.#busy || !lease.held || !lease.steady) return;
    this.#busy = true;
    try {
      const now = lease.redisNow();
      const expired = await commands.plain('zrangebyscore', keys.nodes, '-inf', now, 'LIMIT', 0, NODES_PER_POLL);
      for (const nodeId of list(expired).map(text)) {
        // One that cannot be swept now does not keep the others waiting.
        if (nodeId !== lease.nodeId) await this.#sweep(nodeId).catch((error: unknown) => this.#parts.onError(error));
      }
    } catch (error) {
      this.#parts.onError(error);
    } finally {
      this.#busy = false;
    }
  }

  async #sweep(nodeId: string): Promise<void> {
    const { commands, keys, lease } = this.#parts;
    const claim = text(await commands.run(claimLease, keys.node(nodeId), {}));
    if (claim !== 'gone' && claim !== 'claimed') {
      // Alive after all: the hint was old.
      await commands.run(noteLease, { nodes: keys.nodes }, { node: nodeId, expires: claim });
      return;
    }
    let swept = 0;
    while (claim === 'claimed' && lease.held) {
      const page = await commands.run(takeSweepPage, keys.node(nodeId), { pageMax: PAGE_MAX, holdMs: HOLD_MS });
      if (!Array.isArray(page)) break;
      if (page.length === 0) return; // the rest is in other hands; the next poll looks again
      await this.#cleanPage(nodeId, page.map(text));
      swept += page.length;
    }
    await commands.plain('zrem', keys.nodes, nodeId);
    this.#parts.onSwept(nodeId, swept);
  }

  async #cleanPage(nodeId: string, topics: readonly string[]): Promise<void> {
    const { commands, keys, cleaner } = this.#parts;
    const next = topics.values();
    const work = async (): Promise<void> => {
      for (const topic of next) {
        // Manifests are written by Lease.add, which is given topics only.
        await cleaner.clean(topic as TopicKey, nodeId);
        await commands.plain('zrem', keys.node(nodeId).manifest, topic);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, work));
  }
}
