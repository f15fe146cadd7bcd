/** How a list of messages moves, and when what it shows counts as read. */
import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react';
import type { MessagesState, MessageView, Talk } from '../../client/react/index.ts';

type Box = RefObject<HTMLDivElement | null>;

/** So near to the end counts as there. */
const NEAR_PX = 60;

/** What was in view, and how far down the whole of the list each text of it began. */
interface Mark {
  readonly scrollTop: number;
  /** The part of a pixel that scrolling to it could not do: many of them would be seen. */
  readonly lost: number;
  readonly texts: readonly { readonly text: Element; readonly at: number }[];
}

/** Stays at the end while one is there, and else at what one reads, whatever comes, goes or grows above it. */
export function useFollowing(box: Box, { messages, hasNewer }: Pick<MessagesState, 'messages' | 'hasNewer'>) {
  const [isAtEnd, setIsAtEnd] = useState(true);
  const atEnd = useRef(true);
  const mark = useRef<Mark>({ scrollTop: 0, lost: 0, texts: [] });
  const shown = useRef(messages);
  const isMovedBack = useRef(hasNewer);

  const onScroll = useCallback(() => {
    const place = box.current;
    if (place === null) return;
    const isNear = beyondEnd(place) < NEAR_PX;
    // In a list that was moved back one comes to the end only by asking for the newest.
    atEnd.current = isNear && (atEnd.current || !isMovedBack.current);
    mark.current = markOf(place, mark.current.scrollTop === place.scrollTop ? mark.current.lost : 0);
    setIsAtEnd(atEnd.current);
  }, [box]);
  const settle = useCallback(
    (isFollowing: boolean) => {
      const place = box.current;
      if (place === null) return;
      if (isFollowing) place.scrollTop = place.scrollHeight;
      else mark.current = restore(place, mark.current);
      onScroll();
    },
    [box, onScroll],
  );
  const toEnd = useCallback(() => {
    atEnd.current = true;
    settle(true);
  }, [settle]);

  useLayoutEffect(() => {
    const last = messages.at(-1);
    // What one sends oneself is looked at, once.
    if (last?.status === 'sending' && !shown.current.some(({ key }) => key === last.key)) atEnd.current = true;
    shown.current = messages;
    isMovedBack.current = hasNewer;
    settle(atEnd.current);
  }, [messages, hasNewer, settle]);
  useEffect(() => {
    const place = box.current;
    const list = place?.querySelector('ol') ?? null;
    if (place === null || list === null) return;
    const observer = new ResizeObserver((entries) => {
      // A keyboard that comes up, or a drawer, must not hide the end; what one has opened in the list stays in view.
      const isOutside = entries.some(({ target }) => target === place);
      settle(atEnd.current && (isOutside || !list.contains(document.activeElement)));
    });
    for (const each of [place, list]) observer.observe(each);
    return () => observer.disconnect();
  }, [box, settle]);
  return { isAtEnd, onScroll, toEnd };
}

const beyondEnd = (place: Element): number => place.scrollHeight - place.scrollTop - place.clientHeight;

/** Of a text in all that is scrolled, and not in what of it is in view. */
const placeOf = (text: Element, place: Element): number =>
  text.getBoundingClientRect().top - place.getBoundingClientRect().top + place.scrollTop;

function markOf(place: Element, lost: number): Mark {
  const { top, bottom } = place.getBoundingClientRect();
  const texts = Array.from(place.querySelectorAll('.message .text')).filter((text) => {
    const rect = text.getBoundingClientRect();
    return rect.bottom > top && rect.top < bottom;
  });
  return { scrollTop: place.scrollTop, lost, texts: texts.map((text) => ({ text, at: placeOf(text, place) })) };
}

/** The first text that was in view, and is still there, gets back to where it was. */
function restore(place: Element, mark: Mark): Mark {
  const kept = mark.texts.find(({ text }) => text.isConnected);
  if (kept === undefined) return mark;
  const moved = placeOf(kept.text, place) - kept.at;
  // Where the list has become shorter, the browser has moved it already.
  const from = beyondEnd(place) < 1 ? Math.max(mark.scrollTop, place.scrollTop) : place.scrollTop;
  const wanted = from + moved + mark.lost;
  if (moved !== 0) place.scrollTop = wanted;
  const lost = wanted - place.scrollTop;
  return { ...mark, scrollTop: place.scrollTop, lost: Math.abs(lost) < 1 ? lost : 0 };
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

/** At the beginning of what is there, or where all fits on the screen, there is no scrolling to what is older: it is asked for. */
export function useFilling(box: Box, state: MessagesState): void {
  const { messages, hasOlder, isLoading, error, loadOlder } = state;
  useEffect(() => {
    const place = box.current;
    if (place === null || !hasOlder || isLoading || error !== undefined) return;
    if (place.scrollTop <= 0 || place.scrollHeight <= place.clientHeight) loadOlder();
  }, [box, messages, hasOlder, isLoading, error, loadOlder]);
}
