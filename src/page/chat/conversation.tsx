/** What is said in a conversation, a room or between two users, who is typing, and where one writes. */
import { useCallback, useMemo, useRef, type ReactNode } from 'react';
import { useConnection, useMessages, useTyping, type MessageView, type Talk } from '../../client/react/index.ts';
import { Composer, type Hindrance } from './composer.tsx';
import { MessageList } from './message-list.tsx';
import { answeredBy, useAnswered, useEditing, useSending } from './writing.ts';

interface ConversationProps {
  readonly talk: Talk;
  readonly label: string;
  /** What keeps one from writing. */
  readonly hindrance?: Hindrance | undefined;
  /** One is not in it, and is told why elsewhere. */
  readonly isOut?: boolean;
  /** One may take away what others have written. */
  readonly mayRecallAll?: boolean;
  /** Stands where nothing has been said yet. */
  readonly invitation?: ReactNode;
  /** Takes what is meant for the page, and is not said to anybody: true where it was that. */
  readonly command?: (text: string) => boolean;
}

export function Conversation(props: ConversationProps) {
  const { talk, label, hindrance, isOut = false, mayRecallAll = false, invitation, command } = props;
  const state = useSending(useMessages(talk, { limit: 200 }));
  const { messages, send, loadLatest, hasNewer } = state;
  const field = useRef<HTMLTextAreaElement>(null);
  const { answered, setAnswered } = useAnswered(talk);
  const { edited, edit } = useEditing();
  const mayWrite = hindrance?.isWhole !== true && !isOut;
  const leave = useCallback(() => field.current?.focus(), []);
  const answer = useCallback(
    (view: MessageView) => {
      setAnswered(answeredBy(view));
      leave();
    },
    [leave, setAnswered],
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
      <MessageList {...{ talk, state, label, doing, edited, isOut, invitation }} />
      <TypingLine talk={talk} />
      <Waiting />
      {isOut ? undefined : (
        <Composer
          {...{ label, talk, hindrance, field, answered, editLast }}
          dropAnswer={() => setAnswered(undefined)}
          send={(text) => {
            if (command?.(text) === true) return;
            if (hasNewer) loadLatest();
            send({ textMessage: text, ...(answered === undefined ? {} : { replyTo: answered.id }) });
            setAnswered(undefined);
          }}
        />
      )}
    </>
  );
}

function TypingLine({ talk }: { readonly talk: Talk }) {
  const { typists } = useTyping(talk);
  const [first, second] = typists;
  const words =
    first === undefined
      ? undefined
      : typists.length === 1
        ? [<bdi key="first">{first}</bdi>, ' is typing']
        : typists.length === 2
          ? [<bdi key="first">{first}</bdi>, ' and ', <bdi key="second">{second}</bdi>, ' are typing']
          : [<bdi key="first">{first}</bdi>, ` and ${typists.length - 1} others are typing`];
  return (
    <p className="typing" aria-live="polite">
      {words === undefined ? undefined : (
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
