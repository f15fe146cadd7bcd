/** The messages of one conversation as they scroll: older ones come when one gets there, new ones as they are said. */
import { useCallback, useId, useMemo, useRef, type ReactNode } from 'react';
import type { MessagesState, MessageView, Talk } from '../../client/react/index.ts';
import { dayOf, dayWords, errorWords } from '../format.ts';
import { answeredIn, type Deeds } from '../message/deeds.ts';
import { MessageRow } from '../message/message-row.tsx';
import { Down } from '../parts/icons.tsx';
import { useFinishedWords } from './announcing.ts';
import { useFilling, useFollowing, useReading } from './scrolling.ts';
import { useSeeking } from './seeking.ts';
import { useWalking } from './walking.ts';

interface MessageListProps {
  readonly talk: Talk;
  readonly state: MessagesState;
  readonly label: string;
  /** What one may do about the messages, and how. */
  readonly doing: Omit<Deeds, 'talk' | 'jump' | 'sendAgain' | 'discard'>;
  /** The one that is being edited. */
  readonly edited: string | undefined;
  /** One is not in it: nothing comes. */
  readonly isOut: boolean;
  /** Stands where nothing has been said yet. */
  readonly invitation: ReactNode;
}

/** So near to an end the next page is asked for. */
const AHEAD_PX = 200;
const GROUP_MS = 5 * 60_000;

export function MessageList({ talk, state, label, doing, edited, isOut, invitation }: MessageListProps) {
  const { messages, hasNewer, isLoading, error, loadOlder, loadNewer, loadLatest } = state;
  const box = useRef<HTMLDivElement>(null);
  const { isAtEnd, onScroll, toEnd } = useFollowing(box, state);
  useReading(talk, messages, isAtEnd && !hasNewer);

  const scrolled = (): void => {
    onScroll();
    const place = box.current;
    if (place === null) return;
    if (place.scrollTop < AHEAD_PX) loadOlder();
    if (place.scrollHeight - place.scrollTop - place.clientHeight < AHEAD_PX) loadNewer();
  };
  useFilling(box, state);
  const { seek, soughtId, isLost } = useSeeking(box, state);
  const walk = useWalking(box);
  const hint = useId();
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
        aria-describedby={hint}
        aria-busy={isLoading && !isOut}
        tabIndex={0}
        onScroll={scrolled}
        onKeyDown={walk}
      >
        {error === undefined || isOut ? undefined : <Unreadable words={errorWords(error)} tryAgain={loadLatest} />}
        <p className="messages-start">{isOut ? '' : startWords(state)}</p>
        {messages.length === 0 && !isLoading && !isOut && error === undefined ? invitation : undefined}
        <Rows talk={talk} state={state} doing={doing} edited={edited} soughtId={soughtId} seek={seek} />
      </div>
      <p className="unseen" id={hint}>
        The arrow keys go from message to message, Tab to what can be done about one.
      </p>
      <Finished messages={messages} />
      {isLost ? (
        <p className="lost" role="status">
          That message is not there any more.
        </p>
      ) : undefined}
      {isAtEnd && !hasNewer ? undefined : (
        <button type="button" className="to-end" onClick={goToEnd}>
          <Down />
          To the newest
        </button>
      )}
    </div>
  );
}

interface RowsProps extends Pick<MessageListProps, 'talk' | 'state' | 'doing' | 'edited'> {
  readonly soughtId: number | undefined;
  readonly seek: (id: number) => void;
}

function Rows({ talk, state, doing, edited, soughtId, seek }: RowsProps) {
  const { messages, send, discard } = state;
  const sendAgain = useCallback(
    (view: MessageView) => {
      discard(view.message);
      send(view.content);
    },
    [discard, send],
  );
  const deeds = useMemo(
    () => ({ ...doing, talk, jump: seek, sendAgain, discard }),
    [doing, talk, seek, sendAgain, discard],
  );
  const byId = useMemo(
    () => new Map(messages.flatMap((view) => (view.id === undefined ? [] : [[view.id, view]]))),
    [messages],
  );
  return (
    <ol className="message-list">
      {messages.map((view, index) => (
        <MessageRow
          key={view.key}
          view={view}
          day={dayBefore(view, messages[index - 1])}
          isFirst={isFirstOf(view, messages[index - 1])}
          parent={byId.get(answeredIn(view.content) ?? 0)}
          isEdited={edited === view.key}
          isSought={soughtId !== undefined && soughtId === view.id}
          deeds={deeds}
        />
      ))}
    </ol>
  );
}

/** Text that grows is told once it is there, and not word by word. */
function Finished({ messages }: { readonly messages: readonly MessageView[] }) {
  return (
    <p className="unseen" role="status">
      {useFinishedWords(messages)}
    </p>
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
