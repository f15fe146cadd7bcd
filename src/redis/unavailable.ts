/** What is told where Redis cannot be asked, and the limit on waiting for it. */
import { lookIn } from '../ops/looks.ts';

/** Redis did not answer, refused for now, or this node may not act. Temporary by nature. */
export class StateUnavailable extends Error {
  override readonly name = 'StateUnavailable';
}

/** More would be on its way to Redis than may be. */
export const OVERLOADED = 'too many commands are outstanding';

/** Nothing was sent: the connection to the server of the slot is on its way. */
export const CONNECTING = 'CONNECTING to the server of the slot';

/** How Redis refuses before execution: the slot is elsewhere or on its way; or the above. Safe to send again. */
export const REDIRECTED = /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN|CONNECTING)\b/;

/** Redis has answered that it has no memory for it: nothing was done, for it refuses the first write of a script only. */
export const FULL = /^OOM\b/;
/** A script's own error, or a key that holds something else. Whatever a command fails with besides is Redis's state. */
export const DEFECT = /^(WRONGTYPE\b|ERR (user_(script|function):|Error compiling script|.*\bscript: \w+, on ))/s;

/** The outcome of work that has no limit of its own; rejects with `StateUnavailable` when it takes too long. */
export async function inTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = lookIn(timeoutMs, () => reject(new StateUnavailable('Redis did not answer in time')));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
