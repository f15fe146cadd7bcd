/** One message as it stands now, as a value for React: the same one until something of the message changes. */
import type { Message } from '../../message/message.ts';
import { listenTo, perObject, sameFields, Snapshots, useSnapshot } from '../snapshot.ts';
import type { Failure, MessageStatus } from '../sources.ts';

export interface Reaction {
  readonly key: string;
  readonly count: number;
  /** The user itself is known to have reacted so. */
  readonly isOwn: boolean;
}

export interface MessageView {
  /** The same for good, also when a message that is being sent gets its id. */
  readonly key: string;
  readonly id: number | undefined;
  readonly timestamp: number | undefined;
  readonly author: string | undefined;
  readonly content: Readonly<Record<string, unknown>>;
  readonly status: MessageStatus;
  readonly error: Failure | undefined;
  readonly isOwn: boolean;
  /** Counts the contents that it has had. */
  readonly version: number;
  readonly updatedAt: number | undefined;
  readonly recalled: boolean;
  /** More text is to come. */
  readonly isWriting: boolean;
  /** In the order of the service. */
  readonly reactions: readonly Reaction[];
  readonly repliesCount: number;
  /** The object itself, whose fields change. */
  readonly message: Message;
}

let keys = 0;
const views = new WeakMap<Message, MessageView>();

export function viewOf(message: Message): MessageView {
  const known = views.get(message);
  const { id, timestamp, author, status, error, isOwn, version, updatedAt, recalled, isWriting, repliesCount } =
    message;
  const next: MessageView = {
    key: known?.key ?? String((keys += 1)),
    id,
    timestamp,
    author,
    status,
    error,
    isOwn,
    version,
    updatedAt,
    recalled,
    isWriting,
    repliesCount,
    message,
    content: same(known?.content, message.content),
    reactions: reactionsOf(message, known?.reactions),
  };
  if (known !== undefined && sameFields(known, next)) return known;
  views.set(message, next);
  return next;
}

function reactionsOf(message: Message, known: readonly Reaction[] = []): readonly Reaction[] {
  const reactions = Array.from(message.reactions, ([key, count], index) =>
    same(known[index], { key, count, isOwn: message.hasReacted(key) }),
  );
  return same(known, reactions);
}

/** What was there before, where that is the same. */
const same = <T extends object>(known: T | undefined, next: T): T =>
  known !== undefined && sameFields(known, next) ? known : next;

const ofOne = perObject(
  (message: Message) =>
    new Snapshots<MessageView>(
      () => viewOf(message),
      (changed) => listenTo(message, ['update'], changed),
    ),
);

/** For a component that shows one message: it renders again when something of that one changes. */
export function useMessage(message: Message): MessageView {
  return useSnapshot(ofOne(message), viewOf(message));
}
