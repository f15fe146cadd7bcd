/**
 * What is done again and again, in step. A process that has nothing else to do is woken once for all that is due at the same moment, and
 * most of what a look costs then is that the process is woken.
 */

export interface Beat {
  stop(): void;
}

/** Timers may be early by that. */
const EARLY_MS = 2;

/** At the multiples of `periodMs` on the monotonic clock; once where several have passed meanwhile. */
export function every(periodMs: number, run: () => void): Beat {
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    const leftMs = periodMs - (performance.now() % periodMs);
    timer = setTimeout(beat, leftMs > EARLY_MS ? leftMs : leftMs + periodMs);
  };
  const beat = (): void => {
    wait();
    run();
  };
  wait();
  return { stop: () => clearTimeout(timer) };
}
