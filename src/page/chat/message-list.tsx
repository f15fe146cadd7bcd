/** The messages of one conversation as they scroll: older ones come when one gets there, new ones as they are said. */
import { useCallback, useRef } from 'react';
import type { MessagesState, MessageView, Talk } from '../../client/react/index.ts';
import { dayOf, dayWords, errorWords } from '../format.ts';
import { Down } from '../parts/icons.tsx';
import { MessageRow } from './message-row.tsx';
import { useFilling, useFollowing, useReading } from './scrolling.ts';

interface MessageListProps {
  readonly talk: Talk;
  readonly state: MessagesState;
  readonly label: string;
}

/** So near to an end the next page is asked for. */
const AHEAD_PX = 200;
const GROUP_MS = 5 * 60_000;

export function MessageList({ talk, state, label }: MessageListProps) {
  const { messages, hasNewer, isLoading, error, loadOlder, loadNewer, loadLatest, send, discard } = state;
  const box = useRef<HTMLDivElement>(null);
  const { isAtEnd, onScroll, toEnd } = useFollowing(box, messages);
  useReading(talk, messages, isAtEnd && !hasNewer);

  const scrolled = (): void => {
    onScroll();
    const place = box.current;
    if (place === null) return;
    if (place.scrollTop < AHEAD_PX) loadOlder();
    if (place.scrollHeight - place.scrollTop - place.clientHeight < AHEAD_PX) loadNewer();
  };
  useFilling(box, state);
  const again = useCallback(
    (view: MessageView) => {
      discard(view.message);
      send(view.content);
    },
    [discard, send],
  );
  const goToEnd = (): void => {
    if (hasNewer) loadLatest();
    toEnd();
  };
  return (
    <div className="messages-frame">
      <div
        className="messages"
        ref={box}
        role="log"
        aria-label={`Messages in ${label}`}
        aria-busy={isLoading}
        tabIndex={0}
        onScroll={scrolled}
      >
        {error === undefined ? undefined : <Unreadable words={errorWords(error)} tryAgain={loadLatest} />}
        <p className="messages-start">{startWords(state)}</p>
        <ol className="message-list">
          {messages.map((view, index) => (
            <MessageRow
              key={view.key}
              view={view}
              day={dayBefore(view, messages[index - 1])}
              isFirst={isFirstOf(view, messages[index - 1])}
              sendAgain={again}
              discard={discard}
            />
          ))}
        </ol>
      </div>
      {isAtEnd && !hasNewer ? undefined : (
        <button type="button" className="to-end" onClick={goToEnd}>
          <Down />
          To the newest
        </button>
      )}
    </div>
  );
}

function Unreadable({ words, tryAgain }: { readonly words: string; readonly tryAgain: () => void }) {
  return (
    <p className="banner">
      The messages could not be read: {words}{' '}
      <button type="button" className="link" onClick={tryAgain}>
        Try again
      </button>
    </p>
  );
}

function startWords({ messages, hasOlder, isLoading, error }: MessagesState): string {
  if (isLoading) return 'Loading …';
  if (hasOlder || error !== undefined) return '';
  return messages.length === 0 ? 'Nothing has been said here yet.' : 'This is where it begins.';
}

/** Its day, where it is the first of it. */
function dayBefore({ timestamp }: MessageView, before: MessageView | undefined): string | undefined {
  if (timestamp === undefined) return undefined;
  const earlier = before?.timestamp;
  return earlier === undefined || dayOf(earlier) !== dayOf(timestamp) ? dayWords(timestamp) : undefined;
}

function isFirstOf(view: MessageView, before: MessageView | undefined): boolean {
  if (before === undefined || before.author !== view.author || before.isOwn !== view.isOwn) return true;
  return (view.timestamp ?? Date.now()) - (before.timestamp ?? Date.now()) > GROUP_MS;
}
