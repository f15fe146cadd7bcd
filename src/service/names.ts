/** The names in lists that the service brings along for what it makes, judged like those of clients. */
import { fail, type Failure } from '../protocol/errors/errors.ts';
import { invalidName, isValidName } from '../protocol/names/rule.ts';
import type { NameLimits } from '../protocol/names/form.ts';

/** Why these lists cannot be: the first name that is not valid, then the first list that is too long. */
export function listsRefusal(
  lists: Readonly<Record<string, readonly string[]>>,
  limits: NameLimits & { readonly listSizeLimit: number },
): Failure<'invalidName' | 'listLimitExceeded'> | undefined {
  for (const names of Object.values(lists)) {
    const badName = names.find((name) => !isValidName(name, limits));
    if (badName !== undefined) return invalidName(badName, limits);
  }
  for (const [listName, names] of Object.entries(lists)) {
    if (new Set(names).size > limits.listSizeLimit) return fail('listLimitExceeded', [listName]);
  }
  return undefined;
}
