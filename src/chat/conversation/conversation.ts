/** Rooms that people belong to: made, listed, described, muted. */
import type { conversationRequests } from '../../protocol/conversation.ts';
import { unavailable } from '../../protocol/errors.ts';
import type { HandlersOf } from '../caller.ts';
import type { Services } from '../services.ts';
import { createConversation } from './create.ts';

export function conversationHandlers(services: Services): HandlersOf<typeof conversationRequests> {
  return {
    conversationCreate: (by, { options }, socket) => createConversation(services, by, options, socket),
    roomGet: () => unavailable(),
    roomList: () => unavailable(),
    roomMute: () => unavailable(),
    roomUnmute: () => unavailable(),
  };
}
