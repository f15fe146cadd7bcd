/**
 * Opening a large room again, which waits until every node has taken out its own occupants who lost it: who has not is asked to, and
 * who is not there any more is cleaned up after. The taking out itself is staged-eviction.ts.
 */
import type { Instance } from '../../bus/instance.ts';
import type { Topics } from '../../bus/topics.ts';
import type { AccessStore } from '../../store/access/access-store.ts';
import { roomTopic } from '../../redis/keys.ts';
import type { Peers } from '../../store/node/peers.ts';
import type { Leaves } from '../membership/leaves.ts';
import type { Reconciler } from './reconciler.ts';
import type { StagedEviction } from './staged-eviction.ts';

export interface StagedEvictionPeersDeps {
  readonly access: Pick<AccessStore, 'evictingNodes'>;
  readonly topics: Pick<Topics, 'positionOf' | 'follow' | 'unfollow'>;
  readonly peers: Pick<Peers, 'isGone'>;
  /** The other nodes, each of which is asked to do its `evictUnfollowed`. */
  readonly nodes: { askToEvict(nodeId: string, roomName: string): Promise<void> };
  readonly leaves: Pick<Leaves, 'clean'>;
  readonly reconciler: Pick<Reconciler, 'checkRoomNow'>;
  readonly stagedEviction: Pick<StagedEviction, 'evict'>;
  readonly instance: Pick<Instance, 'nodeId'>;
}

export class StagedEvictionPeers {
  readonly #deps: StagedEvictionPeersDeps;

  constructor(deps: StagedEvictionPeersDeps) {
    this.#deps = deps;
  }

  /**
   * A room is not opened again before every node has taken out its own. The event tells those that follow it; but what the room
   * knows of others may be what a failover has brought back, and those would never do so.
   */
  async hasten(roomName: string): Promise<void> {
    const { access, peers, nodes, leaves, stagedEviction, instance } = this.#deps;
    const topic = roomTopic(roomName);
    await Promise.all(
      (await access.evictingNodes(roomName)).map(async (nodeId) => {
        if (nodeId === instance.nodeId) return this.evictUnfollowed(roomName);
        if (!(await peers.isGone(nodeId))) return nodes.askToEvict(nodeId, roomName);
        await leaves.clean(topic, nodeId);
        await stagedEviction.evict(roomName, nodeId);
      }),
    );
  }

  /** Where this node does not hear the room, it has nobody in it, whatever is known of it there. */
  async evictUnfollowed(roomName: string): Promise<void> {
    const topic = roomTopic(roomName);
    // Otherwise its feed does so, at its own place in the log. One that nobody has joined by has none, and does nothing.
    const { topics } = this.#deps;
    if (topics.positionOf(topic) !== undefined) return;
    const { nodeId } = this.#deps.instance;
    await this.#deps.reconciler.checkRoomNow(topic);
    // In the manifest, for the step notes who is yet to be told by this node.
    await topics.follow(topic, nodeId);
    try {
      await this.#deps.stagedEviction.evict(roomName, nodeId);
    } finally {
      topics.unfollow(topic, nodeId);
    }
  }
}
