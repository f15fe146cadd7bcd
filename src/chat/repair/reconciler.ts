/**
 * Works on the repairs. Checking a topic brings this node and Redis to one view of who is where: a command has failed that may have
 * been executed all the same, or a failover may have lost some. Redis says what it knows of this node; sockets that are gone are
 * taken out, and sockets that Redis does not know start afresh.
 */
import type { ChangesDue } from '../change/due.ts';
import type { Instance } from '../../bus/instance.ts';
import type { Topics } from '../../bus/topics.ts';
import { topicKind, topicName, type TopicKey } from '../../redis/keys.ts';
import type { Peers } from '../../store/node/peers.ts';
import { SOCKETS_PER_CALL, type MembershipStore } from '../../store/membership/membership-store.ts';
import type { UserStore } from '../../store/user/user-store.ts';
import type { Audience, Caller } from '../caller.ts';
import type { Presence } from '../contact/presence.ts';
import type { Leaves } from '../membership/leaves.ts';
import type { Repairs } from './repairs.ts';
import type { UserlistChanges } from '../membership/userlist-changes.ts';
import { sideBySide } from '../../ops/side-by-side.ts';

export interface ReconcilerDeps {
  readonly repairs: Repairs;
  readonly memberships: Pick<MembershipStore, 'readNodeSockets' | 'readNodes'>;
  readonly users: Pick<UserStore, 'readSockets'>;
  readonly peers: Pick<Peers, 'isGone'>;
  readonly topics: Pick<Topics, 'unfollow' | 'caughtUp'>;
  readonly audience: Audience;
  readonly leaves: Pick<Leaves, 'leaveRoom' | 'logout' | 'finish' | 'clean'>;
  readonly userlistChanges: Pick<UserlistChanges, 'note'>;
  readonly changesDue: Pick<ChangesDue, 'note'>;
  readonly presence: Pick<Presence, 'adopt'>;
  readonly instance: Pick<Instance, 'nodeId' | 'owns'>;
  onError(what: string, error: unknown): void;
}

/** Topics checked side by side. What an outage leaves behind are thousands, and each is a few round trips. */
const TOPICS_AT_ONCE = 64;
/** So many failures in a row end a round: Redis is away. */
const FAILURES_MAX = 256;
const WORK_AT_ONCE = 32;

export class Reconciler {
  readonly #deps: ReconcilerDeps;
  #running = false;

  constructor(deps: ReconcilerDeps) {
    this.#deps = deps;
  }

  /** Checks topics, rooms and users side by side, and tries work again. Called once a second while this node may act; never rejects. */
  async run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    const { nodeId } = this.#deps.instance;
    try {
      await Promise.all([this.#retryWork(), this.#checkTopics(nodeId)]);
    } catch (error) {
      this.#deps.onError('settling is put off', error);
    } finally {
      this.#running = false;
    }
  }

  /** Takes out of a room what Redis knows there of this node and is not so. For whoever waits for it. */
  checkRoomNow(topic: TopicKey): Promise<void> {
    return this.#check(topic, this.#deps.instance.nodeId, false);
  }

  /** Everything once: in a cluster what fails does not keep the rest waiting. */
  async #retryWork(): Promise<void> {
    const { repairs } = this.#deps;
    const round = repairs.takeWork();
    for (let at = 0; at < round.length; at += WORK_AT_ONCE) {
      const batch = round.slice(at, at + WORK_AT_ONCE);
      const outcomes = await Promise.allSettled(batch.map((work) => work()));
      for (const [i, outcome] of outcomes.entries()) {
        const work = batch[i];
        if (outcome.status === 'fulfilled' || work === undefined) continue;
        repairs.putBackWork(work);
        this.#deps.onError('what a request began is put off again', outcome.reason);
      }
    }
  }

  async #checkTopics(nodeId: string): Promise<void> {
    // What is added meanwhile waits for the next round; what fails comes last in it.
    let failures = 0;
    const check = async (topic: TopicKey): Promise<void> => {
      failures = (await this.#tryCheck(topic, nodeId)) ? 0 : failures + 1;
    };
    const { repairs, instance } = this.#deps;
    await sideBySide(repairs.topics(), TOPICS_AT_ONCE, check, () => failures < FAILURES_MAX && instance.owns(nodeId));
  }

