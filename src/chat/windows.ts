/** Work on many things for one request: a few at a time, with a turn of the event loop for others in between. */
import { setImmediate } from 'node:timers/promises';

/** The items in windows of `size`, in their order. Whoever goes through them ends it where nobody waits any more. */
export async function* windowsOf<T>(items: readonly T[], size: number): AsyncGenerator<readonly T[]> {
  for (let at = 0; at < items.length; at += size) {
    if (at > 0) await setImmediate();
    yield items.slice(at, at + size);
  }
}
