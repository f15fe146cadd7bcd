/** Where a message is written. */
import { useEffect, useId, useState, type FormEvent, type KeyboardEvent, type RefObject } from 'react';
import type { MessageView, Talk } from '../../client/react/index.ts';
import { firstLineOf } from '../format.ts';
import { Cross, Send } from '../parts/icons.tsx';

/** What keeps one from writing. */
export interface Hindrance {
  readonly words: string;
  /** One may not write at all; else only not so fast. */
  readonly isWhole: boolean;
}

interface ComposerProps {
  readonly label: string;
  readonly talk: Talk;
  readonly hindrance: Hindrance | undefined;
  readonly field: RefObject<HTMLTextAreaElement | null>;
  /** What the next message answers. */
  readonly answered: MessageView | undefined;
  readonly dropAnswer: () => void;
  /** Opens the latest message of one's own. */
  readonly editLast: () => void;
  readonly send: (text: string) => void;
}

/** What was not sent yet, so that who looks at another conversation finds it again. */
const drafts = new WeakMap<Talk, string>();

export function Composer(props: ComposerProps) {
  const { label, talk, hindrance, field, answered, dropAnswer, editLast, send } = props;
  const [text, show] = useState(() => drafts.get(talk) ?? '');
  const id = useId();
  const mayWrite = hindrance?.isWhole !== true;
  // Who goes elsewhere in the middle of a word types here no more.
  useEffect(() => () => talk.typing(false), [talk]);

  const setText = (next: string): void => {
    drafts.set(talk, next);
    show(next);
  };
  const submit = (event?: FormEvent): void => {
    event?.preventDefault();
    if (text.trim() === '' || !mayWrite) return;
    send(text.trim());
    setText('');
    field.current?.focus();
  };
  const change = (next: string): void => {
    setText(next);
    talk.typing(next.trim() !== '');
  };
  const press = (event: KeyboardEvent): void => {
    const { key, shiftKey, nativeEvent } = event;
    if (key === 'Escape') return dropAnswer();
    const isUp = key === 'ArrowUp' && text === '';
    // Enter ends a choice of letters first, where they are put together.
    if (!isUp && (key !== 'Enter' || shiftKey || nativeEvent.isComposing)) return;
    event.preventDefault();
    if (isUp) editLast();
    else submit();
  };
  return (
    <form className="composer" onSubmit={submit}>
      <p className="composer-hint" id={`${id}-hint`} role="status">
        {hindrance?.words}
      </p>
      <Answered view={answered} drop={dropAnswer} />
      <label className="unseen" htmlFor={id}>
        Message to {label}
      </label>
      <textarea
        id={id}
        ref={field}
        rows={1}
        value={text}
        placeholder={`Message to ${label}`}
        onChange={(event) => change(event.target.value)}
        onKeyDown={press}
        readOnly={!mayWrite}
        aria-describedby={`${id}-hint`}
        enterKeyHint="send"
      />
      <button type="submit" className="primary send" aria-label="Send" disabled={text.trim() === '' || !mayWrite}>
        <Send />
      </button>
    </form>
  );
}

function Answered({ view, drop }: { readonly view: MessageView | undefined; readonly drop: () => void }) {
  if (view === undefined) return undefined;
  return (
    <div className="answered">
      <p className="quote" role="status">
        <span className="quote-author">Answers {view.isOwn ? 'you' : view.author}</span>
        <span className="quote-text">{firstLineOf(view)}</span>
      </p>
      <button type="button" className="icon" aria-label="Answer nothing" onClick={drop}>
        <Cross />
      </button>
    </div>
  );
}
