/** Who belongs to a room, and who else is in it just now; whoever may adds people here. */
import { useState } from 'react';
import { useClient, type UserView } from '../../client/react/index.ts';
import type { Room } from '../../client/index.ts';
import { errorWords } from '../format.ts';
import { MoreButton } from '../parts/more-button.tsx';
import { NameForm } from '../parts/name-form.tsx';
import { Plus } from '../parts/icons.tsx';
import { SidePanel } from '../parts/side-panel.tsx';
import { STATUSES_MAX } from '../parts/user-status.tsx';
import { MemberRow } from './member-row.tsx';
import { useSomeMembers } from './some-members.ts';
import { mayAdd, type Standing } from './standing.ts';
import { UserRow } from './user-row.tsx';

/** A room may be very large; the list on this page is not. */
const SHOWN_MAX = 200;
const PAGE = 50;

interface MembersProps {
  readonly room: Room;
  readonly users: readonly UserView[];
  readonly standing: Standing | undefined;
  readonly close: () => void;
}

export function Members({ room, users, standing, close }: MembersProps) {
  const hasMembers = standing !== undefined && standing.memberCount > 0;
  return (
    <SidePanel title={hasMembers ? 'Members' : 'Here now'} what="members" close={close}>
      {standing !== undefined && mayAdd(standing) ? <AddPeople room={room} /> : undefined}
      {hasMembers ? <Belonging room={room} users={users} standing={standing} /> : <Here users={users} />}
    </SidePanel>
  );
}

function Belonging({ room, users, standing }: Required<Omit<MembersProps, 'close'>> & { readonly standing: Standing }) {
  const { members, count, hasMore, isLoading, error, more } = useSomeMembers(room, PAGE);
  const names = new Set(members.map(({ userName }) => userName));
  // While some are not read, nobody can be said to be no member.
  const guests = hasMore ? [] : users.filter(({ userName }) => !names.has(userName));
  return (
    <>
      {error === undefined ? undefined : <p className="problem">{errorWords(error)}</p>}
      <ul className="list" aria-label={`Members, ${count ?? members.length}`}>
        {members.slice(0, SHOWN_MAX).map((member, index) => (
          <MemberRow
            key={member.userName}
            room={room}
            member={member}
            own={standing.role}
            hasStatus={index < STATUSES_MAX}
          />
        ))}
      </ul>
      {hasMore && members.length < SHOWN_MAX ? (
        <MoreButton words="More" className="quiet" isBusy={isLoading} more={more} />
      ) : undefined}
      {members.length > SHOWN_MAX ? <p className="hint">and {members.length - SHOWN_MAX} more</p> : undefined}
      {guests.length === 0 ? undefined : (
        <>
          <h3 className="list-head">Also here</h3>
          <Here users={guests} />
        </>
      )}
    </>
  );
}

function Here({ users }: { readonly users: readonly UserView[] }) {
  return (
    <>
      <ul className="list">
        {users.slice(0, SHOWN_MAX).map(({ userName }, index) => (
          <li key={userName}>
            <UserRow userName={userName} isOnline hasStatus={index < STATUSES_MAX} />
          </li>
        ))}
      </ul>
      {users.length > SHOWN_MAX ? <p className="hint">and {users.length - SHOWN_MAX} more</p> : undefined}
    </>
  );
}

function AddPeople({ room }: { readonly room: Room }) {
  const { userName: own } = useClient();
  const [isOpen, setIsOpen] = useState(false);
  const close = (): void => setIsOpen(false);
  const add = async (text: string): Promise<void> => {
    const names = text.split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()]));
    const { failed } = await room.members.add(names.filter((name) => name !== own));
    const [first] = failed;
    if (first !== undefined) throw new Error(`${first.userName}: ${errorWords(first.error)}`);
    close();
  };
  return isOpen ? (
    <NameForm label="Names, with commas between" button="Add" placeholder="ann, bob" submit={add} cancel={close} />
  ) : (
    <button type="button" className="quiet" onClick={() => setIsOpen(true)}>
      <Plus />
      Add people
    </button>
  );
}
