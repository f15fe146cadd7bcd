/** What stands over a conversation: what it is called, how it is there, and what can be done. */
import { useEffect, useRef, type ReactNode } from 'react';
import { Back } from '../parts/icons.tsx';
import { go } from '../places.ts';

interface HeadProps {
  readonly title: string;
  readonly note: string;
  readonly lead?: ReactNode;
  readonly children?: ReactNode;
}

export function Head({ title, note, lead, children }: HeadProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  // Who came by the keyboard goes on from here; the name is read out.
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <header className="talk-head">
      <button type="button" className="icon only-narrow" aria-label="Back to the list" onClick={() => go(undefined)}>
        <Back />
      </button>
      {lead}
      <div className="talk-title">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        <span className="hint">{note}</span>
      </div>
      <span className="grow" />
      {children}
    </header>
  );
}
