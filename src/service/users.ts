/** What the service itself asks about users. */
import { closeCodes } from '../protocol/wire/close-codes.ts';
import { fail, failBecause, unavailable } from '../protocol/errors/errors.ts';
import { isStorableName } from '../protocol/names/rule.ts';
import { utf8Length } from '../protocol/names/form.ts';
import type { serverUserRequests } from '../protocol/service/users.ts';
import { reasonBytesMax, type AddUserOptions } from '../protocol/service/types.ts';
import { socketPages, type UserSocket } from '../chat/user/socket-list.ts';
import { givenNameRefusal } from '../chat/auth/given-name.ts';
import { deviceFamily } from '../chat/auth/resume.ts';
import { namesSize } from '../chat/access/lists.ts';
import type { ServerHandlers, ServerOutcome, ServerServices } from './contract.ts';
import { listsRefusal } from './names.ts';
import { namesPage } from './pages.ts';
import { ok } from '../chat/outcome.ts';

type UserHandlers = Pick<ServerHandlers, keyof typeof serverUserRequests>;

/** Of a socket without the names of its rooms. */
const SOCKET_BYTES = 80;

export function serverUserHandlers(parts: ServerServices): UserHandlers {
  const { services, admin, directory } = parts;
  const { limits } = services.settings;
  // Also of users made under an earlier rule: the service can look at them, and delete them.
  const isName = (name: string): boolean => isStorableName(name, limits);
  return {
    addUser: ({ userName, options = {} }) => addUser(parts, userName, options),

    async deleteUser({ userName }) {
      if (!isName(userName)) return fail('noUser', [userName]);
      await services.changeTelling.finish(userName);
      const deleted = await services.userDeletions.delete(admin, userName);
      return deleted === 'ok' ? ok(null) : fail(deleted, [userName]);
    },

    hasUser: async ({ userName }) => ok(isName(userName) && (await admin.hasUser(userName))),

    async userHasInList({ userName, listName, item }) {
      const found = isName(userName) ? await admin.userHasInList(userName, listName, item) : 'noUser';
      if (found === 'noList') return fail(found, [listName]);
      return found === 'noUser' ? fail(found, [userName]) : ok(found);
    },

    async hasDirectAccess({ recipient, sender }) {
      if (!isName(recipient) || !isName(sender) || recipient === sender) return ok(false);
      return ok((await admin.hasDirectAccess(recipient, sender)) === true);
    },

    async disconnectUserSockets({ userName, reason = closeCodes.disconnectForced.reason }) {
      // A close frame carries no more; and one line is one line in every log.
      if (utf8Length(reason) > reasonBytesMax || /\p{Cc}/u.test(reason)) {
        return failBecause('badArgument', [1, reason], `a reason is one line of at most ${reasonBytesMax} bytes`);
      }
      const count = isName(userName) ? await admin.disconnectUser(userName, reason) : 'noUser';
      return count === 'noUser' ? fail(count, [userName]) : ok(count);
    },

    async revokeLogins({ userName, deviceId }) {
      const { reason } = closeCodes.disconnectForced;
      const count = isName(userName) ? await admin.revokeLogins(userName, deviceFamily(deviceId), reason) : 'noUser';
      if (count === 'noUser') return fail(count, [userName]);
      return count === 'listLimitExceeded' ? fail(count, ['devices']) : ok(count);
    },

    userGet: ({ userName }) => readUser(services, admin, userName),

    usersList: ({ options }) => namesPage(directory, 'user', options),
  };
}

async function addUser(
  { services, admin, directListSizeLimit }: ServerServices,
  userName: string,
  { whitelist = [], blacklist = [], whitelistOnly = false }: AddUserOptions,
): Promise<ServerOutcome<'addUser'>> {
  const { limits } = services.settings;
  const badName = givenNameRefusal(userName, limits);
  if (badName !== undefined) return badName;
  const lists = { whitelist, blacklist };
  const refused = listsRefusal(lists, { ...limits, listSizeLimit: directListSizeLimit });
  if (refused !== undefined) return (await admin.hasUser(userName)) ? fail('userExists', [userName]) : refused;
  const make = (): ReturnType<typeof admin.createUser> => admin.createUser(userName, { whitelistOnly, lists });
  const made = await services.formerMembers.making(userName, make);
  if (made === 'erasing' || made === 'former') return unavailable();
  return made === 'ok' ? ok(null) : fail(made, [userName]);
}

async function readUser(
  services: ServerServices['services'],
  admin: ServerServices['admin'],
  userName: string,
): ReturnType<UserHandlers['userGet']> {
  const found = isStorableName(userName, services.settings.limits) ? await admin.readUser(userName) : 'noUser';
  if (found === 'noUser') return fail(found, [userName]);
  const { socketsCount, whitelistOnly, whitelistSize: whitelist, blacklistSize: blacklist } = found;
  const sockets: UserSocket[] = [];
  let bytes = 0;
  for await (const page of socketPages(services, userName)) {
    bytes += page.reduce((sum, { rooms }) => sum + SOCKET_BYTES + namesSize(rooms, 'msgpack'), 0);
    if (bytes > services.settings.replyBytes) return fail('listTooLong', [socketsCount]);
    sockets.push(...page);
  }
  return ok({
    userName,
    online: socketsCount > 0,
    sockets: sockets.map((socket) => ({ ...socket, rooms: [...socket.rooms] })),
    whitelistOnly,
    sizes: { whitelist, blacklist },
  });
}
