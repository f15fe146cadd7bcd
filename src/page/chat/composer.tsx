/** Where a message is written. */
import { useEffect, useId, useRef, useState, type FormEvent, type KeyboardEvent } from 'react';
import type { Talk } from '../../client/react/index.ts';
import { Send } from '../parts/icons.tsx';

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
  readonly send: (text: string) => void;
}

/** What was not sent yet, so that who looks at another conversation finds it again. */
const drafts = new WeakMap<Talk, string>();

export function Composer({ label, talk, hindrance, send }: ComposerProps) {
  const [text, show] = useState(() => drafts.get(talk) ?? '');
  const field = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  const mayWrite = hindrance?.isWhole !== true;
  // Who goes elsewhere in the middle of a word does not type here any more.
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
    // Enter ends a choice of letters first, where they are put together.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    submit();
  };
  return (
    <form className="composer" onSubmit={submit}>
      <p className="composer-hint" id={`${id}-hint`} role="status">
        {hindrance?.words}
      </p>
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
