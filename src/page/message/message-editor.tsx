/** A message that its author changes, in its place: Enter keeps what is written, Escape what was there. */
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react';
import type { MessageView } from '../../client/react/index.ts';
import { errorWords, textOf } from '../format.ts';

interface MessageEditorProps {
  readonly view: MessageView;
  readonly close: () => void;
}

export function MessageEditor({ view, close }: MessageEditorProps) {
  const [text, setText] = useState(() => textOf(view));
  const field = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  const { save, isBusy, problem } = useSaving(view, close);
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
      close();
    }
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    save(text.trim());
  };
  return (
    <span className="editor">
      <textarea
        ref={field}
        rows={1}
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
          disabled={isBusy || text.trim() === ''}
        >
          Save
        </button>
        <button type="button" className="quiet" onClick={close}>
          Cancel
        </button>
      </span>
      <span id={`${id}-problem`} className="problem" role="alert">
        {problem}
      </span>
    </span>
  );
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
