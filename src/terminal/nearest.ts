/** What somebody may have meant who wrote a word that there is not. */

/** The known word that is nearest, if any is near enough to be meant. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  // A guess is made of what was typed by hand: longer words are none, and would take their time.
  const typed = word.toLowerCase().slice(0, 40);
  const begun = known.filter((each) => typed.length > 1 && each.startsWith(typed));
  if (begun.length === 1) return begun[0];
  const [best] = known
    .map((each) => ({ each, distance: distance(typed, each) }))
    .toSorted((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= Math.max(1, Math.floor(best.each.length / 3)) ? best.each : undefined;
}

/** How many letters have to be put in, left out, replaced or exchanged with their neighbour. */
function distance(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Infinity;
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1] ? 0 : 1;
      const exchanged = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1] ? at(i - 2, j - 2) + 1 : Infinity;
      row.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + same, exchanged));
    }
  }
  return at(from.length, to.length);
}
