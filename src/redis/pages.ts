/** Lists too long for one command: neither Redis nor a call's list of arguments minds parts of this size. */

const PAGE = 1000;

/** A list in parts, in its order; none of an empty one. */
export const inPages = <T>(list: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(list.length / PAGE) }, (_, i) => list.slice(i * PAGE, (i + 1) * PAGE));
