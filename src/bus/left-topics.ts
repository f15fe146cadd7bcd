/**
 * The topics that a node has left lately. Redis may still forget that its last sockets are out of them, by a failover or by
 * coming back as it was a while ago: until that is past they are compared, and stay in the manifest.
 */
import type { Topic } from './bus.ts';

/** Longer than a failover takes, and than a replica lags behind. */
export const LEFT_KEPT_MS = 60_000;
const LEFT_MAX = 50_000;

export class LeftTopics {
  /** Topic → when it was left; in that order. */
  readonly #leftAt = new Map<Topic, number>();

  get names(): Iterable<Topic> {
    return this.#leftAt.keys();
  }

  add(topic: Topic, now: number): void {
    this.#leftAt.delete(topic);
    this.#leftAt.set(topic, now);
  }

  /** It is followed again. */
  delete(topic: Topic): void {
    this.#leftAt.delete(topic);
  }

  clear(): void {
    this.#leftAt.clear();
  }

  /** Takes those whose time is over, and of too many the oldest. */
  takeDue(now: number): Topic[] {
    const due: Topic[] = [];
    let size = this.#leftAt.size;
    for (const [topic, leftAt] of this.#leftAt) {
      if (size <= LEFT_MAX && now - leftAt < LEFT_KEPT_MS) break;
      due.push(topic);
      size--;
    }
    for (const topic of due) this.#leftAt.delete(topic);
    return due;
  }
}
