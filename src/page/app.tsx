/** The whole page: who logs in first, then the chat, until the client ends. */
import { useEffect, useState } from 'react';
import { ParleyProvider } from '../client/react/index.ts';
import { Chat } from './chat/chat.tsx';
import { closeWords } from './format.ts';
import { Login } from './login.tsx';
import { begin, forget, lastVisit, type Visit } from './visit.ts';

export function App() {
  const [visit, setVisit] = useState<Visit>();
  const [end, setEnd] = useState<string>();

  useEffect(() => {
    if (visit === undefined) return;
    const ended = ({ code, reason }: { readonly code: number; readonly reason: string }): void => {
      setEnd(closeWords(code, reason));
      setVisit(undefined);
    };
    visit.client.on('close', ended);
    return () => {
      visit.client.off('close', ended);
    };
  }, [visit]);

  if (visit === undefined) {
    return (
      <Login
        notice={end}
        last={end === undefined ? lastVisit() : undefined}
        logIn={async (wanted) => {
          setVisit(await begin(wanted));
          setEnd(undefined);
        }}
      />
    );
  }
  return (
    <ParleyProvider client={visit.client}>
      <Chat
        frames={visit.frames}
        logOut={() => {
          forget();
          void visit.client.close();
        }}
      />
    </ParleyProvider>
  );
}
