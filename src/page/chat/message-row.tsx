/** One message. What is in it is text, whatever it looks like. */
import { memo } from 'react';
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
          <span className="text">{textOf(view.content)}</span>
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
