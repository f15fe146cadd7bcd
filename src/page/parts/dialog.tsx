/** A dialog over the page: what is behind it cannot be reached meanwhile, Escape ends it, and the focus goes back. */
import { useId, useLayoutEffect, useRef, type ReactNode } from 'react';
import { Cross } from './icons.tsx';

interface DialogProps {
  readonly title: string;
  readonly close: () => void;
  readonly children: ReactNode;
}

export function Dialog({ title, close, children }: DialogProps) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  // While it is still in the document: the focus goes back only from there.
  useLayoutEffect(() => {
    const dialog = box.current;
    dialog?.showModal();
    dialog?.querySelector('input')?.focus();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      className="dialog"
      ref={box}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
    >
      <header className="dialog-head">
        <h2 id={id}>{title}</h2>
        <button type="button" className="icon" aria-label="Close" onClick={close}>
          <Cross />
        </button>
      </header>
      {children}
    </dialog>
  );
}
