/** What is said in a conversation, a room or between two users, who is typing, and where one writes. */
import { useCallback, useMemo, useRef, useState, type ReactNode } from 'react';
import { useConnection, useMessages, useTyping, type MessageView, type Talk } from '../../client/react/index.ts';
import { Composer, type Hindrance } from './composer.tsx';
import { MessageList } from './message-list.tsx';

interface ConversationProps {
  readonly talk: Talk;
  readonly label: string;
  /** What keeps one from writing. */
  readonly hindrance?: Hindrance | undefined;
  /** One may take away what others have written. */
  readonly mayRecallAll?: boolean;
  /** Stands where nothing has been said yet. */
  readonly invitation?: ReactNode;
  /** Takes what is meant for the page, and is not said to anybody: true where it was that. */
  readonly command?: (text: string) => boolean;
}

export function Conversation(props: ConversationProps) {
  const { talk, label, hindrance, mayRecallAll = false, invitation, command } = props;
  const state = useMessages(talk, { limit: 200 });
  const { messages, send, loadLatest, hasNewer } = state;
  const field = useRef<HTMLTextAreaElement>(null);
  const [answered, setAnswered] = useState<MessageView>();
  const { edited, edit } = useEditing();
  const mayWrite = hindrance?.isWhole !== true;
  const leave = useCallback(() => field.current?.focus(), []);
  const answer = useCallback(
    (view: MessageView) => {
      setAnswered(view);
      leave();
    },
    [leave],
  );
  const doing = useMemo(
    () => ({ mayWrite, mayRecallAll, answer, edit, leave }),
    [mayWrite, mayRecallAll, answer, edit, leave],
  );
  const editLast = (): void => {
    const last = messages.findLast(
      ({ isOwn, id, recalled, content }) =>
        isOwn && id !== undefined && !recalled && typeof content['textMessage'] === 'string',
    );
    if (mayWrite && last !== undefined) edit(last);
  };
  return (
    <>
      <MessageList talk={talk} state={state} label={label} doing={doing} edited={edited} invitation={invitation} />
      <TypingLine talk={talk} />
      <Waiting />
      <Composer
        label={label}
        talk={talk}
        hindrance={hindrance}
        field={field}
        answered={answered}
        dropAnswer={() => setAnswered(undefined)}
        editLast={editLast}
        send={(text) => {
          if (command?.(text) === true) return;
          if (hasNewer) loadLatest();
          send({ textMessage: text, ...(answered?.id === undefined ? {} : { replyTo: answered.id }) });
          setAnswered(undefined);
        }}
      />
    </>
  );
}

/** One message at a time is open to be changed. Who has changed it goes on where it was opened. */
function useEditing() {
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
