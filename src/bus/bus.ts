/**
 * Between nodes: what the bus promises, whoever carries the bytes. The bus never calls a handler; it hands events to
 * one listener (the gateway's hub) and reads missing ones through a `LogReader` (the stores).
 */
import type { Position, TopicEvent } from '../log/event.ts';

/** `room:NAME` or `user:NAME`. */
export type Topic = string;

/** What carries published bytes. At most once, in order while a link lives; everything else is the feed's work. */
export interface Transport {
  /** Resolves when the server has confirmed; rejects where it cannot be reached. */
  subscribe(topics: readonly Topic[]): Promise<void>;
  unsubscribe(topics: readonly Topic[]): Promise<void>;
  /** True while every link has echoed its last probe. */
  readonly healthy: boolean;
}

/** What a `Transport` tells its owner. */
export interface TransportListener {
  received(topic: Topic, bytes: Buffer): void;
  /** A link was made anew or proven again, or slots have moved: events may have been missed anywhere. */
  interrupted(reason: string): void;
}

/** A log read again. Rejects where Redis does not answer; `gone` where the topic does not exist any more. */
export interface LogReader {
  /** Of as many topics as one call may ask for. Those that could not be read are not among them. */
  readPositions(topics: readonly Topic[]): Promise<ReadonlyMap<Topic, Position | 'gone'>>;
  /** Events after a position, ascending and merged, as far as one page reaches; `at` is where the log stands. */
  readAfter(topic: Topic, after: Position): Promise<{ at: Position; events: TopicEvent[] } | 'gone'>;
  /** The sockets of this node that are in it, with the position at which that is so. Users: their own sockets. */
  readLocalSockets(topic: Topic): Promise<{ at: Position; sockets: ReadonlySet<string> } | 'gone'>;
  /** Gives a forked log a new epoch, once however many nodes ask. */
  rotateEpoch(topic: Topic, expected: string): Promise<void>;
}

/** Who delivers. Calls come in log order per topic, each within one turn of the event loop. */
export interface TopicListener {
  /** The next event of the topic: no gap, no duplicate, no reordering since the last call or `reset`. */
  deliver(topic: Topic, event: TopicEvent): void;
  /** A gap that cannot be filled, or another log. `socketIds` are the local sockets that are still in it. */
  reset(topic: Topic, at: Position, socketIds: ReadonlySet<string>): void;
  /** The log of that epoch does not exist any more, and its last event was missed. */
  gone(topic: Topic, epoch: string): void;
}
