/** How the connection stands, and what one may do about it. */
import { useEffect, useState, type RefObject } from 'react';
import { useConnection, type Connection } from '../../client/react/index.ts';
import { hostOf } from '../format.ts';
import { Avatar } from '../parts/avatar.tsx';
import { Again, Code, Door, Pause, Play } from '../parts/icons.tsx';
import { StatusLine } from './status-line.tsx';

interface PanelProps {
  readonly showsFrames: boolean;
  readonly framesButton: RefObject<HTMLButtonElement | null>;
  readonly toggleFrames: () => void;
  readonly logOut: () => void;
}

export function ConnectionPanel({ showsFrames, framesButton, toggleFrames, logOut }: PanelProps) {
  const connection = useConnection();
  const name = connection.userName ?? '';
  return (
    <footer className="panel">
      <div className="panel-self">
        <Avatar name={name} />
        <div className="panel-words">
          <strong>{name}</strong>
          <span className={`state state-${connection.state}`} role="status">
            <span className="state-dot" aria-hidden="true" />
            <span>{stateWords(connection)}</span>
            {connection.retryAt === undefined ? undefined : <Countdown until={connection.retryAt} />}
          </span>
        </div>
        <button type="button" className="icon" aria-label="Log out" title="Log out" onClick={logOut}>
          <Door />
        </button>
      </div>
      <StatusLine />
      <div className="panel-buttons">
        <MainButton connection={connection} />
        <button type="button" className="quiet" ref={framesButton} aria-expanded={showsFrames} onClick={toggleFrames}>
          <Code />
          Frames
        </button>
      </div>
    </footer>
  );
}

/** What the state lets one do: there is always one such thing. */
function MainButton({ connection }: { readonly connection: Connection }) {
  const { state, pause, resume, retry, retryAt } = connection;
  if (state === 'offline') {
    return (
      <button type="button" className="quiet" onClick={resume}>
        <Play />
        Resume
      </button>
    );
  }
  return (
    <>
      {state === 'disconnected' ? (
        <button
          type="button"
          className="quiet"
          aria-disabled={retryAt === undefined}
          onClick={() => (retryAt === undefined ? undefined : retry())}
        >
          <Again />
          Retry now
        </button>
      ) : undefined}
      <button type="button" className="quiet" onClick={pause}>
        <Pause />
        Pause
      </button>
    </>
  );
}

function stateWords({ state, url, attempt, retryAt }: Connection): string {
  switch (state) {
    case 'connected':
      return `On ${hostOf(url)}`;
    case 'offline':
      return 'Paused';
    case 'disconnected':
      return retryAt === undefined
        ? `Connecting again${attempt === undefined ? '' : ` (${attempt + 1})`} …`
        : 'Connection lost';
    case 'closed':
      return 'Ended';
    default:
      return 'Connecting …';
  }
}

/** Not read out: a number each second is no news. */
function Countdown({ until }: { readonly until: number }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.ceil((until - now) / 1000));
  return <span aria-hidden="true"> · {seconds} s</span>;
}
