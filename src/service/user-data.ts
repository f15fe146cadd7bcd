/** What the service itself asks about all that there is of one user. */
import { badArgument, fail } from '../protocol/errors/errors.ts';
import { isStorableName } from '../protocol/names/rule.ts';
import type { serverUserDataRequests } from '../protocol/service/user-data.ts';
import { ok } from '../chat/outcome.ts';
import type { ServerHandlers, ServerServices } from './contract.ts';
import { exportPage } from './export.ts';

type UserDataHandlers = Pick<ServerHandlers, keyof typeof serverUserDataRequests>;

export function serverUserDataHandlers(parts: ServerServices): UserDataHandlers {
  const { limits } = parts.services.settings;
  return {
    async exportUser({ userName, options = {} }) {
      if (!isStorableName(userName, limits)) return fail('noUser', [userName]);
      const page = await exportPage(parts, userName, options);
      if (page === 'noUser') return fail(page, [userName]);
      if (page === 'badCursor') return badArgument(1, { ...options }, 'its `cursor` is not that of a page');
      return ok(page);
    },

    async eraseUser({ userName }) {
      if (!isStorableName(userName, limits)) return fail('noUser', [userName]);
      return ok({ done: await parts.erasures.erase(userName) });
    },
  };
}
