/**
 * Brings this node and Redis to one view of who is where: topics in which a command failed that may have been executed
 * all the same, and all topics after a failover that may have lost some. Redis says what it knows of this node; sockets
 * that are gone are taken out, and sockets that Redis does not know start afresh.
 */
import type { Topics } from '../bus/topics.ts';
import { topicKind, topicName, type TopicKey } from '../state/keys.ts';
import { SOCKETS_PER_CALL, type RoomState } from '../state/room-state.ts';
import type { UserState } from '../state/user-state.ts';
import type { Audience } from './caller.ts';
import type { Departures } from './departures.ts';
import { Unfinished } from './unfinished.ts';
import type { UserlistChanges } from './userlist-changes.ts';

export interface ReconcilerParts {
  readonly rooms: RoomState;
  readonly users: UserState;
  readonly topics: Topics;
  readonly audience: Audience;
  readonly departures: Departures;
  readonly userlistChanges: UserlistChanges;
  nodeId(): string;
  /** Whether that is this node's present instance, its lease not lost. */
  owns(nodeId: string): boolean;
  onError(what: string, error: unknown): void;
}

export class Reconciler {
  readonly #parts: ReconcilerParts;
  /** Topic → how often this node follows it only because it is suspect. */
  readonly #suspects = new Map<TopicKey, number>();
  readonly #unfinished: Unfinished;
  #running = false;

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
    this.#unfinished = new Unfinished(parts);
  }

  /**
   * Remembers a topic in which Redis may know more or less of this node than is true. It stays followed, and so in the
   * node's manifest, until that is settled: the caller passes its `follows` on.
   */
  suspect(topic: TopicKey, nodeId: string, cause: unknown, follows: 0 | 1 = 1): void {
    // What an instance without a lease left behind is its sweepers' work.
    if (!this.#parts.owns(nodeId)) return;
    this.#suspects.set(topic, (this.#suspects.get(topic) ?? 0) + follows);
    this.#parts.onError('what a request or a socket left behind is settled later', cause);
  }

  /** Looks at every topic soon: after a failover. */
  suspectAll(topics: Iterable<TopicKey>): void {
    for (const topic of topics) if (!this.#suspects.has(topic)) this.#suspects.set(topic, 0);
  }

  /** Does work that may be repeated again until it succeeds, for as long as this node lives. */
  finishLater(work: () => Promise<void>, cause: unknown): void {
    this.#unfinished.add(work, cause);
  }

  /** Topics that are suspect now. */
  get size(): number {
    return this.#suspects.size;
  }

  forget(): void {
    this.#suspects.clear();
  }

  /** Settles what is suspect. Called once a second while this node may act; never rejects. */
  async run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    const nodeId = this.#parts.nodeId();
    try {
      await this.#unfinished.run();
      for (const [topic, follows] of this.#suspects) {
        await this.#settle(topic, nodeId);
        if (!this.#parts.owns(nodeId)) return;
        // What became suspect meanwhile stays so.
        const left = (this.#suspects.get(topic) ?? 0) - follows;
        if (left > 0) this.#suspects.set(topic, left);
        else this.#suspects.delete(topic);
        for (let i = 0; i < follows; i++) this.#parts.topics.unfollow(topic, nodeId);
      }
    } catch (error) {
      this.#parts.onError('settling is put off', error);
    } finally {
      this.#running = false;
    }
  }

  async #settle(topic: TopicKey, nodeId: string): Promise<void> {
    try {
      await (topicKind(topic) === 'room' ? this.#settleRoom(topic, nodeId) : this.#settleUser(topic, nodeId));
    } catch (error) {
      // In a cluster others may get an answer where this one does not: next time it comes last.
      const follows = this.#suspects.get(topic);
      if (follows !== undefined && this.#suspects.delete(topic)) this.#suspects.set(topic, follows);
      throw error;
    }
  }

  async #settleRoom(topic: TopicKey, nodeId: string): Promise<void> {
    const roomName = topicName(topic);
    // Whatever was not answered may have left something to tell.
    this.#parts.userlistChanges.note(roomName);
    const { audience, rooms, departures } = this.#parts;
    const known = await rooms.readNodeSockets(roomName, nodeId);
    // Both looked up in the turn of the reply: what joins or leaves after it is not known to it.
    const gone = known.sockets.filter(({ socketId }) => !audience.isConcerned(roomName, socketId));
    const members = new Set(known.sockets.map(({ socketId }) => socketId));
    const strays = audience.attached(roomName, known.at).filter(({ socketId }) => !members.has(socketId));
    for (let at = 0; at < gone.length; at += SOCKETS_PER_CALL) {
      await departures.leaveRoom(roomName, nodeId, gone.slice(at, at + SOCKETS_PER_CALL), {
        echo: 'changed',
        cause: 'disconnect',
      });
    }
    for (const stray of strays) {
      const move = stray.moves.of(roomName);
      if (move === 'leaving') continue; // its request is about to be answered
      if (move !== 'unsure') {
        // It had joined, and Redis has lost that: coming back, it joins again.
        stray.startAfresh();
        continue;
      }
      audience.detachRoom(roomName, stray.socketId);
      stray.moves.end(roomName, 'unsure');
      await departures.leaveRoom(roomName, nodeId, [stray], { echo: 'always', cause: 'leave' });
    }
  }

  async #settleUser(topic: TopicKey, nodeId: string): Promise<void> {
    const userName = topicName(topic);
    const { audience, users, departures } = this.#parts;
    const known = await users.readSockets(userName);
    for (const stray of audience.socketsOf(userName)) if (!known.has(stray.socketId)) stray.startAfresh();
    const gone = [...known].filter(([socketId, home]) => home === nodeId && !audience.isOpen(socketId));
    if (gone.length === 0) return;
    // They are in no more rooms than they were.
    const sockets = await users.listSockets(userName);
    for (const [socketId] of gone) {
      await departures.logout({ userName, socketId }, sockets.get(socketId)?.rooms ?? []);
    }
  }
}
