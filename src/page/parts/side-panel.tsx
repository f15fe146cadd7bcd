/** What stands beside a conversation, or lies over it where there is no room: closed by its button, by Escape, or by pressing beside it. */
import { useEffect, useId, useRef, type ReactNode } from 'react';
import { hasNoThirdColumn } from '../width.ts';
import { Cross } from './icons.tsx';

interface SidePanelProps {
  readonly title: string;
  /** Its name in the label of the button that closes it. */
  readonly what: string;
  readonly close: () => void;
  /** It was asked for just now: who did goes on there. */
  readonly isAsked?: boolean;
  readonly children: ReactNode;
}

export function SidePanel({ title, what, close, isAsked = false, children }: SidePanelProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const frame = useRef<HTMLElement>(null);
  const id = useId();
  useEffect(() => {
    // Where it lies over the conversation, it is what one is at.
    if (isAsked || hasNoThirdColumn()) heading.current?.focus();
  }, [isAsked]);
  useEffect(() => {
    const press = (event: MouseEvent): void => {
      const isOutside = event.target instanceof Node && frame.current?.contains(event.target) === false;
      if (!isOutside || !hasNoThirdColumn()) return;
      // Beside it one means to be rid of it, and nothing else.
      event.preventDefault();
      event.stopPropagation();
      close();
    };
    document.addEventListener('click', press, true);
    return () => document.removeEventListener('click', press, true);
  }, [close]);
  return (
    <aside
      className="side-panel"
      ref={frame}
      aria-labelledby={id}
      onKeyDown={(event) => {
        if (event.key === 'Escape') close();
      }}
    >
      <header className="section-head">
        <h2 id={id} ref={heading} tabIndex={-1}>
          {title}
        </h2>
        <button type="button" className="icon" aria-label={`Close ${what}`} onClick={close}>
          <Cross />
        </button>
      </header>
      {children}
    </aside>
  );
}
