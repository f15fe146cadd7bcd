/** Rooms that people belong to: made, listed, described, muted. */
import type { conversationRequests } from '../../protocol/conversation.ts';
import { unavailable } from '../../protocol/errors.ts';
import type { HandlersOf } from '../caller.ts';
import type { Services } from '../services.ts';

export function conversationHandlers(_: Services): HandlersOf<typeof conversationRequests> {
  return {
    conversationCreate: () => unavailable(),
    roomGet: () => unavailable(),
    roomList: () => unavailable(),
    roomMute: () => unavailable(),
    roomUnmute: () => unavailable(),
  };
}
