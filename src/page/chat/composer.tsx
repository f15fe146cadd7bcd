/** Where a message is written. */
import { useEffect, useId, useState, type FormEvent, type KeyboardEvent, type RefObject } from 'react';
import { useClient, type Talk } from '../../client/react/index.ts';
import { draftOf, keepDraft, type Answered } from '../drafts.ts';
import { Cross, Send } from '../parts/icons.tsx';
import { isComposing } from '../parts/keys.ts';

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
  readonly answered: Answered | undefined;
  readonly dropAnswer: () => void;
  /** Opens the latest message of one's own. */
  readonly editLast: () => void;
  readonly send: (text: string) => void;
}

export function Composer(props: ComposerProps) {
  const { label, talk, hindrance, field, answered, dropAnswer, editLast, send } = props;
  const { text, setText } = useDraft(talk);
  const id = useId();
  const mayWrite = hindrance?.isWhole !== true;
  // Who goes elsewhere in the middle of a word types here no more.
  useEffect(() => () => talk.typing(false), [talk]);

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
    const { key, shiftKey } = event;
    if (key === 'Escape') return dropAnswer();
    const isUp = key === 'ArrowUp' && text === '';
    if (!isUp && (key !== 'Enter' || shiftKey || isComposing(event))) return;
    event.preventDefault();
    if (isUp) editLast();
    else submit();
  };
  return (
    <form className="composer" onSubmit={submit}>
      <p className="composer-hint" id={`${id}-hint`} role="status">
        {hindrance?.words}
      </p>
      <AnsweredLine answered={answered} drop={dropAnswer} />
      <label className="unseen" htmlFor={id}>
        Message to {label}
      </label>
      <textarea
        id={id}
        ref={field}
        rows={1}
        dir="auto"
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

/** Who looks at another conversation finds it again. */
function useDraft(talk: Talk) {
  const client = useClient();
  const [text, show] = useState(() => draftOf(client, talk).text);
  const setText = (next: string): void => {
    keepDraft(client, talk, { text: next });
    show(next);
  };
  return { text, setText };
}

interface AnsweredLineProps {
  readonly answered: Answered | undefined;
  readonly drop: () => void;
}

function AnsweredLine({ answered, drop }: AnsweredLineProps) {
  if (answered === undefined) return undefined;
  return (
    <div className="answered">
      <p className="quote" role="status">
        <span className="quote-author">
          Answers <bdi>{answered.author}</bdi>
        </span>
        <span className="quote-text">{answered.words}</span>
      </p>
      <button type="button" className="icon" aria-label="Answer nothing" onClick={drop}>
        <Cross />
      </button>
    </div>
  );
}
