/** A field for one name and a button, shown where a list can be added to. */
import { useId, useState, type FormEvent } from 'react';
import { useConnection } from '../../client/react/index.ts';
import { errorWords } from '../format.ts';

interface NameFormProps {
  readonly label: string;
  readonly button: string;
  readonly placeholder: string;
  /** Rejects with why it was not done. */
  readonly submit: (name: string) => Promise<void>;
  readonly cancel: () => void;
}

export function NameForm({ label, button, placeholder, submit, cancel }: NameFormProps) {
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  const isWaiting = useConnection().state !== 'connected' && isBusy;
  const id = useId();
  const go = (event: FormEvent): void => {
    event.preventDefault();
    if (name.trim() === '' || isBusy) return;
    setIsBusy(true);
    setProblem(undefined);
    submit(name.trim()).catch((error: unknown) => {
      setIsBusy(false);
      setProblem(errorWords(error));
    });
  };
  return (
    <form
      className="name-form"
      onSubmit={go}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        // What is around it stays.
        event.stopPropagation();
        cancel();
      }}
    >
      <label className="unseen" htmlFor={id}>
        {label}
      </label>
      <input
        id={id}
        value={name}
        placeholder={placeholder}
        onChange={(event) => setName(event.target.value)}
        maxLength={128}
        dir="auto"
        autoCapitalize="none"
        autoComplete="off"
        spellCheck={false}
        autoFocus
        aria-invalid={problem !== undefined}
        aria-describedby={`${id}-problem`}
      />
      <button type="submit" className="primary" aria-disabled={isBusy}>
        {button}
      </button>
      <p id={`${id}-problem`} className="problem" role="alert">
        {problem}
      </p>
      <p className="hint" role="status">
        {isWaiting ? 'This is done as soon as there is a connection.' : undefined}
      </p>
    </form>
  );
}