  async #tryCheck(topic: TopicKey, nodeId: string): Promise<boolean> {
    const { repairs, instance } = this.#deps;
    const check = repairs.take(topic);
    if (check === undefined) return true;
    try {
      await this.#check(topic, nodeId, check.peers);
      for (let i = 0; i < check.follows; i++) this.#deps.topics.unfollow(topic, nodeId);
      return true;
    } catch (error) {
      if (instance.owns(nodeId)) repairs.putBack(topic, check);
      this.#deps.onError('settling is put off', error);
      return false;
    } finally {
      repairs.done();
    }
  }

  async #check(topic: TopicKey, nodeId: string, peers: boolean): Promise<void> {
    let homes: Iterable<string> = [];
    if (topicKind(topic) === 'user') homes = await this.#checkUser(topic, nodeId);
    else await this.#checkRoom(topic, nodeId);
    if (!peers) return;
    // That this node has told something may be forgotten, and so may what it has told.
    await this.#deps.leaves.finish(topic, nodeId);
    if (topicKind(topic) === 'room') homes = await this.#deps.memberships.readNodes(topicName(topic));
    await this.#cleanUpAfter(topic, nodeId, homes);
  }

  async #checkRoom(topic: TopicKey, nodeId: string): Promise<void> {
    const roomName = topicName(topic);
    // Whatever was not answered may have left something to tell.
    this.#deps.userlistChanges.note(roomName);
    this.#deps.changesDue.note(roomName);
    const { audience, memberships, leaves } = this.#deps;
    const known = await memberships.readNodeSockets(roomName, nodeId);
    // Looked up in the turn of the reply: what joins or leaves after it is not known to it.
    const isGone = ({ socketId }: { socketId: string }): boolean => !audience.isConcerned(roomName, socketId);
    const closed = known.sockets.filter(isGone);
    const socketIds = new Set(known.sockets.map(({ socketId }) => socketId));
    const strays = (): Caller[] =>
      audience.attached(roomName, known.at).filter(({ socketId }) => !socketIds.has(socketId));
    const unsure = strays().filter(({ rooms }) => rooms.leaveOf(roomName) === 'unsure');
    for (let at = 0; at < closed.length; at += SOCKETS_PER_CALL) {
      // Not who has come in again while the page before it was told: nobody would tell it that it is out.
      const gone = closed.slice(at, at + SOCKETS_PER_CALL).filter(isGone);
      const how = { echo: 'changed', cause: 'disconnect', closed: true } as const;
      if (gone.length > 0) await leaves.leaveRoom(roomName, nodeId, gone, how);
    }
    for (const stray of unsure) {
      // It may have come in again meanwhile.
      if (stray.rooms.leaveOf(roomName) !== 'unsure' || stray.rooms.isJoining(roomName)) continue;
      audience.detachRoom(roomName, stray.socketId);
      stray.rooms.endLeave(roomName);
      await leaves.leaveRoom(roomName, nodeId, [stray], { echo: 'always', cause: 'leave' });
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
  async #checkUser(topic: TopicKey, nodeId: string): Promise<Iterable<string>> {
    const userName = topicName(topic);
    const { audience, users, leaves, presence } = this.#deps;
    const known = await users.readSockets(userName);
    for (const stray of audience.socketsOf(userName)) if (!known.has(stray.socketId)) stray.startAfresh();
    const closed = [...known].filter(([socketId, home]) => home === nodeId && !audience.isOpen(socketId));
    for (const [socketId] of closed) await leaves.logout({ userName, socketId }, []);
    // A login or a logout may have been executed whose answer was lost.
    await presence.adopt(userName);
    return known.values();
  }

  /** A failover may have lost that a node was swept here, and of all others what would lead sweepers here once more. */
  async #cleanUpAfter(topic: TopicKey, ownId: string, nodeIds: Iterable<string>): Promise<void> {
    for (const nodeId of new Set(nodeIds)) {
      if (nodeId !== ownId && (await this.#deps.peers.isGone(nodeId))) await this.#deps.leaves.clean(topic, nodeId);
    }
  }
}
