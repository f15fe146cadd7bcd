/** One message. What is in it is text, whatever it looks like. */
import { memo, useState } from 'react';
import type { MessageView } from '../../client/react/index.ts';
import type { Message } from '../../client/index.ts';
import { errorWords, exactTimeOf, textOf, timeOf } from '../format.ts';
import { Avatar } from '../parts/avatar.tsx';
import { Clock, Tick, Ticks } from '../parts/icons.tsx';

interface MessageRowProps {
  readonly view: MessageView;
  /** A day that begins with it. */
  readonly day: string | undefined;
  /** The first of several by the same author. */
  readonly isFirst: boolean;
  readonly sendAgain: (view: MessageView) => void;
  readonly discard: (message: Message) => void;
}

export const MessageRow = memo(function MessageRow({ view, day, isFirst, sendAgain, discard }: MessageRowProps) {
  const { author = '', timestamp, isOwn, status, error, message } = view;
  const classes = ['message', isOwn ? 'is-own' : 'is-other', isFirst || day !== undefined ? 'is-first' : ''];
  if (status === 'failed') classes.push('is-failed');
  return (
    <li className={classes.join(' ')}>
      {day === undefined ? undefined : <p className="day">{day}</p>}
      <div className="message-line">
        {isOwn ? undefined : <span className="message-side">{isFirst ? <Avatar name={author} /> : undefined}</span>}
        <div className="bubble">
          <span className={isFirst && !isOwn ? 'author' : 'unseen'}>
            {isOwn ? 'You' : author}
            <span className="unseen">: </span>
          </span>
          <Text text={textOf(view.content)} />
          <span className="facts">
            {timestamp === undefined ? undefined : (
              <time dateTime={new Date(timestamp).toISOString()} title={exactTimeOf(timestamp)}>
                {timeOf(timestamp)}
              </time>
            )}
            {isOwn ? <Status status={status} /> : undefined}
          </span>
        </div>
      </div>
      {status === 'failed' ? (
        <p className="failure" role="alert">
          Not sent. {errorWords(error)}{' '}
          <button type="button" className="link" onClick={() => sendAgain(view)}>
            Send again
          </button>{' '}
          <button type="button" className="link" onClick={() => discard(message)}>
            Discard
          </button>
        </p>
      ) : undefined}
    </li>
  );
});

/** Of more than this the rest is shown when it is asked for: nobody's message pushes those of others far away. */
const LINES_MAX = 40;
const LETTERS_MAX = 4000;

function Text({ text }: { readonly text: string }) {
  const [isOpen, setIsOpen] = useState(false);
  const part = text.split('\n', LINES_MAX).join('\n').slice(0, LETTERS_MAX);
  const isWhole = isOpen || part.length === text.length;
  return (
    <>
      <span className="text">{isWhole ? text : `${part} …`}</span>
      {isWhole ? undefined : (
        <button type="button" className="link" onClick={() => setIsOpen(true)}>
          Show all
        </button>
      )}
    </>
  );
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
