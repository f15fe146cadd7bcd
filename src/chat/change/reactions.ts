/** Pages of who reacted to a message: what fits into a reply, and where the next one begins. */
import type { Result } from '../../protocol/catalogue.ts';
import { encodeBody } from '../../protocol/wire/body.ts';
import type { Format } from '../../protocol/wire/codec.ts';
import { reactionPlace, type ReactionsRead } from '../../store/change/change-store.ts';

/** Of a page, where nothing is said. */
export const REACTIONS_PAGE = 20;

/** What a page takes beside the reactions: its cursor, above all. */
const PAGE_BYTES = 512;

/** Where a page begins: behind a reaction; undefined at the beginning, false where the cursor is none. */
export function placeIn(cursor: string | undefined): Uint8Array | undefined | false {
  if (cursor === undefined) return undefined;
  const place = Buffer.from(cursor, 'base64url');
  return place.length > 0 && place;
}

/** As many of the reactions as fit into a reply, one at least. */
export function reactionsPage(
  { reactions, hasMore }: ReactionsRead,
  format: Format,
  replyBytes: number,
): Result<'roomReactionsGet'> {
  let left = replyBytes - PAGE_BYTES;
  // Each with the comma that JSON has behind it.
  const end = reactions.findIndex((one, at) => (left -= encodeBody(format, { ...one }).length + 1) < 0 && at > 0);
  const shown = end < 0 ? reactions : reactions.slice(0, end);
  const last = shown.at(-1);
  const isOver = last === undefined || (end < 0 && !hasMore);
  const cursor = isOver ? null : reactionPlace(last).toString('base64url');
  return { reactions: shown.map((one) => ({ ...one })), cursor };
}
