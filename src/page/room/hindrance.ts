/** What keeps one from writing in a room, in words, until it does so no more. */
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { Room } from '../../client/index.ts';
import type { Hindrance } from '../chat/composer.tsx';
import { spanWords, untilWords } from '../format.ts';
import { isChief, mayWrite, type Standing } from './standing.ts';

export function useHindrance(room: Room, standing: Standing | undefined): Hindrance | undefined {
  const until = useSyncExternalStore(
    (changed) => {
      room.on('silenced', changed).on('unsilenced', changed).on('update', changed);
      return () => {
        room.off('silenced', changed).off('unsilenced', changed).off('update', changed);
      };
    },
    () => room.silencedUntil,
  );
  useAgainAt(until ?? undefined);
  if (until === null || (until !== undefined && until > Date.now()))
    return { words: `You may read here, but not write: you are silenced ${untilWords(until)}.`, isWhole: true };
  if (standing === undefined) return undefined;
  if (!mayWrite(standing)) {
    const who = standing.writers === 'owner' ? 'its owner' : 'its owner and admins';
    return { words: `Only ${who} may write here.`, isWhole: true };
  }
  if (standing.slowModeMs > 0 && !isChief(standing.role))
    return {
      words: `Slow mode: ${spanWords(standing.slowModeMs)} from one message of yours to the next.`,
      isWhole: false,
    };
  return undefined;
}

/** The component is shown again at that time. */
function useAgainAt(time: number | undefined): void {
  const [, setShown] = useState(0);
  useEffect(() => {
    if (time === undefined || time <= Date.now()) return;
    // A timer takes no longer waits than this.
    const timer = setTimeout(() => setShown(Date.now()), Math.min(time - Date.now() + 50, 2 ** 31 - 1));
    return () => clearTimeout(timer);
  }, [time]);
}
