/** What a feed works with, and whom it tells. */
import type { Waking } from '../ops/pulse.ts';
import type { BusCounters } from '../ops/counters.ts';
import type { LogReader, Topic, TopicListener } from './bus.ts';
import type { Point } from '../log/event.ts';

export interface FeedDeps {
  readonly listener: TopicListener;
  readonly reader: LogReader;
  readonly counters: BusCounters;
  /** False while this node must not deliver (its lease has run out). */
  mayDeliver(): boolean;
  /**
   * Takes out this node's occupants who lost the room by an eviction staged at a point, or somewhere in what was missed;
   * until it resolves nothing later is delivered.
   */
  evictOwn(topic: Topic, at?: Point): Promise<void>;
  /** The suite proves with `off` that its checker notices gaps. */
  readonly gapFill: boolean;
  onError(topic: Topic, error: unknown): void;
}

export interface TopicsDeps extends FeedDeps, Waking {}

/** What whoever keeps the feeds is told. */
export interface FeedKeeper {
  /** Mending has stopped without success: the feed has to be tried again. */
  onStalled(topic: Topic): void;
}
