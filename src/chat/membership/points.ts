/** Points of a room's log as sockets compare and remember them. */
import type { Point } from '../../log/event.ts';

/** Names under which a point is remembered. What comes as late as that about an older one is told twice. */
const REMEMBERED_MAX = 200;

/** Notes a point under a name; of too many the oldest is forgotten. */
export function remember(points: Map<string, Point>, name: string, at: Point): void {
  points.delete(name);
  points.set(name, at);
  const [oldest] = points.keys();
  if (points.size > REMEMBERED_MAX && oldest !== undefined) points.delete(oldest);
}

/**
 * Whether a join that left a log at a point came after somebody was taken out at another one. Of two lives of a log this one
 * is the later: what is told of a former one comes late.
 */
export const isSince = (joinedAt: Point, removedAt: Point): boolean =>
  joinedAt.epoch !== removedAt.epoch || joinedAt.seq >= removedAt.seq;
