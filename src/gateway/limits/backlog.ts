/**
 * How much a reader may leave unread: beyond the soft mark for a while it is slow, and ended; beyond a smaller one it is behind, and is
 * sent no transient messages until it has caught up.
 */
import type { Priority } from '../../log/event.ts';

/** How far a reader is behind: it misses no transient messages, the `low` ones, the ordinary ones too, or the `high` ones as well. */
export type Lag = 0 | 1 | 2 | 3;

/** From which part of the mark on. */
const LAGS = [
  [1, 0.5],
  [2, 1],
  [3, 4],
] as const;

/** From which lag on a transient message is missed. */
const MISSED_FROM: Readonly<Record<Priority, Lag>> = { low: 1, normal: 2, high: 3 };

export const isMissed = (lag: Lag, priority: Priority): boolean => lag >= MISSED_FROM[priority];

/** What all connections of a node share. */
export class Backlog {
  readonly softMarkBytes: number;
  readonly #behindMarkBytes: number;
  /** Whether anything was sent, or came, since the sockets were looked through. */
  hasTraffic = false;

  constructor({
    softMarkBytes,
    behindMarkBytes,
  }: {
    readonly softMarkBytes: number;
    readonly behindMarkBytes: number;
  }) {
    this.softMarkBytes = softMarkBytes;
    this.#behindMarkBytes = behindMarkBytes;
  }

  /** How far a reader is behind, or, where it `was` as far, still is: until half of that is read. */
  lagOf(unreadBytes: number, was: Lag): Lag {
    let lag: Lag = 0;
    for (const [level, part] of LAGS) {
      if (unreadBytes > (this.#behindMarkBytes * part) / (level <= was ? 2 : 1)) lag = level;
    }
    return lag;
  }
}
