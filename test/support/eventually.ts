// Waiting for a condition without guessing how long it takes. The only place of the suite that polls.
import { setTimeout as pause } from 'node:timers/promises';

const shortestPauseMs = 20;
const longestPauseMs = 100;
/** Pauses grow to this part of what was waited already: what asks a service costs it, and every other test, something each time. */
const share = 0.05;

export interface EventuallyOptions {
  /** How long to try before giving up. */
  timeoutMs?: number;
  /** What is waited for, for the error message. */
  what?: string;
}

/**
 * Runs `assertion` until it neither throws nor rejects and returns its result. After `timeoutMs` it throws with the last
 * failure in the message and as `cause`; an assertion that hangs counts as a failure.
 */
export async function eventually<T>(assertion: () => Promise<T> | T, options: EventuallyOptions = {}): Promise<T> {
  const { timeoutMs = 45_000, what = 'the condition' } = options;
  const startMs = performance.now();
  const deadlineMs = startMs + timeoutMs;
  let last: unknown;
  for (;;) {
    const remainingMs = deadlineMs - performance.now();
    try {
      return await within(Math.max(remainingMs, 1), assertion);
    } catch (failure) {
      // That the last try was cut short says less than why the one before it failed.
      if (failure !== pending || last === undefined) last = failure;
      if (performance.now() >= deadlineMs) {
        throw new Error(`${what}: not within ${timeoutMs} ms; last: ${messageOf(last)}`, { cause: last });
      }
    }
    await pause(Math.min(Math.max((performance.now() - startMs) * share, shortestPauseMs), longestPauseMs));
  }
}

const pending = new Error('still pending');

/** The result of `action`, or a rejection once `timeoutMs` have passed. */
async function within<T>(timeoutMs: number, action: () => Promise<T> | T): Promise<T> {
  const abort = new AbortController();
  const timer = pause(timeoutMs, undefined, { signal: abort.signal }).then(
    () => Promise.reject(pending),
    // Aborted: the action was first, and nobody looks at this branch any more.
    () => new Promise<never>(() => undefined),
  );
  try {
    return await Promise.race([action(), timer]);
  } finally {
    abort.abort();
  }
}

/** Errors of Node's own modules come from outside jest's realm, where `instanceof Error` is false. */
function messageOf(failure: unknown): string {
  if (typeof failure === 'object' && failure !== null && 'message' in failure) return String(failure.message);
  return String(failure);
}
