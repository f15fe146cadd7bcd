/**
 * The second half of a mode switch in a large room: a node takes out its own occupants who lost the room, page by page, before it
 * delivers anything that came later (bus/feed.ts waits for it).
 */
import type { Topic } from '../../bus/bus.ts';
import type { Instance } from '../../bus/instance.ts';
import type { Point } from '../../log/event.ts';
import { leftPrefix } from '../../protocol/membership.ts';
import { topicKind, topicName, type TopicKey } from '../../redis/keys.ts';
import type { AccessStore, EvictionCursor, EvictedPage } from '../../store/access/access-store.ts';
import type { Audience } from '../caller.ts';
import type { UserlistChanges } from '../membership/userlist-changes.ts';
import type { Removals } from '../room/removals.ts';
import { nowOrLater, type Repairs } from './repairs.ts';

export interface StagedEvictionDeps {
  readonly access: Pick<AccessStore, 'evictPage'>;
  readonly audience: Pick<Audience, 'attached' | 'joining' | 'detachRoom'>;
  readonly removals: Pick<Removals, 'telling'>;
  readonly userlistChanges: Pick<UserlistChanges, 'note'>;
  readonly instance: Pick<Instance, 'nodeId'>;
  readonly repairs: Pick<Repairs, 'retry'>;
}

export class StagedEviction {
  readonly #deps: StagedEvictionDeps;

  constructor(deps: StagedEvictionDeps) {
    this.#deps = deps;
  }

  /** Takes out this node's occupants who are not admitted any more; rejects where Redis cannot be asked. */
  async evictOwn(topic: Topic, stagedAt?: Point): Promise<void> {
    const key = topic as TopicKey; // made by keys.ts; the bus treats it as a plain name
    if (topicKind(key) !== 'room') return;
    const roomName = topicName(key);
    const { audience } = this.#deps;
    const done = await this.evict(roomName, this.#deps.instance.nodeId);
    if (done === undefined) return;
    const { kept, epoch: epochNow } = done;
    // Where the log was lost, who is not an occupant any more starts afresh (hub.reset). That is so too where this is
    // another room of that name by now.
    if (stagedAt === undefined || stagedAt.epoch !== epochNow) return;
    // Who has joined since was judged by the new rule.
    const { epoch, seq } = stagedAt;
    const attached = audience.attached(roomName, { epoch, seq: seq - 1 });
    // Detach every socket that the staged eviction removed, even one that has rejoined: it must not get messages posted in
    // between. What has taken it out tells it when its turn comes.
    for (const { socketId, rooms } of attached) {
      const isAgain = rooms.joinsOf(roomName).some((join) => join.isAgain);
      if (!kept.has(socketId) || isAgain) audience.detachRoom(roomName, socketId, stagedAt);
    }
    // Not attached yet: the same holds for what its join gives it.
    for (const { socketId, rooms } of audience.joining(roomName)) {
      if (!kept.has(socketId)) for (const join of rooms.joinsOf(roomName)) join.stagedOut(stagedAt);
    }
  }

  /** Takes out a node's occupants who are not admitted. Returns who is kept of them, and of which life of the log that is. */
  async evict(roomName: string, nodeId: string): Promise<{ kept: Set<string>; epoch: string } | undefined> {
    const { access, userlistChanges } = this.#deps;
    const kept = new Set<string>();
    let epoch = '';
    let next: EvictionCursor | '0' | undefined = '0';
    do {
      const page: EvictedPage | undefined = await access.evictPage(roomName, nodeId, next, leftPrefix(roomName));
      if (page === undefined) return undefined;
      for (const socketId of page.kept) kept.add(socketId);
      epoch = page.at.epoch;
      if (page.changesPending) userlistChanges.note(roomName);
      this.#tell(roomName, page);
      next = page.next;
    } while (next !== undefined);
    return { kept, epoch };
  }

  #tell(roomName: string, { evicted, life, at }: EvictedPage): void {
    const tell = this.#deps.removals.telling({ roomName, life, at }, evicted);
    if (evicted.length > 0) void nowOrLater(this.#deps.repairs, tell);
  }
}
