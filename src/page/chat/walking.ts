/** Goes from message to message by the arrow keys, so that Tab does not have to stop at each. */
import { useCallback, type KeyboardEvent, type RefObject } from 'react';

/** For the key presses of a list whose rows are of the class `message`. */
export function useWalking(box: RefObject<HTMLDivElement | null>): (event: KeyboardEvent) => void {
  return useCallback(
    (event) => {
      const { key, target } = event;
      if ((key !== 'ArrowUp' && key !== 'ArrowDown') || !(target instanceof HTMLElement) || isField(target)) return;
      const rows = Array.from(box.current?.querySelectorAll<HTMLElement>('.message') ?? []);
      const at = rows.findIndex((row) => row.contains(target));
      // From the list itself one comes to the newest.
      const next = at === -1 ? (key === 'ArrowUp' ? rows.at(-1) : undefined) : rows[at + (key === 'ArrowUp' ? -1 : 1)];
      if (next === undefined) return;
      event.preventDefault();
      next.focus();
    },
    [box],
  );
}

const isField = (element: HTMLElement): boolean => element instanceof HTMLTextAreaElement;
