/**
 * Telling messages that may have been changed, or recalled, since they were read: what a user was told of a change already must not be
 * undone by what comes late. The step that tells them finds that out, and does nothing; then they are read again.
 */
import { StateUnavailable } from '../../redis/unavailable.ts';
import type { PairMessage, PairStore } from '../../store/pair/pair-store.ts';

/** Each time somebody else has told a change meanwhile. */
const TRIES_MAX = 100;

interface Told {
  /** What is to be seen by the next try; nothing where all was told. */
  readonly stale?: Uint8Array | undefined;
}

/** `tell` is a step on the slot of one of the two; `seen` is what was given as `stale` before the messages were read. */
export async function tellAsTheyAre<T extends PairMessage, R extends Told | string>(
  pairs: Pick<PairStore, 'readKept'>,
  [userName, author]: readonly [string, string],
  messages: readonly T[],
  tell: (messages: readonly T[], seen: Uint8Array | undefined) => Promise<R>,
): Promise<R> {
  let now = messages;
  let seen: Uint8Array | undefined;
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const done = await tell(now, seen);
    if (typeof done === 'string' || done.stale === undefined) return done;
    seen = done.stale;
    now = await pairs.readKept(userName, author, messages);
  }
  throw new StateUnavailable('the messages of a conversation change faster than they are told');
}
