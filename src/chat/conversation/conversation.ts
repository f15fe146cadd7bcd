/** Rooms that people belong to: made, listed, described, muted. */
import type { conversationRequests } from '../../protocol/conversation.ts';
import type { HandlersOf } from '../caller.ts';
import type { Services } from '../services.ts';
import { createConversation } from './create.ts';
import { describeRoom } from './describe.ts';
import { listRooms } from './list.ts';
import { setMuted } from './mute.ts';

export function conversationHandlers(services: Services): HandlersOf<typeof conversationRequests> {
  return {
    conversationCreate: (by, { options }, socket) => createConversation(services, by, options, socket),
    roomInfo: (by, { roomName }) => describeRoom(services, by, roomName),
    roomList: (by, args) => listRooms(services, by, args),
    roomMute: (by, { roomName }) => setMuted(services, by, roomName, true),
    roomUnmute: (by, { roomName }) => setMuted(services, by, roomName, false),
  };
}
