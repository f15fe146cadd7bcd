/** What one is about to say in a conversation: what it answers, which message is being changed, and what is on its way. */
import { useCallback, useMemo, useRef, useState } from 'react';
import { useClient, type MessagesState, type MessageView, type Talk } from '../../client/react/index.ts';
import { draftOf, forgetSent, keepDraft, noteSent, type Answered } from '../drafts.ts';
import { firstLineOf } from '../format.ts';

/** What is written next answers it, also after a look elsewhere. */
export function useAnswered(talk: Talk) {
  const client = useClient();
  const [answered, show] = useState(() => draftOf(client, talk).answered);
  const setAnswered = useCallback(
    (next: Answered | undefined): void => {
      keepDraft(client, talk, { answered: next });
      show(next);
    },
    [client, talk],
  );
  return { answered, setAnswered };
}

export const answeredBy = (view: MessageView): Answered | undefined =>
  view.id === undefined
    ? undefined
    : { id: view.id, author: view.isOwn ? 'you' : (view.author ?? ''), words: firstLineOf(view) };

/** What is sent is remembered until it is out, or not wanted any more. */
export function useSending(state: MessagesState): MessagesState {
  return useMemo(() => {
    const send: MessagesState['send'] = (content, options) => {
      const message = state.send(content, options);
      noteSent(message);
      return message;
    };
    const discard: MessagesState['discard'] = (message) => {
      forgetSent(message);
      state.discard(message);
    };
    return { ...state, send, discard };
  }, [state]);
}

/** One message at a time is open to be changed. Who has changed it goes on where it was opened. */
export function useEditing() {
  const [edited, setEdited] = useState<string>();
  const opener = useRef<HTMLElement>(null);
  const edit = useCallback((view: MessageView | undefined): void => {
    if (view === undefined) opener.current?.focus();
    else {
      const at = document.activeElement;
      // The button that was pressed goes away with its row's tools.
      opener.current = at instanceof HTMLElement ? (at.closest<HTMLElement>('.message') ?? at) : null;
    }
    setEdited(view?.key);
  }, []);
  return { edited, edit };
}
