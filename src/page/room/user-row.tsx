/** Somebody in a list: who it is, how it is just now, and the way to write to it. */
import { useClient } from '../../client/react/index.ts';
import { Avatar } from '../parts/avatar.tsx';
import { UserStatus } from '../parts/user-status.tsx';
import { hashOf } from '../places.ts';

interface UserRowProps {
  readonly userName: string;
  readonly isOnline: boolean | undefined;
  /** How it is just now is shown, too. */
  readonly hasStatus: boolean;
  readonly note?: string | undefined;
  /** Below the name. */
  readonly line?: string | undefined;
}

export function UserRow({ userName, isOnline, hasStatus, note, line }: UserRowProps) {
  const isSelf = userName === useClient().userName;
  const notes = [...(isSelf ? ['you'] : []), ...(note === undefined ? [] : [note])];
  const words = (
    <>
      <Avatar name={userName} size="small" {...(isOnline === undefined ? {} : { isOnline })} />
      <span className="item-words">
        <span className="item-name">{userName}</span>
        {hasStatus ? <UserStatus userName={userName} /> : undefined}
        {line === undefined ? undefined : <span className="item-line">{line}</span>}
      </span>
      {notes.length === 0 ? undefined : <span className="item-note">{notes.join(', ')}</span>}
    </>
  );
  if (isSelf) return <span className="item is-still">{words}</span>;
  return (
    <a className="item" href={hashOf({ kind: 'direct', name: userName })} title={`Write to ${userName}`}>
      {words}
    </a>
  );
}
