// How a system is spoken to: the bytes of its requests, and what the first bytes of a payload say. One wire for the service
// and the floors, one for Socket.IO. Connections are `Link`s; what to send when is up to the pools.
import { joinFrame, leaveFrame, loginFrame, postFrame, upgradeRequest, type PostContent } from './frames.ts';
import type { Link, LinkListener } from './link.ts';
import { socketIo } from './socketio-wire.ts';

export interface Wire {
  upgrade(port: number): string;
  /** The server speaks first, and `upgraded` is told only then: by `payload`. */
  readonly greets: boolean;
  login(userName: string): Buffer;
  join(roomName: string): Buffer;
  leave(roomName: string): Buffer;
  post(roomName: string, content: PostContent): Buffer;
  /** Tells the listener what the payload at `at` is. */
  payload(link: Link, listener: LinkListener, bytes: Buffer, at: number, size: number): void;
}

const NIL = 0xc0;
/** The first byte of the string `roomMessage`: no other notification's name is eleven bytes long. */
const ROOM_MESSAGE_NAME = 0xab;

export const rpc: Wire = {
  upgrade: upgradeRequest,
  greets: false,
  login: loginFrame,
  join: joinFrame,
  leave: leaveFrame,
  post: postFrame,
  payload: (link, listener, bytes, at, size) => {
    if (bytes[at] === 0x94 && bytes[at + 1] === 1) {
      listener.response(link, bytes[at + 2] ?? 0, bytes[at + 3] === NIL);
    } else if (bytes[at] === 0x93) {
      const nameHead = bytes[at + 2] ?? 0;
      if (nameHead === ROOM_MESSAGE_NAME) listener.message(link, bytes, at + size);
      else listener.notice?.(link, nameHead);
    }
  },
};

export const wires = { rpc, socketIo } as const;
export type WireName = keyof typeof wires;
