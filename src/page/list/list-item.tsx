/** A line of the list of conversations: where it leads, what it is called, what was said there last, and what is unread. */
import type { ReactNode } from 'react';
import type { Unread } from '../../client/react/index.ts';
import { Muted, Plus } from '../parts/icons.tsx';

interface ListItemProps {
  readonly href: string;
  readonly isHere: boolean;
  readonly lead: ReactNode;
  readonly name: string;
  /** Beside the name. */
  readonly note?: string | undefined;
  /** Below it. */
  readonly line?: ReactNode;
  readonly unread: Unread;
  readonly isMuted?: boolean;
}

export function ListItem({ href, isHere, lead, name, note, line, unread, isMuted = false }: ListItemProps) {
  return (
    <li>
      <a
        className={unread.unread > 0 ? 'item has-unread' : 'item'}
        href={href}
        aria-current={isHere ? 'page' : undefined}
      >
        {lead}
        <span className="item-words">
          <span className="item-name">{name}</span>
          {line}
        </span>
        {isMuted ? (
          <span className="item-muted" title="Muted">
            <Muted />
            <span className="unseen"> muted</span>
          </span>
        ) : undefined}
        {note === undefined ? undefined : <span className="item-note">{note}</span>}
        <Badge {...unread} />
      </a>
    </li>
  );
}

function Badge({ unread, mentioned }: Unread) {
  if (unread === 0) return undefined;
  return (
    <span className={mentioned ? 'badge is-mention' : 'badge'}>
      {mentioned ? '@' : ''}
      {unread > 99 ? '99+' : unread}
      <span className="unseen"> unread{mentioned ? ', with a mention of you' : ''}</span>
    </span>
  );
}

interface SectionProps {
  readonly title: string;
  /** What the button beside it does. */
  readonly add: string;
  readonly isAdding: boolean;
  readonly setIsAdding: (isAdding: boolean) => void;
  readonly children: ReactNode;
}

export function Section({ title, add, isAdding, setIsAdding, children }: SectionProps) {
  return (
    <section className="section">
      <div className="section-head">
        <h2>{title}</h2>
        <button
          type="button"
          className={isAdding ? 'icon turned' : 'icon'}
          aria-label={add}
          aria-expanded={isAdding}
          onClick={() => setIsAdding(!isAdding)}
        >
          <Plus />
        </button>
      </div>
      {children}
    </section>
  );
}

/** What the list has no place for is said, and opened by its name. */
export function Rest({ count }: { readonly count: number }) {
  return count > 0 ? <p className="hint">And {count} more: open them by name.</p> : undefined;
}
