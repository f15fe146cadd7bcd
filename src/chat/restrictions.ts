/**
 * The second half of a mode switch in a large room: each node takes out its own members who lost the room, page by page,
 * before it delivers anything that came later (bus/feed.ts waits for it).
 */
import type { Topic } from '../bus/bus.ts';
import type { Point } from '../bus/event.ts';
import type { AccessState, PurgeCursor, Purged } from '../state/access-state.ts';
import { topicKind, topicName, type TopicKey } from '../state/keys.ts';
import { leftHead } from './access.ts';
import type { Audience } from './caller.ts';
import type { Losses } from './losses.ts';
import type { UserlistChanges } from './userlist-changes.ts';

export interface RestrictionsParts {
  readonly access: Pick<AccessState, 'purge'>;
  readonly audience: Pick<Audience, 'attached' | 'joining' | 'detachRoom'>;
  readonly losses: Losses;
  readonly userlistChanges: UserlistChanges;
  nodeId(): string;
  /** Does work that may be repeated again until it succeeds. */
  finishLater(work: () => Promise<void>, cause: unknown): void;
}

export class Restrictions {
  readonly #parts: RestrictionsParts;

  constructor(parts: RestrictionsParts) {
    this.#parts = parts;
  }

  /** Takes out this node's members who are not admitted any more; rejects where Redis cannot be asked. */
  async settle(topic: Topic, restrictedAt?: Point): Promise<void> {
    const key = topic as TopicKey; // made by keys.ts; the bus treats it as a plain name
    if (topicKind(key) !== 'room') return;
    const roomName = topicName(key);
    const { access, audience, userlistChanges } = this.#parts;
    const kept = new Set<string>();
    let epochNow = '';
    let next: PurgeCursor | '0' | undefined = '0';
    do {
      const page: Purged | undefined = await access.purge(roomName, this.#parts.nodeId(), next, leftHead(roomName));
      if (page === undefined) return;
      for (const socketId of page.kept) kept.add(socketId);
      epochNow = page.epoch;
      if (page.changesPending) userlistChanges.note(roomName);
      this.#tell(roomName, page);
      next = page.next;
    } while (next !== undefined);
    // Where the log was lost, who is not a member any more starts afresh (hub.reset). That is so too where this is
    // another room of that name by now.
    if (restrictedAt === undefined || restrictedAt.epoch !== epochNow) return;
    // Who has joined since was judged by the new rule.
    const { epoch, seq } = restrictedAt;
    const attached = audience.attached(roomName, { epoch, seq: seq - 1 });
    // Out by this, or by what came after the restriction, and perhaps in again: it hears nothing of what was said in
    // between. What has taken it out tells it when its turn comes.
    for (const { socketId, moves } of attached) {
      if (!kept.has(socketId) || moves.isRejoining(roomName)) audience.detachRoom(roomName, socketId);
    }
    // Not attached yet: the same holds for what its join gives it.
    for (const { socketId, moves } of audience.joining(roomName)) {
      if (!kept.has(socketId)) moves.loseJoins(roomName, restrictedAt);
    }
  }

  #tell(roomName: string, { evicted, life }: Purged): void {
    const tell = this.#parts.losses.telling(roomName, life, evicted);
    if (evicted.length > 0) tell().catch((error: unknown) => this.#parts.finishLater(tell, error));
  }
}
