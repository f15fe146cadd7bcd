/** How the user says it is just now: for itself to change, and for all who see it to read. */
import { useCallback, useState } from 'react';
import { useClient, useUserState } from '../../client/react/index.ts';
import { errorWords, statusIn } from '../format.ts';
import { Pen } from '../parts/icons.tsx';

const LETTERS_MAX = 100;

export function StatusLine() {
  const status = statusIn(useUserState(useClient().userName ?? ''));
  const [isEdited, setIsEdited] = useState(false);
  const close = useCallback(() => setIsEdited(false), []);
  if (isEdited) return <StatusForm status={status} close={close} />;
  return (
    <button
      type="button"
      className="status-line"
      aria-label={status === undefined ? 'Set a status' : `Your status: ${status}. Change it`}
      onClick={() => setIsEdited(true)}
    >
      <Pen />
      <span>{status ?? 'Set a status'}</span>
    </button>
  );
}

function StatusForm({ status, close }: { readonly status: string | undefined; readonly close: () => void }) {
  const client = useClient();
  const [text, setText] = useState(status ?? '');
  const [problem, setProblem] = useState<string>();
  const save = (): void => {
    const saved = client.me?.setState({ status: text.trim() === '' ? null : text.trim() });
    saved?.then(close, (error: unknown) => setProblem(errorWords(error)));
  };
  return (
    <form
      className="status-form"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') close();
      }}
    >
      <input
        aria-label="Your status"
        value={text}
        onChange={(event) => setText(event.target.value)}
        maxLength={LETTERS_MAX}
        dir="auto"
        placeholder="How are you?"
        autoComplete="off"
        autoFocus
        aria-invalid={problem !== undefined}
      />
      <button type="submit" className="quiet">
        Save
      </button>
      <p className="problem" role="alert">
        {problem}
      </p>
    </form>
  );
}
