/** One message: what it says, what it answers, who reacted, and what one may do about it. What is in it is text, whatever it looks like. */
import { memo, useState, type FocusEvent, type KeyboardEvent, type PointerEvent } from 'react';
import type { MessageView } from '../../client/react/index.ts';
import { changeOf } from '../drafts.ts';
import { errorWords, exactTimeOf, timeOf } from '../format.ts';
import { Avatar } from '../parts/avatar.tsx';
import { Clock, Tick, Ticks } from '../parts/icons.tsx';
import { answeredIn, type Deeds } from './deeds.ts';
import { MessageBody, useIsGrowing } from './message-body.tsx';
import { MessageEditor } from './message-editor.tsx';
import { MessageTools } from './message-tools.tsx';
import { Quote } from './quote.tsx';
import { Reactions } from './reactions.tsx';
import { useReactors } from './reactors.ts';

interface MessageRowProps {
  readonly view: MessageView;
  /** A day that begins with it. */
  readonly day: string | undefined;
  /** The first of several by the same author. */
  readonly isFirst: boolean;
  /** What it answers, where that is shown as well. */
  readonly parent: MessageView | undefined;
  readonly isEdited: boolean;
  /** Somebody has come here from an answer to it. */
  readonly isSought: boolean;
  readonly deeds: Deeds;
}

export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
  const { view, day, isFirst, isSought, deeds } = props;
  const { id, author = '', isOwn, status, message, recalled, reactions } = view;
  const { isNear, nearness } = useNearness(deeds.leave);
  const { reactors, toggle } = useReactors(deeds.talk, view, isNear);
  const isGrowing = useIsGrowing(view);
  const { problem, attempt } = useAttempts();
  const react = (key: string): void => attempt(toggle(key));
  const tools = { view, deeds, toggle: react, recall: () => attempt(message.recall()) };
  const isStored = id !== undefined && !recalled;
  return (
    <li
      className={classesOf(props)}
      data-id={id}
      tabIndex={-1}
      aria-live={isGrowing ? 'off' : undefined}
      aria-busy={isGrowing ? true : undefined}
      {...nearness}
    >
      {day === undefined ? undefined : <p className="day">{day}</p>}
      <div className="message-line">
        {isOwn ? undefined : <span className="message-side">{isFirst ? <Avatar name={author} /> : undefined}</span>}
        <div className="message-body">
          <Said {...props} isNear={isNear} isGrowing={isGrowing} />
          {isStored ? (
            <Reactions
              reactions={reactions}
              reactors={reactors}
              mayReact={deeds.mayWrite}
              isNear={isNear}
              toggle={react}
            />
          ) : undefined}
          {isNear && isStored && !props.isEdited ? <MessageTools {...tools} /> : undefined}
        </div>
      </div>
      {isSought ? <span className="unseen">This is what it answers.</span> : undefined}
      {problem === undefined ? undefined : (
        <p className="failure" role="alert">
          {problem}
        </p>
      )}
      {status === 'failed' ? <Unsent view={view} deeds={deeds} /> : undefined}
    </li>
  );
});

interface SaidProps extends MessageRowProps {
  readonly isNear: boolean;
  readonly isGrowing: boolean;
}

function Said({ view, isFirst, parent, isEdited, deeds, isNear, isGrowing }: SaidProps) {
  const { author = '', isOwn, content, recalled } = view;
  const answered = recalled ? undefined : answeredIn(content);
  return (
    <div className="bubble">
      <span className={isFirst && !isOwn ? 'author' : 'unseen'}>
        {isOwn ? 'You' : author}
        <span className="unseen">: </span>
      </span>
      {answered === undefined ? undefined : <Quote id={answered} parent={parent} deeds={deeds} isNear={isNear} />}
      {isEdited ? (
        <MessageEditor talk={deeds.talk} view={view} close={() => deeds.edit(undefined)} />
      ) : (
        <>
          <MessageBody view={view} isGrowing={isGrowing} />
          <Facts view={view} isGrowing={isGrowing} isBegun={changeOf(deeds.talk, view) !== undefined} />
        </>
      )}
    </div>
  );
}

