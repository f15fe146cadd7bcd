/** Who types in a room or a direct conversation. */
import { listenTo, perObject, Snapshots, useSnapshot } from './snapshot.ts';
import type { Talk, TalkSource } from './sources.ts';

export interface Typing {
  readonly typists: readonly string[];
  /** Tells the others that one types; it ends by itself, and by sending. */
  readonly typing: (isTyping?: boolean) => void;
}

const typingOf = perObject((talk: TalkSource) => {
  const typing = (isTyping = true): void => void talk.typing(isTyping);
  return new Snapshots<Typing>(
    () => ({ typists: [...talk.typists].sort(), typing }),
    (changed) => listenTo(talk, ['typing'], changed),
  );
});

const SILENT: Typing = { typists: [], typing: () => undefined };

export function useTyping(talk: Talk): Typing {
  return useSnapshot(typingOf(talk), SILENT);
}
