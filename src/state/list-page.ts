/** A page of a list of names, as lib/pages.lua gives it. */
import { list, number, text } from './reply.ts';
import type { Life } from './room-state.ts';
import type { Reply } from './script.ts';

export interface ListPage {
  /** Members of the whole list. */
  readonly count: number;
  readonly names: readonly string[];
  /** For the next page; undefined at the end. */
  readonly next: string | undefined;
  /** Of whose list it is: pages of two lives are not one list. */
  readonly life: Life;
}

/** Which page. */
export interface PageWish {
  /** What the page before has given as `next`; '' for the first. */
  readonly cursor: string;
  /** About as many names. */
  readonly limit: number;
}

export function readListPage(reply: Reply): ListPage {
  const [count, names, next, life] = list(reply);
  const cursor = text(next);
  return {
    count: number(count),
    names: list(names).map(text),
    next: cursor === '' ? undefined : cursor,
    life: text(life),
  };
}
