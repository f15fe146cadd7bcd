/** A room: what is said in it, and the panels beside it. */
import { useCallback, useEffect, useRef, useState, type ReactNode } from 'react';
import { useClient, useRoom, useRoomAttributes, useUsers } from '../../client/react/index.ts';
import type { Room } from '../../client/index.ts';
import { Conversation } from '../chat/conversation.tsx';
import { Head } from '../chat/head.tsx';
import { SearchPanel } from '../chat/search-panel.tsx';
import { forgetTalk } from '../drafts.ts';
import { errorWords, titleIn } from '../format.ts';
import { addRoom, leaveRoom, noteRoom } from '../list/lists.ts';
import { Glass, People, Settings } from '../parts/icons.tsx';
import { go } from '../places.ts';
import { hasNoThirdColumn, useIsNarrow, watchThirdColumn } from '../width.ts';
import { useBot } from './bot.tsx';
import { Members } from './members.tsx';
import { useHindrance } from './hindrance.ts';
import { SettingsPanel } from './settings-panel.tsx';
import { isChief, useStanding, type Standing } from './standing.ts';

type Panel = 'members' | 'search' | 'settings';

export function RoomTalk({ name }: { readonly name: string }) {
  const client = useClient();
  const { room, isJoined, error, join } = useRoom(name, { stay: true });
  const users = useUsers(room);
  const standing = useStanding(room, isJoined);
  const title = titleIn(useRoomAttributes(room));
  // It may have been opened by its address.
  useEffect(() => (isJoined ? noteRoom(client, room.name) : undefined), [client, room, isJoined]);
  const { panel, toggle, close } = usePanel();
  const hindrance = useHindrance(room, standing);
  const leave = useLeaving(room, standing);
  const end = async (): Promise<void> => {
    await client.request('roomDelete', { roomName: room.name });
    forgetTalk(client, room);
    go(undefined);
  };
  // Taken away, or refused.
  const isOut = error !== undefined && !isJoined;
  // Where it has no place above, it is in the settings.
  const isNarrow = useIsNarrow();
  const belongs = standing !== undefined && standing.memberCount > 0;
  const bot = useBot(room);
  return (
    <div className="talk-row">
      <main className="talk" aria-label={title === undefined ? `Room ${name}` : `Conversation ${title}`}>
        <Head
          title={title ?? `# ${name}`}
          note={isJoined ? countWords(users.length, standing) : isOut ? '' : 'joining …'}
        >
          <Buttons panel={panel} toggle={toggle} here={users.length} standing={standing} />
          {belongs || (isNarrow && standing !== undefined) ? undefined : (
            <button type="button" className="quiet" onClick={() => void leave().catch(() => undefined)}>
              Leave
            </button>
          )}
        </Head>
        {error === undefined ? undefined : <Refused name={name} error={error} tryAgain={join} />}
        {bot.words === undefined ? undefined : (
          <p className="banner calm" role="status">
            {bot.words}
          </p>
        )}
        <Conversation
          talk={room}
          label={title ?? name}
          hindrance={hindrance}
          isOut={isOut}
          mayRecallAll={standing !== undefined && isChief(standing.role)}
          command={bot.command}
          invitation={standing?.kind === 'normal' ? bot.invitation : undefined}
        />
      </main>
      {panel === 'members' ? <Members room={room} users={users} standing={standing} close={close} /> : undefined}
      {panel === 'search' ? <SearchPanel talk={room} close={close} /> : undefined}
      {panel === 'settings' && standing !== undefined ? (
        <SettingsPanel room={room} standing={standing} title={title} close={close} leave={leave} end={end} />
      ) : undefined}
    </div>
  );
}

interface RefusedProps {
  readonly name: string;
  readonly error: { readonly code: string };
  readonly tryAgain: () => void;
}

/** What is not there is made only by who says so: an address, or a page that is loaded again, is no wish for it. */
function Refused({ name, error, tryAgain }: RefusedProps) {
  const client = useClient();
  const [problem, setProblem] = useState<string>();
  const make = (): void => {
    setProblem(undefined);
    addRoom(client, name).catch((reason: unknown) => setProblem(errorWords(reason)));
  };
  return (
    <p className="banner" role="alert">
      {problem ?? errorWords(error)}{' '}
      {error.code === 'noRoom' ? (
        <button type="button" className="link" onClick={make}>
          Make it
        </button>
      ) : undefined}{' '}
      <button type="button" className="link" onClick={tryAgain}>
        Try again
      </button>
    </p>
  );
}

interface ButtonsProps {
  readonly panel: Panel | undefined;
  /** Opens what is not open, and closes what is. */
  readonly toggle: (panel: Panel, opener: HTMLElement) => void;
  readonly here: number;
  readonly standing: Standing | undefined;
}

function Buttons({ panel, toggle, here, standing }: ButtonsProps) {
  const button = (which: Panel, label: string, drawing: ReactNode) => (
    <button
      type="button"
      className="quiet"
      aria-expanded={panel === which}
      aria-label={label}
      title={label}
      onClick={({ currentTarget }) => toggle(which, currentTarget)}
    >
      {drawing}
    </button>
  );
  const count = standing?.kind === 'transient' ? standing.occupantCount : standing?.memberCount || here;
  return (
    <>
      {button('search', 'Search', <Glass />)}
      {standing === undefined ? undefined : button('settings', 'About this room', <Settings />)}
      {button(
        'members',
        `Members: ${countWords(here, standing)}`,
        <>
          <People />
          <span aria-hidden="true">{count}</span>
        </>,
      )}
    </>
  );
}

/** One panel at a time. The members are there from the start where there is room. */
function usePanel() {
  const [panel, setPanel] = useState<Panel | undefined>(() => (hasNoThirdColumn() ? undefined : 'members'));
  const opener = useRef<HTMLElement>(undefined);
  // Who makes the window small does not want them over the conversation.
  useEffect(() => watchThirdColumn((isThere) => setPanel(isThere ? 'members' : undefined)), []);
  const close = useCallback(() => {
    setPanel(undefined);
    opener.current?.focus();
  }, []);
  const toggle = (which: Panel, button: HTMLElement): void => {
    opener.current = button;
    setPanel(panel === which ? undefined : which);
  };
  return { panel, toggle, close };
}

/** Out of it on all devices; who belongs to it does so no more. */
function useLeaving(room: Room, standing: Standing | undefined): () => Promise<void> {
  const client = useClient();
  return async () => {
    const belongs = standing !== undefined && standing.role !== null && standing.memberCount > 0;
    if (belongs) await room.members.quit();
    // Who does not belong to it any more may be out of it already.
    await leaveRoom(client, room.name).catch((error: unknown) => {
      if (!belongs) throw error;
    });
    forgetTalk(client, room);
    go(undefined);
  };
}

function countWords(here: number, standing: Standing | undefined): string {
  if (standing?.kind === 'transient') here = standing.occupantCount;
  const words = here === 1 ? '1 person here' : `${here} people here`;
  const members = standing?.memberCount ?? 0;
  return members === 0 ? words : `${members === 1 ? '1 member' : `${members} members`}, ${here} here`;
}
