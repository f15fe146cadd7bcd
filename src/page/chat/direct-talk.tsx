/** What is between two users. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { useClient, useDirect, useUserState } from '../../client/react/index.ts';
import { agoWords, statusIn } from '../format.ts';
import { Avatar } from '../parts/avatar.tsx';
import { Glass } from '../parts/icons.tsx';
import { noteDirect } from '../list/lists.ts';
import { Conversation } from './conversation.tsx';
import { Head } from './head.tsx';
import { SearchPanel } from './search-panel.tsx';

export function DirectTalk({ userName }: { readonly userName: string }) {
  const client = useClient();
  const { direct, user } = useDirect(userName);
  const { status, lastOnline } = user;
  useEffect(() => noteDirect(client, userName), [client, userName]);
  const presence =
    status === 'online' ? 'online' : lastOnline === undefined ? 'away' : `last here ${agoWords(lastOnline)}`;
  const own = statusIn(useUserState(userName));
  const [searches, setSearches] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const close = useCallback(() => {
    setSearches(false);
    opener.current?.focus();
  }, []);
  return (
    <div className="talk-row">
      <main className="talk" aria-label={`Conversation with ${userName}`}>
        <Head
          title={userName}
          note={own === undefined ? presence : `${presence} · ${own}`}
          lead={<Avatar name={userName} isOnline={status === 'online'} />}
        >
          <button
            type="button"
            className="quiet"
            ref={opener}
            aria-expanded={searches}
            aria-label="Search"
            title="Search"
            onClick={() => setSearches(!searches)}
          >
            <Glass />
          </button>
        </Head>
        <Conversation talk={direct} label={userName} />
      </main>
      {searches ? <SearchPanel talk={direct} close={close} /> : undefined}
    </div>
  );
}
