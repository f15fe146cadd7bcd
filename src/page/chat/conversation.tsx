/** What is said in a conversation, a room or between two users, who is typing, and where one writes. */
import { useConnection, useMessages, useTyping, type Talk } from '../../client/react/index.ts';
import { Composer, type Hindrance } from './composer.tsx';
import { MessageList } from './message-list.tsx';

interface ConversationProps {
  readonly talk: Talk;
  readonly label: string;
  /** What keeps one from writing. */
  readonly hindrance?: Hindrance | undefined;
}

export function Conversation({ talk, label, hindrance }: ConversationProps) {
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
        hindrance={hindrance}
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
