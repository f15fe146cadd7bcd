/**
 * Entries of the manifest in their order: what is followed anew waits until it has been taken out, for servers of a Cluster do not answer
 * in the order of the calls, and an entry that is taken out late would be missing for as long as the topic is followed.
 */
import type { Topic } from './bus.ts';

/** The node's manifest: what peers clean up after this node. `add` rejects once the node's lease was claimed. */
export interface Manifest {
  /** The instance of this node that holds the lease. */
  readonly nodeId: string;
  add(topics: readonly Topic[]): Promise<void>;
  remove(topics: readonly Topic[]): Promise<void>;
}

/** Taken out by one call. */
const BATCH = 1000;

export class ManifestOrder {
  readonly #manifest: Manifest;
  readonly #onError: (topic: Topic, error: unknown) => void;
  /** Topics that are being taken out, and until when. */
  readonly #leaving = new Set<Topic>();
  #left: Promise<unknown> | undefined;

  constructor(manifest: Manifest, onError: (topic: Topic, error: unknown) => void) {
    this.#manifest = manifest;
    this.#onError = onError;
  }

  get nodeId(): string {
    return this.#manifest.nodeId;
  }

  async add(topics: readonly Topic[]): Promise<void> {
    if (topics.some((topic) => this.#leaving.has(topic))) await this.#left;
    await this.#manifest.add(topics);
  }

  /** Takes out those that are not followed again when their turn comes; whoever follows one from now on waits for this. Never rejects. */
  remove(topics: readonly Topic[], isFollowed: (topic: Topic) => boolean): void {
    for (const topic of topics) this.#leaving.add(topic);
    const done = this.#removeAll(topics, isFollowed).then(() => {
      for (const topic of topics) this.#leaving.delete(topic);
    });
    this.#left = Promise.all([this.#left, done]);
  }

  async #removeAll(topics: readonly Topic[], isFollowed: (topic: Topic) => boolean): Promise<void> {
    for (let at = 0; at < topics.length; at += BATCH) {
      try {
        await this.#manifest.remove(topics.slice(at, at + BATCH).filter((topic) => !isFollowed(topic)));
      } catch (error) {
        // A topic too many in the manifest costs a sweeper one look.
        this.#onError(topics[at] ?? '', error);
      }
    }
  }
}
