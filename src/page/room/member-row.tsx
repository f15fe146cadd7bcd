/** A member of a room, and what one may do about it: shown below it where it is asked for. */
import { memo, useId, useState } from 'react';
import { useClient } from '../../client/react/index.ts';
import type { Member, Room } from '../../client/index.ts';
import { errorWords, untilWords } from '../format.ts';
import { More } from '../parts/icons.tsx';
import { mayManage, type Role } from './standing.ts';
import { UserRow } from './user-row.tsx';

interface MemberRowProps {
  readonly room: Room;
  readonly member: Member;
  /** Of who looks at it. */
  readonly own: Role | null;
  readonly hasStatus: boolean;
}

const SILENCE_MS = 10 * 60_000;

export const MemberRow = memo(function MemberRow({ room, member, own, hasStatus }: MemberRowProps) {
  const { userName: self } = useClient();
  const [isOpen, setIsOpen] = useState(false);
  const id = useId();
  const { userName, role, silencedUntil, online } = member;
  const isManaged = userName !== self && mayManage(own, role);
  return (
    <li>
      <div className="member-line">
        <UserRow
          userName={userName}
          isOnline={online}
          hasStatus={hasStatus}
          note={role === 'member' ? undefined : role}
          line={silencedUntil === undefined ? undefined : `silenced ${untilWords(silencedUntil)}`}
        />
        {isManaged ? (
          <button
            type="button"
            className="icon"
            aria-label={`What to do about ${userName}`}
            aria-expanded={isOpen}
            aria-controls={id}
            onClick={() => setIsOpen(!isOpen)}
          >
            <More />
          </button>
        ) : undefined}
      </div>
      {isManaged && isOpen ? <Actions id={id} room={room} member={member} own={own} /> : undefined}
    </li>
  );
});

function Actions({ id, room, member, own }: Omit<MemberRowProps, 'hasStatus'> & { readonly id: string }) {
  const { userName, role, silencedUntil } = member;
  const [problem, setProblem] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  const act = (doing: () => Promise<unknown>): void => {
    if (isBusy) return;
    setIsBusy(true);
    setProblem(undefined);
    doing().then(
      () => setIsBusy(false),
      (error: unknown) => {
        setIsBusy(false);
        setProblem(errorWords(error));
      },
    );
  };
  const remove = async (): Promise<void> => {
    const [failed] = (await room.members.remove([userName])).failed;
    if (failed !== undefined) throw failed.error;
  };
  const all: readonly (readonly [string, () => Promise<unknown>])[] = [
    ...(own !== 'owner'
      ? []
      : role === 'admin'
        ? [['Make member', () => room.members.setRole(userName, 'member')] as const]
        : [['Make admin', () => room.members.setRole(userName, 'admin')] as const]),
    ...(silencedUntil === undefined
      ? [
          ['Silence 10 min', () => room.silence([userName], { until: Date.now() + SILENCE_MS })] as const,
          ['Silence for good', () => room.silence([userName])] as const,
        ]
      : [['Let write again', () => room.unsilence([userName])] as const]),
    ['Remove', remove],
  ];
  return (
    <div className="member-actions" id={id} tabIndex={-1} role="group" aria-label={`About ${userName}`}>
      {all.map(([name, doing]) => (
        <button key={name} type="button" className="quiet" aria-disabled={isBusy} onClick={() => act(doing)}>
          {name}
        </button>
      ))}
      <p className="problem" role="alert">
        {problem}
      </p>
    </div>
  );
}
