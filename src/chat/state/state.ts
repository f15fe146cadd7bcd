/** The state of users. */
import type { stateRequests } from '../../protocol/state.ts';
import { unavailable } from '../../protocol/errors.ts';
import type { HandlersOf } from '../caller.ts';
import type { Services } from '../services.ts';

export function stateHandlers(_: Services): HandlersOf<typeof stateRequests> {
  return {
    userStateSet: () => unavailable(),
    userStateGet: () => unavailable(),
  };
}
