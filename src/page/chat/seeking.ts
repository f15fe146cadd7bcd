/** Goes to a message of a conversation: where it is not shown, older pages are read until it is. */
import { useCallback, useEffect, useRef, useState, type RefObject } from 'react';
import type { MessagesState } from '../../client/react/index.ts';

/** What is farther back than so many pages is not looked for. */
const PAGES_MAX = 20;
/** So long it stands out. */
const SHOWN_MS = 2_500;

export function useSeeking(box: RefObject<HTMLDivElement | null>, state: MessagesState) {
  const { messages, hasOlder, isLoading, loadOlder } = state;
  const [seeking, setSeeking] = useState<{ readonly id: number }>();
  const [soughtId, setSoughtId] = useState<number>();
  const [isLost, setIsLost] = useState(false);
  const asked = useRef(0);

  const seek = useCallback((id: number): void => {
    asked.current = 0;
    setIsLost(false);
    setSeeking({ id });
  }, []);
  useEffect(() => {
    if (seeking === undefined || isLoading) return;
    const { id } = seeking;
    const row = box.current?.querySelector<HTMLElement>(`[data-id="${id}"]`) ?? undefined;
    const oldest = messages.find((view) => view.id !== undefined)?.id ?? 0;
    if (row === undefined && hasOlder && oldest > id && asked.current < PAGES_MAX) {
      asked.current += 1;
      return loadOlder();
    }
    setSeeking(undefined);
    if (row === undefined) return setIsLost(true);
    row.scrollIntoView({ block: 'center' });
    row.focus({ preventScroll: true });
    setSoughtId(id);
  }, [box, seeking, messages, hasOlder, isLoading, loadOlder]);
  useEffect(() => {
    if (soughtId === undefined && !isLost) return;
    const timer = setTimeout(() => {
      setSoughtId(undefined);
      setIsLost(false);
    }, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [soughtId, isLost]);
  return { seek, soughtId, isLost };
}
