/** All handlers, bound by name: one that is missing or mistyped does not compile. */
import { isRequestName, requestDeclaration } from '../protocol/catalogue.ts';
import { fail } from '../protocol/errors/errors.ts';
import { invalidName, isValidName } from '../protocol/names/rule.ts';
import { isServiceMade } from '../protocol/names/temporary.ts';
import { accessHandlers } from './access/access.ts';
import type { Actor } from './actor.ts';
import { attributesHandlers } from './attributes/attributes.ts';
import type { Caller, Handlers } from './caller.ts';
import { roomChangeHandlers } from './change/change.ts';
import { directChangeHandlers } from './change/direct.ts';
import { conductHandlers } from './conduct/conduct.ts';
import { contactHandlers } from './contact/contact.ts';
import { conversationHandlers } from './conversation/conversation.ts';
import { directHandlers } from './direct/direct.ts';
import { historyHandlers } from './history/history.ts';
import { memberHandlers } from './member/member.ts';
import { membershipHandlers } from './membership/membership.ts';
import { messageHandlers } from './message/message.ts';
import { roomHandlers } from './room/room.ts';
import { roomsJoinHandlers } from './membership/join-several.ts';
import { hasEnded } from './room/ended.ts';
import { reservedName, switchedOff } from './room/making.ts';
import type { Services } from './services.ts';
import { sessionHandlers } from './session/session.ts';
import { stateHandlers } from './state/state.ts';
import { unreadHandlers } from './unread/unread.ts';
import { userHandlers } from './user/user.ts';

export function bindHandlers(services: Services): Handlers {
  const handlers: Handlers = {
    ...roomHandlers(services),
    ...membershipHandlers(services),
    ...roomsJoinHandlers(services),
    ...accessHandlers(services),
    ...directHandlers(services),
    ...contactHandlers(services),
    ...sessionHandlers(services),
    ...messageHandlers(services),
    ...historyHandlers(services),
    ...userHandlers(services),
    ...unreadHandlers(services),
    ...attributesHandlers(services),
    ...conductHandlers(services),
    ...conversationHandlers(services),
    ...memberHandlers(services),
    ...stateHandlers(services),
    ...roomChangeHandlers(services),
    ...directChangeHandlers(services),
  };
  return judged(handlers, services);
}

/** Whether a request that names a room may make it where it is not there. */
const mayMake = ({ options }: Readonly<Record<string, unknown>>): boolean =>
  typeof options === 'object' && options !== null && 'create' in options && options.create === true;

/**
 * What a declaration says of who may ask and of names, judged before Redis is asked. A room whose name is not valid does not
 * exist, and cannot be made; one whose name says that its time is over has ended, whatever is left of it.
 */
function judged(handlers: Handlers, { settings, instance }: Pick<Services, 'settings' | 'instance'>): Handlers {
  const { limits } = settings;
  const wrapped = Object.entries(handlers).map(([method, handler]) => {
    const declaration = isRequestName(method) ? requestDeclaration(method) : undefined;
    const names = Object.entries(declaration?.params ?? {}).filter(([, { room }]) => room !== undefined);
    const { usersMay } = declaration ?? {};
    if (names.length === 0 && usersMay === undefined) return [method, handler];
    // What declares such a param is given a name, and may fail with these codes; the types of all together cannot say so.
    const ask = handler as unknown as (by: Actor, args: Readonly<Record<string, string>>, socket?: Caller) => unknown;
    const judge: typeof ask = (by, args, socket) => {
      if (usersMay !== undefined && !settings[usersMay] && by.rights.as === 'user') {
        return switchedOff();
      }
      for (const [name, { room }] of names) {
        const roomName = args[name] ?? '';
        const isMade = room === 'creating' || mayMake(args);
        if (!isValidName(roomName, limits)) return isMade ? invalidName(roomName, limits) : fail('noRoom', [roomName]);
        if (room === 'creating' && by.rights.as === 'user' && isServiceMade(roomName)) return reservedName(roomName);
        if (hasEnded({ instance }, roomName)) return fail('roomExpired', [roomName]);
      }
      return ask(by, args, socket);
    };
    return [method, judge];
  });
  // The same methods as before.
  return Object.fromEntries(wrapped) as Handlers;
}
