/** Changes of messages in rooms. */
import type { changeRequests } from '../../protocol/change.ts';
import { unavailable } from '../../protocol/errors/errors.ts';
import type { HandlersOf } from '../caller.ts';
import type { Services } from '../services.ts';

export function roomChangeHandlers(_services: Services): HandlersOf<typeof changeRequests> {
  return {
    roomMessageUpdate: () => unavailable(),
    roomMessageRecall: () => unavailable(),
    roomMessageReact: () => unavailable(),
    roomMessageAppend: () => unavailable(),
    roomReactionsGet: () => unavailable(),
  };
}
