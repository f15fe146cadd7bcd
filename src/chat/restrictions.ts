/**
 * The second half of a mode switch in a large room: each node takes out its own members who lost the room, page by page,
 * before it delivers anything that came later (bus/feed.ts waits for it).
 */
import type { Topic } from '../bus/bus.ts';
import type { AccessState, Purged } from '../state/access-state.ts';
import { topicKind, topicName, type TopicKey } from '../state/keys.ts';
import type { Audience } from './caller.ts';
import type { Losses } from './losses.ts';
import type { UserlistChanges } from './userlist-changes.ts';

export interface RestrictionsParts {
  readonly access: Pick<AccessState, 'purge'>;
  readonly audience: Pick<Audience, 'expel'>;
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
  async settle(topic: Topic): Promise<void> {
    const key = topic as TopicKey; // made by keys.ts; the bus treats it as a plain name
    if (topicKind(key) !== 'room') return;
    const roomName = topicName(key);
    const { access, audience, userlistChanges } = this.#parts;
    let cursor = '0';
    do {
      const page = await access.purge(roomName, this.#parts.nodeId(), cursor);
      if (page === undefined) return;
      for (const { socketId } of page.sockets) audience.expel(roomName, socketId);
      if (page.changesPending) userlistChanges.note(roomName);
      this.#tell(roomName, page);
      cursor = page.cursor;
    } while (cursor !== '0');
  }

  /** The users are told by whoever took out the last of their sockets: by then every node has heard of the mode. */
  #tell(roomName: string, { sockets, life }: Purged): void {
    const lost = sockets.flatMap(({ userName, socketId, last }) =>
      last ? [{ userName, socketIds: [socketId], nodeIds: [] }] : [],
    );
    const tell = (): Promise<void> => this.#parts.losses.tell(roomName, life, lost);
    if (lost.length > 0) tell().catch((error: unknown) => this.#parts.finishLater(tell, error));
  }
}
