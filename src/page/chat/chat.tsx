/** The chat of who is logged in: the list of conversations, the one that is shown, and the frames where they are wanted. */
import { useEffect, useRef, useState } from 'react';
import { useClient, useUnread } from '../../client/react/index.ts';
import { useAskingBeforeEnd } from '../drafts.ts';
import { useKeptFocus } from '../focus.ts';
import { Frames } from '../frames/frames.tsx';
import type { FrameLog } from '../frames/frame-log.ts';
import { usePlace } from '../places.ts';
import { useIsNarrow } from '../width.ts';
import { News } from '../list/news.tsx';
import { Sidebar } from '../list/sidebar.tsx';
import { RoomTalk } from '../room/room-talk.tsx';
import { DirectTalk } from './direct-talk.tsx';

export function Chat({ frames, logOut }: { readonly frames: FrameLog; readonly logOut: () => void }) {
  const { userName } = useClient();
  const named = usePlace();
  // Nobody writes to oneself, whatever the address says.
  const place = named?.kind === 'direct' && named.name === userName ? undefined : named;
  const isNarrow = useIsNarrow();
  const [showsFrames, setShowsFrames] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  useTitle();
  useAskingBeforeEnd();
  useKeptFocus();

  const closeFrames = (): void => {
    setShowsFrames(false);
    opener.current?.focus();
  };
  return (
    <div className={`chat ${place === undefined ? 'at-list' : 'at-talk'}`}>
      <News place={place} />
      <Sidebar
        place={place}
        logOut={logOut}
        framesButton={opener}
        showsFrames={showsFrames}
        toggleFrames={() => (showsFrames ? closeFrames() : setShowsFrames(true))}
      />
      <div className="stage">
        {place === undefined && !isNarrow ? <Welcome /> : undefined}
        {place?.kind === 'room' ? <RoomTalk key={place.name} name={place.name} /> : undefined}
        {place?.kind === 'direct' ? <DirectTalk key={place.name} userName={place.name} /> : undefined}
        {showsFrames ? <Frames frames={frames} close={closeFrames} /> : undefined}
      </div>
    </div>
  );
}

function Welcome() {
  return (
    <main className="welcome">
      <h1>Nothing open yet</h1>
      <p>
        Start a conversation, join a room, or write to somebody: all on the left. A name that nobody has used makes a
        new room.
      </p>
    </main>
  );
}

/** What is unread is seen on the tab too. */
function useTitle(): void {
  const { unread } = useUnread();
  useEffect(() => {
    document.title = unread === 0 ? 'Parley' : `(${unread}) Parley`;
    return () => {
      document.title = 'Parley';
    };
  }, [unread]);
}