function Unsent({ view, deeds }: Pick<MessageRowProps, 'view' | 'deeds'>) {
  return (
    <p className="failure" role="alert">
      Not sent. {errorWords(view.error)}{' '}
      <button type="button" className="link" onClick={() => deeds.sendAgain(view)}>
        Send again
      </button>{' '}
      <button type="button" className="link" onClick={() => deeds.discard(view.message)}>
        Discard
      </button>
    </p>
  );
}

function classesOf({ view, day, isFirst, isEdited, isSought }: MessageRowProps): string {
  const classes = ['message', view.isOwn ? 'is-own' : 'is-other'];
  if (isFirst || day !== undefined) classes.push('is-first');
  if (view.status === 'failed') classes.push('is-failed');
  if (isEdited) classes.push('is-edited');
  if (isSought) classes.push('is-sought');
  return classes.join(' ');
}

interface FactsProps {
  readonly view: MessageView;
  readonly isGrowing: boolean;
  /** A change of it was typed, and not saved. */
  readonly isBegun: boolean;
}

function Facts({ view, isGrowing, isBegun }: FactsProps) {
  const { timestamp, updatedAt, isOwn, status, repliesCount, recalled, isWriting } = view;
  return (
    <span className="facts">
      {repliesCount > 0 ? <span>{repliesCount === 1 ? '1 answer' : `${repliesCount} answers`}</span> : undefined}
      {isChanged(view) ? <span title={exactTimeOf(updatedAt ?? timestamp ?? 0)}>edited</span> : undefined}
      {isBegun && !recalled ? <span>change not saved</span> : undefined}
      {isWriting && !isGrowing ? <span>not finished</span> : undefined}
      {timestamp === undefined ? undefined : (
        <time dateTime={new Date(timestamp).toISOString()} title={exactTimeOf(timestamp)}>
          {timeOf(timestamp)}
        </time>
      )}
      {isOwn && !recalled ? <Status status={status} /> : undefined}
    </span>
  );
}

/** Text that was written bit by bit has many versions, and was not changed for that. */
const isChanged = ({ version, recalled, content }: MessageView): boolean =>
  version > 1 && !recalled && content['done'] === undefined;

/** The pointer, or the keyboard, is at it; a finger was put on it. */
function useNearness(leave: () => void) {
  const [isUnder, setIsUnder] = useState(false);
  const [isAt, setIsAt] = useState(false);
  const nearness = {
    onPointerEnter: ({ pointerType }: PointerEvent) => setIsUnder(pointerType === 'mouse'),
    onPointerLeave: () => setIsUnder(false),
    onFocus: () => setIsAt(true),
    onBlur: ({ currentTarget, relatedTarget }: FocusEvent) => setIsAt(currentTarget.contains(relatedTarget)),
    onKeyDown: ({ key }: KeyboardEvent) => {
      if (key === 'Escape') leave();
    },
  };
  return { isNear: isUnder || isAt, nearness };
}

/** What was tried last, and in words why it was not done. */
function useAttempts() {
  const [problem, setProblem] = useState<string>();
  const attempt = (doing: Promise<unknown>): void => {
    setProblem(undefined);
    doing.catch((error: unknown) => setProblem(errorWords(error)));
  };
  return { problem, attempt };
}

const words = { sending: 'Being sent', sent: 'Sent', delivered: 'Delivered', read: 'Read' } as const;

function Status({ status }: { readonly status: MessageView['status'] }) {
  if (status === 'none' || status === 'failed') return undefined;
  return (
    <span className={`status status-${status}`} title={words[status]}>
      {status === 'sending' ? <Clock /> : status === 'sent' ? <Tick /> : <Ticks />}
      <span className="unseen">{words[status]}</span>
    </span>
  );
}
