/**
 * What failures leave behind, as one queue: topics in which Redis and this node may know different things of its sockets, and
 * work that is decided already, such as telling users of a room that is deleted. Requests, leaves and failovers add to it, the
 * reconciler works on it. It lives as long as this node: what a dead one had not done is its sweepers' (membership/leaves.ts).
 */
import type { Instance } from '../../bus/instance.ts';
import type { TopicKey } from '../../redis/keys.ts';

export interface RepairsDeps {
  readonly instance: Pick<Instance, 'owns'>;
  onError(what: string, error: unknown): void;
}

/** Work that may be repeated. */
export type Work = () => Promise<void>;

/** What is to be looked at in a topic. */
export interface Check {
  /** How often this node follows the topic only because it is to be checked. */
  readonly follows: number;
  /** Redis may have lost what was written of other nodes, too. */
  readonly peers: boolean;
}

/** Beyond that much work the newest is given up, and the log says so. */
const WORK_MAX = 1000;

export class Repairs {
  readonly #deps: RepairsDeps;
  readonly #checks = new Map<TopicKey, Check>();
  #work: Work[] = [];
  #underWay = 0;

  constructor(deps: RepairsDeps) {
    this.#deps = deps;
  }

  /**
   * Has a topic checked in which Redis may know more or less of this node than is true. It stays followed, and so in the
   * node's manifest, until that is done: the caller passes its `follows` on.
   */
  check(topic: TopicKey, nodeId: string, cause: unknown, follows: 0 | 1 = 1): void {
    // What an instance without a lease left behind is its sweepers' work.
    if (!this.#deps.instance.owns(nodeId)) return;
    this.putBack(topic, { follows, peers: false });
    this.#deps.onError('what a request or a socket left behind is settled later', cause);
  }

  /** Has topics checked, and what Redis knows there of nodes that are gone: after a failover. */
  checkAll(topics: Iterable<TopicKey>): void {
    for (const topic of topics) this.putBack(topic, { follows: 0, peers: true });
  }

  /** Has work tried again until it succeeds, for as long as this node lives. */
  retry(work: Work, cause: unknown): void {
    if (this.#work.length >= WORK_MAX) {
      this.#deps.onError('what a request began is given up: too much is unfinished', cause);
      return;
    }
    this.#deps.onError('what a request began is finished later', cause);
    this.#work.push(work);
  }

  /** Topics that are to be checked, or are being. */
  get size(): number {
    return this.#checks.size + this.#underWay;
  }

  /** This node's sockets are gone, and topics are left to the sweepers. */
  forget(): void {
    this.#checks.clear();
  }

  /** What is to be checked now, in the order in which it came. */
  topics(): TopicKey[] {
    return [...this.#checks.keys()];
  }

  /** Takes a topic out: what is added while it is looked at stays. To be told by `done`. */
  take(topic: TopicKey): Check | undefined {
    const check = this.#checks.get(topic);
    if (check === undefined) return undefined;
    this.#checks.delete(topic);
    this.#underWay++;
    return check;
  }

  /** What was taken has been looked at. */
  done(): void {
    this.#underWay--;
  }

  /** Comes last of all, unless the topic has been added meanwhile. */
  putBack(topic: TopicKey, { follows, peers }: Check): void {
    const known = this.#checks.get(topic);
    this.#checks.set(topic, { follows: (known?.follows ?? 0) + follows, peers: peers || known?.peers === true });
  }

  /** Takes all work that waits. */
  takeWork(): Work[] {
    const work = this.#work;
    this.#work = [];
    return work;
  }

  /** Goes to the end, so that it does not keep the rest waiting. It was accepted before, and is not given up. */
  putBackWork(work: Work): void {
    this.#work.push(work);
  }
}

/** Does work at once, or has it tried again where that fails. Never rejects. */
export const nowOrLater = (repairs: Pick<Repairs, 'retry'>, work: () => Promise<void>): Promise<void> =>
  work().catch((error: unknown) => repairs.retry(work, error));
