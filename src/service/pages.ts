/** Pages of all names there are, as the service asks for them. How they are found is the directory's. */
import { badArgument, type Failure } from '../protocol/errors/errors.ts';
import { apiPageDefault, type ApiPageOptions } from '../protocol/service/types.ts';
import { ok, type Ok } from '../chat/outcome.ts';
import type { Directory } from '../store/admin/directory.ts';
import type { TopicKind } from '../redis/keys.ts';

export async function namesPage(
  directory: Directory,
  kind: TopicKind,
  options: ApiPageOptions = {},
): Promise<Ok<{ names: string[]; cursor: string | null }> | Failure<'badArgument'>> {
  const { cursor, limit = apiPageDefault } = options;
  const page = await directory.names(kind, cursor, limit);
  if (page === undefined) return badArgument(0, { ...options }, 'its `cursor` is not that of a page');
  return ok({ names: [...page.items], cursor: page.cursor ?? null });
}
