/**
 * Brings this node and Redis to one view of who is where: topics in which a command failed that may have been executed
 * all the same, and all that this node had lately to do with after a failover that may have lost some. Redis says what it
 * knows of this node; sockets that are gone are taken out, and sockets that Redis does not know start afresh.
 */
import type { Topics } from '../../bus/topics.ts';
import { topicKind, topicName, type TopicKey } from '../../redis/keys.ts';
import type { Peers } from '../../store/node/peers.ts';
import { SOCKETS_PER_CALL, type MembershipStore } from '../../store/membership/membership-store.ts';
import type { UserStore } from '../../store/user/user-store.ts';
import type { Audience, Caller } from '../caller.ts';
import type { Departures } from '../membership/departures.ts';
import { Unfinished } from './unfinished.ts';
import type { UserlistChanges } from '../membership/userlist-changes.ts';

export interface ReconcilerDeps {
  readonly memberships: MembershipStore;
  readonly users: UserStore;
  readonly peers: Pick<Peers, 'isGone'>;
  readonly topics: Pick<Topics, 'unfollow' | 'caughtUp'>;
  readonly audience: Audience;
  readonly departures: Pick<Departures, 'leaveRoom' | 'logout' | 'clean'>;
  readonly userlistChanges: Pick<UserlistChanges, 'note'>;
  nodeId(): string;
  /** Whether that is this node's present instance, its lease not lost. */
  owns(nodeId: string): boolean;
  onError(what: string, error: unknown): void;
}

/** Topics settled side by side. What an outage leaves behind are thousands, and each is a few round trips. */
const AT_ONCE = 64;
/** So many failures in a row end a round: Redis is away. */
const FAILURES_MAX = 256;

interface Suspicion {
  /** How often this node follows the topic only because it is suspect. */
  follows: number;
  /** Redis may have lost what was written of other nodes, too. */
  peers: boolean;
}

export class Reconciler {
  readonly #deps: ReconcilerDeps;
  readonly #suspects = new Map<TopicKey, Suspicion>();
  readonly #unfinished: Unfinished;
  #underWay = 0;
  #running = false;

  constructor(deps: ReconcilerDeps) {
    this.#deps = deps;
    this.#unfinished = new Unfinished(deps);
  }

