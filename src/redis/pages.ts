/** Lists in parts: those too long for one command, and those whose items do not go to the same server. */

/** Neither Redis nor a call's list of arguments minds parts of this size. */
const PAGE = 1000;

/** A list in parts, in its order; none of an empty one. */
export const inPages = <T>(list: readonly T[], size = PAGE): T[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));

/** By what `of` gives for each, in the order of their first. */
export function grouped<T, K>(items: readonly T[], of: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = of(item);
    const own = groups.get(key);
    if (own === undefined) groups.set(key, [item]);
    else own.push(item);
  }
  return groups;
}
