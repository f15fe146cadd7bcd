/** How far a word is from another one: for guesses at what somebody meant who wrote a word that there is not. */

/**
 * Letters to insert, delete or replace to turn one word into the other (Levenshtein). `swaps`: two neighbours that have changed
 * places are one of these as well. It takes as many steps as the lengths multiplied: bound them.
 */
export function editDistance(from: string, to: string, swaps = false): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Infinity;
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= to.length; j++) {
      const replaced = at(i - 1, j - 1) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const isSwap = swaps && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const swapped = isSwap ? at(i - 2, j - 2) + 1 : Infinity;
      row.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, replaced, swapped));
    }
  }
  return at(from.length, to.length);
}
