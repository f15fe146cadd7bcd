/**
 * What follows when Redis may have forgotten its last writes, having failed over or come back as it was a while ago: the
 * manifest is written again, everything this node has lately had to do with is compared, and peers are swept again. Each
 * step is tried until it succeeds.
 */
import type { Topics } from '../../bus/topics.ts';
import type { TopicKey } from '../../redis/keys.ts';
import type { Lease } from '../../store/node/lease.ts';
import type { Sweeper } from '../../store/node/sweep.ts';
import type { Repairs } from './repairs.ts';

export interface ComparisonDeps {
  /** The ids of the servers that are written to, one of which changes with every failover and restart. */
  primaryIds(): Promise<ReadonlySet<string>>;
  readonly lease: Pick<Lease, 'add' | 'manifestPages'>;
  readonly topics: Pick<Topics, 'touched'>;
  readonly repairs: Pick<Repairs, 'checkAll'>;
  readonly sweeper: Pick<Sweeper, 'again'>;
  /** Another server is written to than before. */
  onBreak(): void;
  onError(error: unknown): void;
}

export class Comparison {
  readonly #deps: ComparisonDeps;
  /** Those of the last look. One that was primary before them may be so again, and has missed what was written since. */
  #primaries: ReadonlySet<string> | undefined;
  #lookIsDue = false;
  #ownIsDue = false;
  #peersAreDue = false;
  #running = false;

  constructor(deps: ComparisonDeps) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    this.#primaries = await this.#deps.primaryIds();
  }

  /** A connection may lead to another server than before. */
  notice(): void {
    this.#lookIsDue = true;
  }

  /** This node's sockets are gone, and what they were in is left to the sweepers. */
  forget(): void {
    this.#ownIsDue = false;
  }

  /** Called once a second while this node may act, and when something was noticed. Never rejects. */
  async run(): Promise<void> {
    if (this.#running || this.#primaries === undefined) return;
    this.#running = true;
    try {
      if (this.#lookIsDue) await this.#look();
      if (this.#ownIsDue) await this.#compareOwn();
      if (this.#peersAreDue) await this.#sweepPeers();
    } catch (error) {
      this.#deps.onError(error);
    } finally {
      this.#running = false;
    }
  }

  async #look(): Promise<void> {
    this.#lookIsDue = false;
    try {
      const ids = await this.#deps.primaryIds();
      // One that does not tell (its id is empty) may be another one every time.
      const isBreak = [...ids].some((id) => id === '' || this.#primaries?.has(id) === false);
      this.#primaries = ids;
      if (!isBreak) return;
      this.#ownIsDue = true;
      this.#peersAreDue = true;
      this.#deps.onBreak();
    } catch (error) {
      this.#lookIsDue = true;
      throw error;
    }
  }

  async #compareOwn(): Promise<void> {
    const { lease, topics, repairs } = this.#deps;
    this.#ownIsDue = false;
    try {
      // Where this node dies next, its sweepers have to find all of it.
      const { touched } = topics;
      await lease.add(touched);
      // Topics are made by keys.ts. What the manifest knows of besides was left longer ago, and may be back all the same.
      repairs.checkAll(touched as TopicKey[]);
      for await (const page of lease.manifestPages()) repairs.checkAll(page as TopicKey[]);
    } catch (error) {
      this.#ownIsDue = true;
      throw error;
    }
  }

  async #sweepPeers(): Promise<void> {
    this.#peersAreDue = false;
    try {
      await this.#deps.sweeper.again();
    } catch (error) {
      this.#peersAreDue = true;
      throw error;
    }
  }
}
