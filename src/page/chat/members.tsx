/** Who is in a room. */
import { useEffect, useRef } from 'react';
import { useClient, type UserView } from '../../client/react/index.ts';
import { Avatar } from '../parts/avatar.tsx';
import { Cross } from '../parts/icons.tsx';
import { hashOf } from '../places.ts';
import { hasNoThirdColumn } from '../width.ts';

/** A room may be very large; the list on this page is not. */
const SHOWN_MAX = 200;

export function Members({ users, close }: { readonly users: readonly UserView[]; readonly close: () => void }) {
  const { userName: own } = useClient();
  const heading = useRef<HTMLHeadingElement>(null);
  const shown = users.slice(0, SHOWN_MAX);
  const frame = useRef<HTMLElement>(null);
  useEffect(() => {
    // Where it lies over the conversation, it is what one is at.
    if (hasNoThirdColumn()) heading.current?.focus();
    const press = (event: MouseEvent): void => {
      const isOutside = event.target instanceof Node && frame.current?.contains(event.target) === false;
      if (!isOutside || !hasNoThirdColumn()) return;
      // Beside it one means to be rid of it, and nothing else.
      event.preventDefault();
      event.stopPropagation();
      close();
    };
    document.addEventListener('click', press, true);
    return () => document.removeEventListener('click', press, true);
  }, [close]);
  return (
    <aside
      className="members"
      ref={frame}
      aria-labelledby="members-title"
      onKeyDown={(event) => {
        if (event.key === 'Escape') close();
      }}
    >
      <header className="section-head">
        <h2 id="members-title" ref={heading} tabIndex={-1}>
          Here now
        </h2>
        <button type="button" className="icon" aria-label="Close members" onClick={close}>
          <Cross />
        </button>
      </header>
      <ul className="list">
        {shown.map(({ userName }) => (
          <li key={userName}>
            {userName === own ? (
              <span className="item is-still">
                <Avatar name={userName} isOnline size="small" />
                <span className="item-name">{userName}</span>
                <span className="item-note">you</span>
              </span>
            ) : (
              <a className="item" href={hashOf({ kind: 'direct', name: userName })} title={`Write to ${userName}`}>
                <Avatar name={userName} isOnline size="small" />
                <span className="item-name">{userName}</span>
              </a>
            )}
          </li>
        ))}
      </ul>
      {users.length > SHOWN_MAX ? <p className="hint">and {users.length - SHOWN_MAX} more</p> : undefined}
    </aside>
  );
}
