/** All handlers, bound by name: one that is missing or mistyped does not compile. */
import { accessHandlers } from './access.ts';
import type { Handlers } from './caller.ts';
import { directHandlers } from './direct.ts';
import { historyHandlers } from './history.ts';
import { membershipHandlers } from './membership.ts';
import { messageHandlers } from './message.ts';
import { roomHandlers } from './room.ts';
import type { Services } from './services.ts';
import { sessionHandlers } from './session.ts';
import { userHandlers } from './user.ts';

export function bindHandlers(services: Services): Handlers {
  return {
    ...roomHandlers(services),
    ...membershipHandlers(services),
    ...accessHandlers(services),
    ...directHandlers(services),
    ...sessionHandlers(services),
    ...messageHandlers(services),
    ...historyHandlers(services),
    ...userHandlers(services),
  };
}
