/** Reads on in the list before it. Who is at it stays there while it is busy, and goes to the list where there is no more. */
import { useLayoutEffect, useRef } from 'react';

interface MoreButtonProps {
  readonly words: string;
  readonly className: string;
  readonly isBusy: boolean;
  readonly more: () => void;
}

export function MoreButton({ words, className, isBusy, more }: MoreButtonProps) {
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const place = button.current;
    return () => {
      const list = place?.previousElementSibling;
      if (place !== document.activeElement || !(list instanceof HTMLElement)) return;
      ([...list.querySelectorAll<HTMLElement>('a, button')].at(-1) ?? list).focus();
    };
  }, []);
  return (
    <button
      type="button"
      className={className}
      ref={button}
      aria-disabled={isBusy}
      onClick={() => (isBusy ? undefined : more())}
    >
      {words}
    </button>
  );
}
