/** What the leases of nodes say of their sockets, for whoever must not be kept out by sockets that are dead. */
import type { Commands } from './commands.ts';
import type { Keyspace } from './keys.ts';
import { text } from './reply.ts';
import { readLease } from './scripts/node-scripts.ts';

export interface PeerLeases {
  /** Nodes that are gone, or whose lease has run out or was claimed, or that send their sockets away. */
  readonly absent: string[];
  /** In how many ms the next of the others may be absent; Infinity where there are none. */
  readonly freeInMs: number;
}

/** A lease for each of the nodes: as many as are named, in one go. */
export async function readLeases(commands: Commands, keys: Keyspace, nodeIds: readonly string[]): Promise<PeerLeases> {
  const said = await Promise.all(
    nodeIds.map(async (nodeId) => text(await commands.run(readLease, { lease: keys.node(nodeId).lease }, {}))),
  );
  const leftMs = said.map((word) => (Number.isNaN(Number(word)) ? 0 : Number(word)));
  return {
    absent: nodeIds.filter((_, i) => leftMs[i] === 0),
    freeInMs: Math.min(...leftMs.filter((ms) => ms > 0)),
  };
}
