/** How much room there is, by the same widths as in the style sheet. */
import { useSyncExternalStore } from 'react';

const narrow = matchMedia('(max-width: 720px)');
const middling = matchMedia('(max-width: 1000px)');

const subscribe = (changed: () => void): (() => void) => {
  narrow.addEventListener('change', changed);
  return () => narrow.removeEventListener('change', changed);
};

/** The list and a conversation are not side by side. */
export const useIsNarrow = (): boolean => useSyncExternalStore(subscribe, () => narrow.matches);

/** There is no third column: what would be in it lies over the conversation. */
export const hasNoThirdColumn = (): boolean => middling.matches;

/** Calls with whether there is one, when that changes. */
export function watchThirdColumn(changed: (isThere: boolean) => void): () => void {
  const hear = (): void => changed(!middling.matches);
  middling.addEventListener('change', hear);
  return () => middling.removeEventListener('change', hear);
}
