/** A message that its author changes, in its place: Enter keeps what is written, Escape what was there. */
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react';
import type { MessageView, Talk } from '../../client/react/index.ts';
import { changeOf, keepChange } from '../drafts.ts';
import { errorWords, textOf } from '../format.ts';
import { isComposing } from '../parts/keys.ts';

interface MessageEditorProps {
  readonly talk: Talk;
  readonly view: MessageView;
  readonly close: () => void;
}

export function MessageEditor({ talk, view, close }: MessageEditorProps) {
  const { text, setText, done } = useKeptText(talk, view, close);
  const field = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  const { save, isBusy, problem } = useSaving(view, done);
  useEffect(() => {
    const place = field.current;
    place?.focus();
    place?.setSelectionRange(place.value.length, place.value.length);
    // Its buttons too.
    place?.closest('.message')?.scrollIntoView({ block: 'nearest' });
  }, []);
  const press = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      done();
    }
    if (event.key !== 'Enter' || event.shiftKey || isComposing(event)) return;
    event.preventDefault();
    save(text.trim());
  };
  return (
    <span className="editor">
      <textarea
        ref={field}
        rows={1}
        dir="auto"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={press}
        aria-label="Your message, changed"
        aria-invalid={problem !== undefined}
        aria-describedby={`${id}-problem`}
      />
      <span className="editor-buttons">
        <button
          type="button"
          className="primary"
          onClick={() => save(text.trim())}
          aria-disabled={isBusy || text.trim() === ''}
        >
          Save
        </button>
        <button type="button" className="quiet" onClick={done}>
          Cancel
        </button>
      </span>
      <span id={`${id}-problem`} className="problem" role="alert">
        {problem}
      </span>
    </span>
  );
}

/** Who has opened another one meanwhile goes on with what was typed. */
function useKeptText(talk: Talk, view: MessageView, close: () => void) {
  const [text, show] = useState(() => changeOf(talk, view) ?? textOf(view));
  const setText = (next: string): void => {
    keepChange(talk, view, next === textOf(view) ? undefined : next);
    show(next);
  };
  const done = (): void => {
    keepChange(talk, view, undefined);
    close();
  };
  return { text, setText, done };
}

/** What could not be saved stays where it was typed; where somebody else was faster, the next try is about what they wrote. */
function useSaving(view: MessageView, saved: () => void) {
  const [problem, setProblem] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  const save = (text: string): void => {
    if (isBusy || text === '') return;
    if (text === textOf(view)) return saved();
    setIsBusy(true);
    setProblem(undefined);
    // Whether it was still being written is no matter of what it says now.
    const { done: _, ...content } = view.content;
    view.message
      .update({ ...content, textMessage: text }, { ifVersion: view.version })
      .then(saved, (error: unknown) => {
        setIsBusy(false);
        setProblem(errorWords(error));
      });
  };
  return { save, isBusy, problem };
}
