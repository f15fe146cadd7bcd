/** How messages of a room or a conversation are searched for, page by page as they are needed. */
import type { SearchOptions as PageOptions, SearchPage } from '../../protocol/history.ts';
import type { ValueMap } from '../../protocol/params/values.ts';

/** As the service has them, but that `limit` counts all that is found; as many as there are where it is left out. */
export type SearchOptions = Omit<PageOptions, 'cursor'>;

/** Found messages in one page at most. */
const pageMax = 100;

export async function* search(
  read: (options: PageOptions) => Promise<SearchPage>,
  { limit = Infinity, ...which }: SearchOptions,
): AsyncGenerator<ValueMap, void, void> {
  let cursor: string | null | undefined;
  for (let left = limit; left > 0 && cursor !== null;) {
    const wanted = Math.min(pageMax, left);
    const page: SearchPage = await read({ ...which, limit: wanted, ...(cursor !== undefined && { cursor }) });
    for (const message of page.messages.slice(0, wanted)) yield message;
    left -= page.messages.length;
    ({ cursor } = page);
  }
}
