/** All conversations, what is unread in each, and how the connection stands. */
import { memo, useCallback, useState, type ReactNode, type RefObject } from 'react';
import {
  useClient,
  useContacts,
  useConversations,
  useDirect,
  useRoom,
  useUnread,
  type Talk,
} from '../../client/react/index.ts';
import { agoWords, errorWords } from '../format.ts';
import { Avatar } from '../parts/avatar.tsx';
import { Mark } from '../parts/icons.tsx';
import { NameForm } from '../parts/name-form.tsx';
import { STATUSES_MAX, UserStatus } from '../parts/user-status.tsx';
import { go, hashOf, isAt, type Place } from '../places.ts';
import { useIsNarrow } from '../width.ts';
import { ConnectionPanel } from './connection-panel.tsx';
import { Conversations } from './conversations.tsx';
import { ListItem, Rest, Section } from './list-item.tsx';
import { addRoom, noteDirect, PEOPLE_MAX, ROOMS_MAX, useDirectNames, useRoomNames } from './lists.ts';

interface SidebarProps {
  readonly place: Place;
  readonly showsFrames: boolean;
  readonly framesButton: RefObject<HTMLButtonElement | null>;
  readonly toggleFrames: () => void;
  readonly logOut: () => void;
}

export function Sidebar({ place, showsFrames, framesButton, toggleFrames, logOut }: SidebarProps) {
  // Where it is all that is on the screen, it is the page.
  const isNarrow = useIsNarrow();
  const { userName = '' } = useClient();
  const [Frame, Brand] = isNarrow ? (['main', 'h1'] as const) : (['div', 'span'] as const);
  return (
    <Frame className="sidebar">
      <header className="sidebar-head">
        <Mark />
        <Brand className="brand">Parley</Brand>
      </header>
      <nav className="lists" aria-label="Conversations">
        <Conversations place={place} own={userName} />
        <Rooms place={place} />
        <People place={place} />
      </nav>
      <ConnectionPanel
        logOut={logOut}
        framesButton={framesButton}
        showsFrames={showsFrames}
        toggleFrames={toggleFrames}
      />
    </Frame>
  );
}

function Rooms({ place }: { readonly place: Place }) {
  const client = useClient();
  const all = useRoomNames();
  const { list } = useConversations();
  // What one belongs to has its own place.
  const belonging = new Set(list.map(({ room }) => room.name));
  const names = all.filter((name) => !belonging.has(name));
  const [isAdding, setIsAdding] = useState(false);
  const done = useCallback(() => setIsAdding(false), []);
  const join = async (name: string): Promise<void> => {
    go({ kind: 'room', name: await addRoom(client, name) });
    done();
  };
  return (
    <Section title="Rooms" add="Join or make a room" isAdding={isAdding} setIsAdding={setIsAdding}>
      {isAdding ? (
        <NameForm label="Name of the room" button="Join" placeholder="Name of a room" submit={join} cancel={done} />
      ) : undefined}
      <ul className="list">
        {names.slice(0, ROOMS_MAX).map((name) => (
          <RoomItem key={name} name={name} isHere={isAt(place, 'room', name)} />
        ))}
      </ul>
      <Rest count={names.length - ROOMS_MAX} />
      {names.length === 0 && !isAdding ? (
        <button type="button" className="suggestion" onClick={() => void join('lobby').catch(() => setIsAdding(true))}>
          Join the lobby
        </button>
      ) : undefined}
    </Section>
  );
}

function People({ place }: { readonly place: Place }) {
  const client = useClient();
  const { contacts, add } = useContacts();
  const others = useDirectNames();
  const [isAdding, setIsAdding] = useState(false);
  const done = useCallback(() => setIsAdding(false), []);
  const names = [...new Set([...contacts.map(({ userName }) => userName), ...others])].filter(
    (name) => name !== client.userName,
  );
  const write = async (userName: string): Promise<void> => {
    await add(userName);
    noteDirect(client, userName);
    go({ kind: 'direct', name: userName });
    done();
  };
  return (
    <Section title="People" add="Add a contact" isAdding={isAdding} setIsAdding={setIsAdding}>
      {isAdding ? (
        <NameForm label="Name of the contact" button="Add" placeholder="Somebody’s name" submit={write} cancel={done} />
      ) : undefined}
      <ul className="list">
        {names.slice(0, PEOPLE_MAX).map((name, index) => (
          <DirectItem
            key={name}
            userName={name}
            isHere={isAt(place, 'direct', name)}
            hasStatus={index < STATUSES_MAX}
          />
        ))}
      </ul>
      <Rest count={names.length - PEOPLE_MAX} />
      {names.length === 0 && !isAdding ? (
        <p className="hint">Nobody yet. Who has logged in once can be added.</p>
      ) : undefined}
    </Section>
  );
}

interface ItemProps {
  readonly isHere: boolean;
}

/** A room in the list is joined, on this device too, and stays so whatever is shown. */
const RoomItem = memo(function RoomItem({ name, isHere }: ItemProps & { readonly name: string }) {
  const { room, isJoined, error } = useRoom(name, { stay: true });
  return (
    <TalkItem
      talk={room}
      href={hashOf({ kind: 'room', name })}
      isHere={isHere}
      lead={
        <span className="hash" aria-hidden="true">
          #
        </span>
      }
      name={name}
      note={error === undefined ? (isJoined ? undefined : 'joining …') : errorWords(error)}
    />
  );
});

const DirectItem = memo(function DirectItem({
  userName,
  isHere,
  hasStatus,
}: ItemProps & { readonly userName: string; readonly hasStatus: boolean }) {
  const { direct, user } = useDirect(userName);
  const isOnline = user.status === 'online';
  return (
    <TalkItem
      talk={direct}
      href={hashOf({ kind: 'direct', name: userName })}
      isHere={isHere}
      lead={<Avatar name={userName} isOnline={isOnline} size="small" />}
      name={userName}
      line={hasStatus ? <UserStatus userName={userName} /> : undefined}
      note={isOnline ? 'online' : user.lastOnline === undefined ? undefined : agoWords(user.lastOnline)}
    />
  );
});

interface TalkItemProps extends ItemProps {
  readonly talk: Talk;
  readonly href: string;
  readonly lead: ReactNode;
  readonly name: string;
  readonly note: string | undefined;
  readonly line?: ReactNode;
}

const TalkItem = ({ talk, ...item }: TalkItemProps) => <ListItem {...item} unread={useUnread(talk)} />;
