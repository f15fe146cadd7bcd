/** How a session is told that a room is not in it any more, and a room that a user has left, up to what only the script knows. */
import { chatHead, frameHead } from '../../protocol/wire/frame.ts';
import type { LeaveHeads } from '../../store/session/session-store.ts';

export function leaveHeads(roomName: string): LeaveHeads {
  return {
    openHead: chatHead('$.chat.leave', roomName, false),
    privateHead: chatHead('$.chat.leave', roomName, true),
  };
}

/** A `roomUserLeft` up to the name. */
export const leftHead = (roomName: string): Uint8Array => frameHead('roomUserLeft', [roomName]);
