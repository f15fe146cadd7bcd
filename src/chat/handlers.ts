/** All handlers, bound by name: one that is missing or mistyped does not compile. */
import { isRequestName, requestDeclaration } from '../protocol/catalogue.ts';
import { fail } from '../protocol/errors.ts';
import { isValidName } from '../protocol/name-rule.ts';
import type { NameLimits } from '../protocol/names.ts';
import { accessHandlers } from './access.ts';
import type { Caller, Handlers } from './caller.ts';
import { directHandlers } from './direct.ts';
import { historyHandlers } from './history.ts';
import { membershipHandlers } from './membership.ts';
import { messageHandlers } from './message.ts';
import { roomHandlers } from './room.ts';
import { roomsJoinHandlers } from './rooms-join.ts';
import type { Services } from './services.ts';
import { sessionHandlers } from './session.ts';
import { userHandlers } from './user.ts';

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

/** These say by themselves, and in their own place, what becomes of a name that is not valid. */
const judgesItself: readonly string[] = ['roomCreate', 'roomDelete', 'roomJoin'];

/** A room whose name is not valid does not exist: said here for all requests that name one, before Redis is asked. */
function judgeRoomNames(handlers: Handlers, limits: NameLimits): Handlers {
  const judged = Object.entries(handlers).map(([method, handler]) => {
    const namesRoom = isRequestName(method) && Object.hasOwn(requestDeclaration(method).params, 'roomName');
    if (!namesRoom || judgesItself.includes(method)) return [method, handler];
    // What has a param of that name is given one, and may fail with `noRoom`; the types of all together cannot say so.
    const ask = handler as unknown as (caller: Caller, args: { readonly roomName: string }) => unknown;
    const judge: typeof ask = (caller, args) =>
      isValidName(args.roomName, limits) ? ask(caller, args) : fail('noRoom', [args.roomName]);
    return [method, judge];
  });
  // The same methods as before.
  return Object.fromEntries(judged) as Handlers;
}
