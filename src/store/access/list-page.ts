/** A page of a list of names, as lib/pages.lua gives it. */
import { listOf, number, text, type Reply } from '../../redis/reply.ts';
import type { Life } from '../room/room-store.ts';

export interface ListPage {
  /** Occupants of the whole list. */
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

/** What a script gives that ends with lib/pages.lua. */
export const listPage = { count: number, names: listOf(text), next: nextCursor, life: text };

function nextCursor(reply: Reply | undefined): string | undefined {
  const cursor = text(reply);
  return cursor === '' ? undefined : cursor;
}
