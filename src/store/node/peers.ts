/** What the leases of nodes say of their sockets, for whoever must not be kept out by sockets that are dead. */
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import type { Lease } from './lease.ts';
import { readLease } from './node-scripts.ts';

export interface PeerLeases {
  /** Nodes that are gone, whose lease was claimed or was seen unrenewed for its term, or that send their sockets away. */
  readonly absent: string[];
  /** In how many ms the next of the others may be absent; Infinity where there are none. */
  readonly freeInMs: number;
}

/** How long a node's lease has yet to go by what was seen of it, at least 0; or that it sends its sockets away. */
async function leftOf(
  commands: Commands,
  keys: Keyspace,
  watch: Pick<Lease, 'watchedMs'>,
  nodeId: string,
): Promise<number | 'draining'> {
  const said = await commands.run(readLease, { lease: keys.node(nodeId).lease }, {});
  if (typeof said === 'string') return said === 'draining' ? said : 0;
  return Math.max(0, Math.ceil(said.termMs - watch.watchedMs(nodeId, said.expires)));
}

/** A lease for each of the nodes: as many as are named, in one go. */
export async function readLeases(
  commands: Commands,
  keys: Keyspace,
  watch: Pick<Lease, 'watchedMs'>,
  nodeIds: readonly string[],
): Promise<PeerLeases> {
  const left = await Promise.all(nodeIds.map((nodeId) => leftOf(commands, keys, watch, nodeId)));
  const leftMs = left.map((one) => (one === 'draining' ? 0 : one));
  return {
    absent: nodeIds.filter((_, i) => leftMs[i] === 0),
    freeInMs: Math.min(...leftMs.filter((ms) => ms > 0)),
  };
}

/** Whether one of the nodes has its lease, as far as is known; also one that sends its sockets away. */
export async function isHeld(
  commands: Commands,
  keys: Keyspace,
  watch: Pick<Lease, 'watchedMs'>,
  nodeIds: readonly string[],
): Promise<boolean> {
  const left = await Promise.all([...new Set(nodeIds)].map((nodeId) => leftOf(commands, keys, watch, nodeId)));
  return left.some((one) => one !== 0);
}

const GONE_KNOWN_MS = 2000;
const GONE_KNOWN_MAX = 1000;

/** Which nodes are gone for good, remembered for a moment: it is asked of the same few nodes by the thousand. */
export class Peers {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #known = new Map<string, { readonly at: number; readonly isGone: Promise<boolean> }>();

  constructor(commands: Commands, keys: Keyspace) {
    this.#commands = commands;
    this.#keys = keys;
  }

  /**
   * Whether there is no lease of that node, which is for good: it is written before anything else of a node, and a node that
   * finds it missing is another one from then on.
   */
  isGone(nodeId: string): Promise<boolean> {
    const now = performance.now();
    const known = this.#known.get(nodeId);
    if (known !== undefined && now - known.at < GONE_KNOWN_MS) return known.isGone;
    if (this.#known.size >= GONE_KNOWN_MAX) this.#known.clear();
    const isGone = this.#commands
      .run(readLease, { lease: this.#keys.node(nodeId).lease }, {})
      .then((said) => said === 'gone');
    this.#known.set(nodeId, { at: now, isGone });
    isGone.catch(() => this.#known.delete(nodeId));
    return isGone;
  }
}
