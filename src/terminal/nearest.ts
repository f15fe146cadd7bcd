/** What somebody may have meant who wrote a word that there is not. */
import { editDistance } from '../outside/edit-distance.ts';

/** The known word that is nearest, if any is near enough to be meant. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  // A guess is made of what was typed by hand: longer words are none, and would take their time.
  const typed = word.toLowerCase().slice(0, 40);
  const begun = known.filter((each) => typed.length > 1 && each.startsWith(typed));
  if (begun.length === 1) return begun[0];
  const [best] = known
    .map((each) => ({ each, distance: editDistance(typed, each, true) }))
    .toSorted((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= Math.max(1, Math.floor(best.each.length / 3)) ? best.each : undefined;
}
