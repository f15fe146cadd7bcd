/** Under which names users may be known: who is named by a token, a hook, the service or itself. */
import { failBecause, type Failure } from '../../protocol/errors/errors.ts';
import type { NameLimits } from '../../protocol/names/form.ts';
import { invalidName, isValidName } from '../../protocol/names/rule.ts';
import { isAnonymous } from '../../store/user/anonymous.ts';

/** What stands against it. A name as of an anonymous user would be forgotten like one, or be somebody else's. */
export function givenNameRefusal(userName: string, limits: NameLimits): Failure<'invalidName'> | undefined {
  if (!isValidName(userName, limits)) return invalidName(userName, limits);
  if (isAnonymous(userName)) return failBecause('invalidName', [userName], 'only anonymous users have such names');
  return undefined;
}
