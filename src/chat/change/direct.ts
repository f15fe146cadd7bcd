/** Changes of messages between two users: until they are made, they are refused. */
import type { directChangeRequests } from '../../protocol/change.ts';
import { unavailable } from '../../protocol/errors/errors.ts';
import type { HandlersOf } from '../caller.ts';
import type { Services } from '../services.ts';

export function directChangeHandlers(_services: Services): HandlersOf<typeof directChangeRequests> {
  return {
    directMessageUpdate: () => unavailable(),
    directMessageRecall: () => unavailable(),
    directMessageReact: () => unavailable(),
    directMessageAppend: () => unavailable(),
    directReactionsGet: () => unavailable(),
  };
}