  /**
   * Remembers a topic in which Redis may know more or less of this node than is true. It stays followed, and so in the
   * node's manifest, until that is settled: the caller passes its `follows` on.
   */
  suspect(topic: TopicKey, nodeId: string, cause: unknown, follows: 0 | 1 = 1): void {
    // What an instance without a lease left behind is its sweepers' work.
    if (!this.#deps.owns(nodeId)) return;
    this.#add(topic, { follows, peers: false });
    this.#deps.onError('what a request or a socket left behind is settled later', cause);
  }

  /** Looks at topics soon, and at what Redis knows there of nodes that are gone: after a failover. */
  suspectAll(topics: Iterable<TopicKey>): void {
    for (const topic of topics) this.#add(topic, { follows: 0, peers: true });
  }

  /** Does work that may be repeated again until it succeeds, for as long as this node lives. */
  finishLater(work: () => Promise<void>, cause: unknown): void {
    this.#unfinished.add(work, cause);
  }

  /** Topics that are suspect now. */
  get size(): number {
    return this.#suspects.size + this.#underWay;
  }

  forget(): void {
    this.#suspects.clear();
  }

  /** Settles what is suspect, rooms and users side by side. Called once a second while this node may act; never rejects. */
  async run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    const nodeId = this.#deps.nodeId();
    try {
      await Promise.all([this.#unfinished.run(), this.#round(nodeId)]);
    } catch (error) {
      this.#deps.onError('settling is put off', error);
    } finally {
      this.#running = false;
    }
  }

  /** Takes out of a room what Redis knows there of this node and is not so. For whoever waits for it. */
  settleRoomNow(topic: TopicKey): Promise<void> {
    return this.#settle(topic, this.#deps.nodeId(), false);
  }

  #add(topic: TopicKey, { follows, peers }: Suspicion): void {
    const known = this.#suspects.get(topic);
    if (known === undefined) this.#suspects.set(topic, { follows, peers });
    else {
      known.follows += follows;
      known.peers ||= peers;
    }
  }

  async #round(nodeId: string): Promise<void> {
    // What becomes suspect meanwhile waits for the next round; what fails comes last in it.
    const next = [...this.#suspects.keys()].values();
    let failures = 0;
    const work = async (): Promise<void> => {
      for (const topic of next) {
        if (failures >= FAILURES_MAX || !this.#deps.owns(nodeId)) return;
        failures = (await this.#try(topic, nodeId)) ? 0 : failures + 1;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  async #try(topic: TopicKey, nodeId: string): Promise<boolean> {
    const suspicion = this.#suspects.get(topic);
    if (suspicion === undefined) return true;
    // Taken out first: what becomes suspect while it is looked at stays so.
    this.#suspects.delete(topic);
    this.#underWay++;
    try {
      await this.#settle(topic, nodeId, suspicion.peers);
      for (let i = 0; i < suspicion.follows; i++) this.#deps.topics.unfollow(topic, nodeId);
      return true;
    } catch (error) {
      if (this.#deps.owns(nodeId)) this.#add(topic, suspicion);
      this.#deps.onError('settling is put off', error);
      return false;
    } finally {
      this.#underWay--;
    }
  }

  async #settle(topic: TopicKey, nodeId: string, peers: boolean): Promise<void> {
    if (topicKind(topic) === 'room') {
      await this.#settleRoom(topic, nodeId);
      if (peers) await this.#cleanUpAfter(topic, nodeId, await this.#deps.memberships.readNodes(topicName(topic)));
      return;
    }
    const homes = await this.#settleUser(topic, nodeId);
    if (peers) await this.#cleanUpAfter(topic, nodeId, homes);
  }

  async #settleRoom(topic: TopicKey, nodeId: string): Promise<void> {
    const roomName = topicName(topic);
    // Whatever was not answered may have left something to tell.
    this.#deps.userlistChanges.note(roomName);
    const { audience, memberships, departures } = this.#deps;
    const known = await memberships.readNodeSockets(roomName, nodeId);
    // Looked up in the turn of the reply: what joins or leaves after it is not known to it.
    const gone = known.sockets.filter(({ socketId }) => !audience.isConcerned(roomName, socketId));
    const members = new Set(known.sockets.map(({ socketId }) => socketId));
    const strays = (): Caller[] =>
      audience.attached(roomName, known.at).filter(({ socketId }) => !members.has(socketId));
    const unsure = strays().filter(({ rooms }) => rooms.leaveOf(roomName) === 'unsure');
    for (let at = 0; at < gone.length; at += SOCKETS_PER_CALL) {
      await departures.leaveRoom(roomName, nodeId, gone.slice(at, at + SOCKETS_PER_CALL), {
        echo: 'changed',
        cause: 'disconnect',
        closed: true,
      });
    }
    for (const stray of unsure) {
      // It may have come in again meanwhile.
      if (stray.rooms.leaveOf(roomName) !== 'unsure' || stray.rooms.isJoining(roomName)) continue;
      audience.detachRoom(roomName, stray.socketId);
      stray.rooms.endLeave(roomName);
      await departures.leaveRoom(roomName, nodeId, [stray], { echo: 'always', cause: 'leave' });
    }
    const joins = new Map(strays().map((stray) => [stray, stray.rooms.live.get(roomName)]));
    if (joins.size === 0) return;
    // What took a socket out may be on its way here, and tells it so.
    await this.#deps.topics.caughtUp(topic, known.at);
    for (const [stray, joinedAt] of joins) {
      // Out by that, and perhaps in again.
      if (joinedAt === undefined || stray.rooms.live.get(roomName) !== joinedAt) continue;
      // It had joined, and Redis has lost that: coming back, it joins again. One that leaves is about to be answered.
      if (stray.rooms.leaveOf(roomName) === undefined) stray.startAfresh();
    }
  }

  /** Returns the nodes that the user has sockets on. */
  async #settleUser(topic: TopicKey, nodeId: string): Promise<Iterable<string>> {
    const userName = topicName(topic);
    const { audience, users, departures } = this.#deps;
    const known = await users.readSockets(userName);
    for (const stray of audience.socketsOf(userName)) if (!known.has(stray.socketId)) stray.startAfresh();
    const gone = [...known].filter(([socketId, home]) => home === nodeId && !audience.isOpen(socketId));
    for (const [socketId] of gone) await departures.logout({ userName, socketId }, []);
    return known.values();
  }

  /** A failover may have lost that a node was swept here, and of all others what would lead sweepers here once more. */
  async #cleanUpAfter(topic: TopicKey, ownId: string, nodeIds: Iterable<string>): Promise<void> {
    for (const nodeId of new Set(nodeIds)) {
      if (nodeId !== ownId && (await this.#deps.peers.isGone(nodeId))) await this.#deps.departures.clean(topic, nodeId);
    }
  }
}
