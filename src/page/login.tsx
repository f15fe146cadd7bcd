/** Who logs in, and where. A tab that is loaded again does so by itself. */
import { useEffect, useId, useRef, useState, type FormEvent } from 'react';
import { errorWords } from './format.ts';
import { Mark } from './parts/icons.tsx';
import type { Wanted } from './visit.ts';

interface LoginProps {
  /** Why the last visit ended. */
  readonly notice: string | undefined;
  readonly last: Wanted | undefined;
  readonly logIn: (wanted: Wanted) => Promise<void>;
}

export function Login({ notice, last, logIn }: LoginProps) {
  const [wanted, setWanted] = useState<Wanted>(last ?? { userName: '', token: '', nodes: '' });
  const [isBusy, setIsBusy] = useState(last !== undefined);
  const [error, setError] = useState<string>();
  const id = useId();
  const change = (changes: Partial<Wanted>): void => setWanted({ ...wanted, ...changes });

  const go = (who: Wanted): void => {
    setIsBusy(true);
    setError(undefined);
    logIn(who).catch((reason: unknown) => {
      setIsBusy(false);
      setError(errorWords(reason));
    });
  };
  const wasLoaded = useRef(false);
  useEffect(() => {
    if (wasLoaded.current || last === undefined) return;
    wasLoaded.current = true;
    go(last);
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isBusy) return;
    const [userName, token, nodes] = [wanted.userName.trim(), wanted.token.trim(), wanted.nodes.trim()];
    if (userName === '' && token === '') return setError('Please say who you are.');
    go({ userName, token, nodes });
  };

  return (
    <main className="login">
      <form className="login-card" onSubmit={submit} noValidate>
        <Mark />
        <h1>Parley</h1>
        <p className="login-lead">A name is enough to look around. Use a second tab to be somebody else.</p>
        <label htmlFor={`${id}-name`}>Your name</label>
        <input
          id={`${id}-name`}
          value={wanted.userName}
          onChange={(event) => change({ userName: event.target.value })}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={128}
          dir="auto"
          autoFocus
          aria-describedby={`${id}-problem`}
          aria-invalid={error !== undefined}
        />
        <More wanted={wanted} change={change} />
        <p id={`${id}-problem`} className="problem" role="alert">
          {error ?? notice}
        </p>
        <button type="submit" className="primary wide" aria-disabled={isBusy}>
          {isBusy ? 'Logging in …' : 'Log in'}
        </button>
      </form>
    </main>
  );
}

/** What most do without. */
function More({ wanted, change }: { readonly wanted: Wanted; readonly change: (changes: Partial<Wanted>) => void }) {
  const id = useId();
  return (
    <details className="login-more">
      <summary>Token and nodes</summary>
      <label htmlFor={`${id}-token`}>Token, where the service asks for one</label>
      <input
        id={`${id}-token`}
        value={wanted.token}
        onChange={(event) => change({ token: event.target.value })}
        autoComplete="off"
        spellCheck={false}
      />
      <label htmlFor={`${id}-nodes`}>Nodes to connect to</label>
      <input
        id={`${id}-nodes`}
        value={wanted.nodes}
        onChange={(event) => change({ nodes: event.target.value })}
        placeholder={location.host}
        autoComplete="off"
        spellCheck={false}
        aria-describedby={`${id}-nodes-hint`}
      />
      <p id={`${id}-nodes-hint`} className="hint">
        Several, with spaces between: if one goes, another takes over.
      </p>
    </details>
  );
}
