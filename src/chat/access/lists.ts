/**
 * Lists of names as replies: whole where they fit into one, else page by page. They are read from the store in pages of
 * bounded length whatever is asked for; whose right it is to read them is checked with each.
 */
import type { Format } from '../../protocol/wire/codec.ts';
import { fail, type Failure } from '../../protocol/errors/errors.ts';
import { utf8Length } from '../../protocol/names/form.ts';
import type { PageOptions, UserlistPage } from '../../protocol/params/types.ts';
import type { ListPage, PageWish } from '../../store/access/list-page.ts';
import type { Actor } from '../actor.ts';
import type { ChatSettings } from '../services.ts';

/** Names that one script goes through, about. */
const NAMES_PER_SCRIPT = 1000;
/** Reads a page, or says why not. */
export type ReadPage<W extends string> = (wish: PageWish) => Promise<ListPage | W>;

/** The least that a name takes in a reply, and what the longest one takes: JSON escapes some characters, as two bytes. */
const NAME_BYTES_MIN = 2;
const nameBytesMax = (nameBytes: number): number => 2 * nameBytes + 3;

/** Bytes that a name takes in a reply, with what surrounds it. */
export function nameSize(name: string, format: Format): number {
  if (format === 'json') return utf8Length(JSON.stringify(name)) + 1;
  const bytes = utf8Length(name);
  return bytes + (bytes < 32 ? 1 : bytes < 256 ? 2 : 3);
}

/** Bytes that a list of names takes in a reply. */
export const namesSize = (names: readonly string[], format: Format): number =>
  names.reduce((sum, name) => sum + nameSize(name, format), 5);

/**
 * All names. They are of one life of the list: where it has been made again meanwhile, what it was is gone, and `gone` is
 * what that is called.
 */
export async function wholeList<W extends string>(
  read: ReadPage<W>,
  gone: NoInfer<W>,
  { format }: Pick<Actor, 'format'>,
  { settings, namesMax }: { settings: ChatSettings; namesMax: number },
): Promise<string[] | W | Failure<'listTooLong'>> {
  // A scan may give a name twice.
  const names = new Set<string>();
  let bytes = 0;
  let life: string | undefined;
  for (let cursor: string | undefined = ''; cursor !== undefined;) {
    const page: ListPage | W = await read({ cursor, limit: NAMES_PER_SCRIPT });
    if (typeof page === 'string') return page;
    life ??= page.life;
    if (page.life !== life) return gone;
    for (const name of page.names) {
      if (!names.has(name)) bytes += nameSize(name, format);
      names.add(name);
    }
    const bytesMin = Math.max(bytes, page.count * NAME_BYTES_MIN);
    if (page.count > namesMax || bytesMin > settings.replyBytes) return fail('listTooLong', [page.count]);
    cursor = page.next;
  }
  return [...names];
}

/** One page, as it was asked for. */
export async function pageOfList<W extends string>(
  read: ReadPage<W>,
  options: PageOptions,
  settings: ChatSettings,
): Promise<UserlistPage | W> {
  const page = await read({ cursor: options.cursor ?? '', limit: pageLimit(options, settings) });
  if (typeof page === 'string') return page;
  return { names: [...page.names], cursor: page.next ?? null, count: page.count };
}

/** Names of which a page always fits into a reply, however long they are and in either format, with so many bytes more of each. */
export function pageLimit(
  { limit = Infinity }: PageOptions,
  { limits, replyBytes }: ChatSettings,
  moreBytes = 0,
): number {
  const fitting = Math.floor(replyBytes / (nameBytesMax(limits.nameBytes) + moreBytes));
  return Math.max(1, Math.min(limit, limits.userlistPage, NAMES_PER_SCRIPT, fitting));
}

export const NO_CURSOR = 'its cursor is not one that a page has given';

/** Whether a cursor is one that a scan may have given. Others Redis would refuse. */
export const isScanCursor = (cursor: string | undefined): boolean => cursor === undefined || /^\d{1,19}$/.test(cursor);
