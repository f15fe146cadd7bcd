/** The socket that asks for something of a room which the room is told: it hears of it before its answer, in the room or not. */
import type { Caller } from './caller.ts';
import type { Turn } from './outcome.ts';

/** What tells the socket, as far as it does not hear the room when this is called: a change may take it out. */
export function askerOf(roomName: string, socket: Caller | undefined): (frame: Uint8Array) => Turn | undefined {
  if (socket === undefined || socket.rooms.has(roomName)) return () => undefined;
  return (frame) => ({ before: () => socket.send(frame) });
}
