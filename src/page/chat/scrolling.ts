/** How a list of messages moves, and when what it shows counts as read. */
import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react';
import type { MessagesState, MessageView, Talk } from '../../client/react/index.ts';

/** So near to the end counts as there. */
const NEAR_PX = 60;

/** Stays at the end while one is there, and else where one reads, also when older messages come in above. */
export function useFollowing(box: RefObject<HTMLDivElement | null>, messages: readonly MessageView[]) {
  const [isAtEnd, setIsAtEnd] = useState(true);
  const atEnd = useRef(true);
  const before = useRef({ first: '', height: 0 });

  const onScroll = useCallback(() => {
    const place = box.current;
    if (place === null) return;
    atEnd.current = place.scrollHeight - place.scrollTop - place.clientHeight < NEAR_PX;
    setIsAtEnd(atEnd.current);
  }, [box]);
  const toEnd = useCallback(() => {
    const place = box.current;
    if (place === null) return;
    atEnd.current = true;
    place.scrollTop = place.scrollHeight;
    setIsAtEnd(true);
  }, [box]);

  useLayoutEffect(() => {
    const place = box.current;
    if (place === null) return;
    const first = messages[0]?.key ?? '';
    const last = messages.at(-1);
    const grownAbove = before.current.first !== '' && before.current.first !== first;
    // What one sends oneself is looked at.
    if (atEnd.current || last?.status === 'sending') place.scrollTop = place.scrollHeight;
    else if (grownAbove && place.scrollTop < 200) place.scrollTop += place.scrollHeight - before.current.height;
    before.current = { first, height: place.scrollHeight };
  }, [box, messages]);
  useEffect(() => {
    const place = box.current;
    if (place === null) return;
    // A keyboard that comes up, or a drawer, must not hide the end.
    const observer = new ResizeObserver(() => {
      if (atEnd.current) place.scrollTop = place.scrollHeight;
    });
    observer.observe(place);
    return () => observer.disconnect();
  }, [box]);
  return { isAtEnd, onScroll, toEnd };
}

/** What is on a screen that is being looked at has been read. */
export function useReading(talk: Talk, messages: readonly MessageView[], isShown: boolean): void {
  const [isLookedAt, setIsLookedAt] = useState(() => document.visibilityState === 'visible');
  useEffect(() => {
    const look = (): void => setIsLookedAt(document.visibilityState === 'visible');
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, []);
  const lastId = messages.findLast(({ id, isOwn }) => id !== undefined && !isOwn)?.id;
  useEffect(() => {
    if (isShown && isLookedAt && lastId !== undefined) talk.read(lastId);
  }, [talk, isShown, isLookedAt, lastId]);
}

/** Where all fits on the screen there is no scrolling to what is older: it is asked for until it does not. */
export function useFilling(
  box: RefObject<HTMLDivElement | null>,
  { messages, hasOlder, isLoading, loadOlder }: MessagesState,
): void {
  useEffect(() => {
    const place = box.current;
    if (hasOlder && !isLoading && place !== null && place.scrollHeight <= place.clientHeight) loadOlder();
  }, [box, messages, hasOlder, isLoading, loadOlder]);
}
