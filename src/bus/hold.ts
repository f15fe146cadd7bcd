/**
 * What a feed delivers while a socket is being joined, kept so that the joiner can be given exactly what came after the
 * position that its script returned.
 */
import type { TopicEvent } from '../log/event.ts';

export interface Hold {
  readonly events: TopicEvent[];
  /** The feed was reset meanwhile, or there was too much to keep: there is no such list. */
  broken: boolean;
  bytes: number;
}

const BYTES_MAX = 8 * 1024 * 1024;

export const createHold = (): Hold => ({ events: [], broken: false, bytes: 0 });

export function keep(hold: Hold, event: TopicEvent): void {
  hold.bytes += event.frame.length;
  if (hold.bytes > BYTES_MAX) {
    hold.broken = true;
    hold.events.length = 0;
  } else if (!hold.broken) {
    hold.events.push(event);
  }
}
