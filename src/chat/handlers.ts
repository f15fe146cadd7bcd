/** All handlers, bound by name: one that is missing or mistyped does not compile. */
import { isRequestName, requestDeclaration } from '../protocol/catalogue.ts';
import { fail } from '../protocol/errors.ts';
import { isValidName } from '../protocol/names/rule.ts';
import type { NameLimits } from '../protocol/names/form.ts';
import { accessHandlers } from './access/access.ts';
import type { Actor } from './actor.ts';
import type { Caller, Handlers } from './caller.ts';
import { directHandlers } from './direct/direct.ts';
import { historyHandlers } from './history/history.ts';
import { membershipHandlers } from './membership/membership.ts';
import { messageHandlers } from './message/message.ts';
import { roomHandlers } from './room/room.ts';
import { roomsJoinHandlers } from './membership/join-several.ts';
import type { Services } from './services.ts';
import { sessionHandlers } from './session/session.ts';
import { userHandlers } from './user/user.ts';

export function bindHandlers(services: Services): Handlers {
  const handlers: Handlers = {
    ...roomHandlers(services),
    ...membershipHandlers(services),
    ...roomsJoinHandlers(services),
    ...accessHandlers(services),
    ...directHandlers(services),
    ...sessionHandlers(services),
    ...messageHandlers(services),
    ...historyHandlers(services),
    ...userHandlers(services),
  };
  return judgeRoomNames(handlers, services.settings.limits);
}

/** A room whose name is not valid does not exist: said here for all requests that declare it so, before Redis is asked. */
function judgeRoomNames(handlers: Handlers, limits: NameLimits): Handlers {
  const judged = Object.entries(handlers).map(([method, handler]) => {
    const params = isRequestName(method) ? Object.entries(requestDeclaration(method).params) : [];
    const names = params.flatMap(([name, { existing }]) => (existing === true ? [name] : []));
    if (names.length === 0) return [method, handler];
    // What declares such a param is given a name, and may fail with `noRoom`; the types of all together cannot say so.
    const ask = handler as unknown as (
      by: Actor,
      args: Readonly<Record<string, string>>,
      socket: Caller | undefined,
    ) => unknown;
    const judge: typeof ask = (by, args, socket) => {
      const wrong = names.map((name) => args[name] ?? '').find((name) => !isValidName(name, limits));
      return wrong === undefined ? ask(by, args, socket) : fail('noRoom', [wrong]);
    };
    return [method, judge];
  });
  // The same methods as before.
  return Object.fromEntries(judged) as Handlers;
}
