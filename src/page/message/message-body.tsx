/** What a message says: folded where it is tall, with a cursor while it is being written, and a word in place of what was recalled. */
import { useEffect, useState } from 'react';
import type { MessageView } from '../../client/react/index.ts';
import { isBlank, textOf } from '../format.ts';

/** Of more than this the rest is shown when it is asked for: nobody's message pushes those of others far away. */
const LINES_MAX = 40;
const LETTERS_MAX = 4000;
/** Who writes, and adds nothing for so long, does so no more. */
const SILENCE_MS = 30_000;

export function MessageBody({ view, isGrowing }: { readonly view: MessageView; readonly isGrowing: boolean }) {
  const [isOpen, setIsOpen] = useState(false);
  const text = textOf(view);
  if (view.recalled) return <span className="text is-recalled">{text}</span>;
  // However tall it is, there is nothing to be read.
  if (!isGrowing && isBlank(text)) return <span className="text is-recalled">Message without words</span>;
  const part = text.split('\n', LINES_MAX).join('\n').slice(0, LETTERS_MAX);
  const isWhole = isOpen || part.length === text.length;
  return (
    <>
      <span className={isGrowing ? 'text is-growing' : 'text'}>{isWhole ? text : `${part} …`}</span>
      {isWhole ? undefined : (
        <button type="button" className="link" onClick={() => setIsOpen(true)}>
          Show all
        </button>
      )}
    </>
  );
}

/**
 * It is being written, and something was added not long ago. Only of what was there at first that is asked of times, for
 * they are of the service's clock, and this machine may have another.
 */
export function useIsGrowing(view: MessageView): boolean {
  const { content, updatedAt, timestamp, isWriting } = view;
  const changedAt = updatedAt ?? timestamp ?? Date.now();
  const [first] = useState(content);
  const [stopped, setStopped] = useState<unknown>();
  useEffect(() => {
    if (!isWriting) return;
    const leftMs = content === first ? changedAt + SILENCE_MS - Date.now() : SILENCE_MS;
    const timer = setTimeout(() => setStopped(content), Math.min(SILENCE_MS, Math.max(0, leftMs)));
    return () => clearTimeout(timer);
  }, [isWriting, content, changedAt, first]);
  return isWriting && stopped !== content;
}
