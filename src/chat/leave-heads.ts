/** How a session is told that a room is not in it any more, up to what only the script knows. */
import { chatHead } from '../protocol/frame.ts';
import type { LeaveHeads } from '../state/session-state.ts';

export function leaveHeads(roomName: string): LeaveHeads {
  return {
    openHead: chatHead('$.chat.leave', roomName, false),
    privateHead: chatHead('$.chat.leave', roomName, true),
  };
}
