/** One conversation: a room, or what is between two users. */
import { useCallback, useEffect, useRef, useState, type ReactNode } from 'react';
import {
  useClient,
  useConnection,
  useDirect,
  useMessages,
  useRoom,
  useTyping,
  useUsers,
  type Talk,
} from '../../client/react/index.ts';
import { agoWords, errorWords } from '../format.ts';
import { Avatar } from '../parts/avatar.tsx';
import { Back, People } from '../parts/icons.tsx';
import { go } from '../places.ts';
import { hasNoThirdColumn, watchThirdColumn } from '../width.ts';
import { Composer } from './composer.tsx';
import { leaveRoom, noteDirect, noteRoom } from './lists.ts';
import { Members } from './members.tsx';
import { MessageList } from './message-list.tsx';

export function RoomTalk({ name }: { readonly name: string }) {
  const client = useClient();
  const { room, isJoined, error, join } = useRoom(name, { group: 'custom', create: true, stay: true });
  const users = useUsers(room);
  // It may have been opened by its address.
  useEffect(() => (isJoined ? noteRoom(client, room.name) : undefined), [client, room, isJoined]);
  const [showsMembers, setShowsMembers] = useState(() => !hasNoThirdColumn());
  const opener = useRef<HTMLButtonElement>(null);
  // Who makes the window small does not want them over the conversation.
  useEffect(() => watchThirdColumn(setShowsMembers), []);
  const closeMembers = useCallback(() => {
    setShowsMembers(false);
    opener.current?.focus();
  }, []);
  const count = users.length === 1 ? '1 person here' : `${users.length} people here`;
  return (
    <div className="talk-row">
      <main className="talk" aria-label={`Room ${name}`}>
        <Head title={`# ${name}`} note={isJoined ? count : 'joining …'}>
          <button
            type="button"
            className="quiet"
            ref={opener}
            aria-expanded={showsMembers}
            aria-label={`Members: ${count}`}
            onClick={() => setShowsMembers(!showsMembers)}
          >
            <People />
            <span aria-hidden="true">{users.length}</span>
          </button>
          <button
            type="button"
            className="quiet"
            onClick={() =>
              void leaveRoom(client, name).then(
                () => go(undefined),
                () => undefined,
              )
            }
          >
            Leave
          </button>
        </Head>
        {error === undefined ? undefined : (
          <p className="banner" role="alert">
            {errorWords(error)}{' '}
            <button type="button" className="link" onClick={join}>
              Try again
            </button>
          </p>
        )}
        <Conversation talk={room} label={name} />
      </main>
      {showsMembers ? <Members users={users} close={closeMembers} /> : undefined}
    </div>
  );
}

export function DirectTalk({ userName }: { readonly userName: string }) {
  const client = useClient();
  const { direct, user } = useDirect(userName);
  const { status, lastOnline } = user;
  useEffect(() => noteDirect(client, userName), [client, userName]);
  const note = status === 'online' ? 'online' : lastOnline === undefined ? 'away' : `last here ${agoWords(lastOnline)}`;
  return (
    <div className="talk-row">
      <main className="talk" aria-label={`Conversation with ${userName}`}>
        <Head title={userName} note={note} lead={<Avatar name={userName} isOnline={status === 'online'} />} />
        <Conversation talk={direct} label={userName} />
      </main>
    </div>
  );
}

interface HeadProps {
  readonly title: string;
  readonly note: string;
  readonly lead?: ReactNode;
  readonly children?: ReactNode;
}

function Head({ title, note, lead, children }: HeadProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  // Who came by the keyboard goes on from here; the name is read out.
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <header className="talk-head">
      <button type="button" className="icon only-narrow" aria-label="Back to the list" onClick={() => go(undefined)}>
        <Back />
      </button>
      {lead}
      <div className="talk-title">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        <span className="hint">{note}</span>
      </div>
      <span className="grow" />
      {children}
    </header>
  );
}

function Conversation({ talk, label }: { readonly talk: Talk; readonly label: string }) {
  const state = useMessages(talk, { limit: 200 });
  const { send, loadLatest, hasNewer } = state;
  return (
    <>
      <MessageList talk={talk} state={state} label={label} />
      <TypingLine talk={talk} />
      <Waiting />
      <Composer
        label={label}
        talk={talk}
        send={(text) => {
          if (hasNewer) loadLatest();
          send({ textMessage: text });
        }}
      />
    </>
  );
}

function TypingLine({ talk }: { readonly talk: Talk }) {
  const { typists } = useTyping(talk);
  const [first, second] = typists;
  const words =
    first === undefined
      ? ''
      : typists.length === 1
        ? `${first} is typing`
        : typists.length === 2
          ? `${first} and ${second} are typing`
          : `${first} and ${typists.length - 1} others are typing`;
  return (
    <p className="typing" aria-live="polite">
      {words === '' ? undefined : (
        <>
          <span className="typing-dots" aria-hidden="true">
            <span />
            <span />
            <span />
          </span>
          {words}
        </>
      )}
    </p>
  );
}

/** Said where it matters: beside what is being written. */
function Waiting() {
  const { state } = useConnection();
  if (state === 'connected') return undefined;
  return <p className="banner calm">Not connected: what you send now goes out as soon as it can.</p>;
}
