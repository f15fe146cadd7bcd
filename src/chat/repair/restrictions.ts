/**
 * The second half of a mode switch in a large room: each node takes out its own members who lost the room, page by page,
 * before it delivers anything that came later (bus/feed.ts waits for it).
 */
import type { Topic } from '../../bus/bus.ts';
import type { Point } from '../../log/event.ts';
import type { Topics } from '../../bus/topics.ts';
import type { AccessStore, PurgeCursor, Purged } from '../../store/access/access-store.ts';
import { roomTopic, topicKind, topicName, type TopicKey } from '../../redis/keys.ts';
import type { Peers } from '../../store/node/peers.ts';
import type { Audience } from '../caller.ts';
import type { Departures } from '../membership/departures.ts';
import { leftHead } from '../../protocol/membership.ts';
import type { Losses } from '../room/losses.ts';
import type { Reconciler } from './reconciler.ts';
import type { Repairs } from './repairs.ts';
import type { UserlistChanges } from '../membership/userlist-changes.ts';

export interface RestrictionsDeps {
  readonly access: Pick<AccessStore, 'purge' | 'unsettled'>;
  readonly topics: Pick<Topics, 'isFollowed' | 'follow' | 'unfollow'>;
  readonly peers: Pick<Peers, 'isGone'>;
  readonly departures: Pick<Departures, 'clean'>;
  readonly reconciler: Pick<Reconciler, 'checkRoomNow'>;
  readonly repairs: Pick<Repairs, 'retry'>;
  readonly audience: Pick<Audience, 'attached' | 'joining' | 'detachRoom'>;
  readonly losses: Losses;
  readonly userlistChanges: UserlistChanges;
  nodeId(): string;
  /** Has another node do `settleUnfollowed`. */
  askToSettle(nodeId: string, roomName: string): Promise<unknown>;
}

export class Restrictions {
  readonly #deps: RestrictionsDeps;

  constructor(deps: RestrictionsDeps) {
    this.#deps = deps;
  }

  /** Takes out this node's members who are not admitted any more; rejects where Redis cannot be asked. */
  async settle(topic: Topic, restrictedAt?: Point): Promise<void> {
    const key = topic as TopicKey; // made by keys.ts; the bus treats it as a plain name
    if (topicKind(key) !== 'room') return;
    const roomName = topicName(key);
    const { audience } = this.#deps;
    const purged = await this.#purge(roomName, this.#deps.nodeId());
    if (purged === undefined) return;
    const { kept, epoch: epochNow } = purged;
    // Where the log was lost, who is not a member any more starts afresh (hub.reset). That is so too where this is
    // another room of that name by now.
    if (restrictedAt === undefined || restrictedAt.epoch !== epochNow) return;
    // Who has joined since was judged by the new rule.
    const { epoch, seq } = restrictedAt;
    const attached = audience.attached(roomName, { epoch, seq: seq - 1 });
    // Detach every socket that the staged eviction removed, even one that has rejoined: it must not get messages posted in
    // between. What has taken it out tells it when its turn comes.
    for (const { socketId, rooms } of attached) {
      const isAgain = rooms.joinsOf(roomName).some((join) => join.isAgain);
      if (!kept.has(socketId) || isAgain) audience.detachRoom(roomName, socketId, restrictedAt);
    }
    // Not attached yet: the same holds for what its join gives it.
    for (const { socketId, rooms } of audience.joining(roomName)) {
      if (!kept.has(socketId)) for (const join of rooms.joinsOf(roomName)) join.stagedOut(restrictedAt);
    }
  }

  /**
   * A room is not opened again before every node has taken out its own. The event tells those that follow it; but what the room
   * knows of others may be what a failover has brought back, and those would never settle it.
   */
  async hasten(roomName: string): Promise<void> {
    const { access, peers, departures } = this.#deps;
    const topic = roomTopic(roomName);
    await Promise.all(
      (await access.unsettled(roomName)).map(async (nodeId) => {
        if (nodeId === this.#deps.nodeId()) return this.settleUnfollowed(roomName);
        if (!(await peers.isGone(nodeId))) return this.#deps.askToSettle(nodeId, roomName);
        await departures.clean(topic, nodeId);
        return this.#purge(roomName, nodeId);
      }),
    );
  }

  /** Where this node does not follow the room, it has nobody in it, whatever is known of it there. */
  async settleUnfollowed(roomName: string): Promise<void> {
    const topic = roomTopic(roomName);
    // Otherwise its feed settles it, at its own place in the log.
    const { topics } = this.#deps;
    if (topics.isFollowed(topic)) return;
    const nodeId = this.#deps.nodeId();
    await this.#deps.reconciler.checkRoomNow(topic);
    // In the manifest, for the step notes who is yet to be told by this node.
    await topics.follow(topic, nodeId);
    try {
      await this.#purge(roomName, nodeId);
    } finally {
      topics.unfollow(topic, nodeId);
    }
  }

  /** Takes out a node's members who are not admitted. Returns who is kept of them, and of which life of the log that is. */
  async #purge(roomName: string, nodeId: string): Promise<{ kept: Set<string>; epoch: string } | undefined> {
    const { access, userlistChanges } = this.#deps;
    const kept = new Set<string>();
    let epoch = '';
    let next: PurgeCursor | '0' | undefined = '0';
    do {
      const page: Purged | undefined = await access.purge(roomName, nodeId, next, leftHead(roomName));
      if (page === undefined) return undefined;
      for (const socketId of page.kept) kept.add(socketId);
      epoch = page.at.epoch;
      if (page.changesPending) userlistChanges.note(roomName);
      this.#tell(roomName, page);
      next = page.next;
    } while (next !== undefined);
    return { kept, epoch };
  }

  #tell(roomName: string, { evicted, life, at }: Purged): void {
    const tell = this.#deps.losses.telling({ roomName, life, at }, evicted);
    if (evicted.length > 0) tell().catch((error: unknown) => this.#deps.repairs.retry(tell, error));
  }
}
