// The bytes that the load generator sends, made once: WebSocket frames around MessagePack-RPC requests. The floors take the
// same frames as the service does. Nothing here is sent or read.
import { encode } from '@msgpack/msgpack';

/** Ids of requests; a response is recognised by them, and is never decoded. All fit in one byte. */
export const requestIds = { login: 1, join: 2, post: 3, leave: 4 } as const;

const MASKED = 0x80;
const BINARY = 0x82;
/** Digits of a post's `clientMessageId`, different in every post. */
const DIGITS = '00000000';

export const upgradeRequest = (port: number): string =>
  `GET /ws HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: cGFybGV5IGxvYWQgZ2VuLg==\r\n' +
  'Sec-WebSocket-Protocol: parley.v1.msgpack\r\n\r\n';

/** An empty answer to a ping. */
export const pong = Buffer.from([0x8a, MASKED, 0, 0, 0, 0]);

export const loginFrame = (userName: string): Buffer => requestFrame(requestIds.login, 'login', [{ userName }]);
export const joinFrame = (roomName: string): Buffer => requestFrame(requestIds.join, 'roomJoin', [roomName]);
export const leaveFrame = (roomName: string): Buffer => requestFrame(requestIds.leave, 'roomLeave', [roomName]);

/** Counts all posts of this process: a repeated `clientMessageId` would not be posted again. */
let posts = 0;

/** Makes the frames of posts to one room: the same text, a new `clientMessageId` each time. */
export function postFrames(roomName: string, textBytes: number): () => Buffer {
  const message = { textMessage: 'x'.repeat(textBytes) };
  const template = requestFrame(requestIds.post, 'roomMessage', [roomName, message, { clientMessageId: DIGITS }]);
  const at = template.lastIndexOf(DIGITS);
  return () => {
    // A copy, because the socket may still hold the one before.
    const frame = Buffer.from(template);
    frame.write(String(posts++).padStart(DIGITS.length, '0'), at, 'latin1');
    return frame;
  };
}

/** Any request as one masked frame. */
export function requestFrame(id: number, method: string, params: readonly unknown[]): Buffer {
  const payload = encode([0, id, method, params]);
  const long = payload.length > 125;
  const head = long
    ? [BINARY, MASKED | 126, payload.length >> 8, payload.length & 255]
    : [BINARY, MASKED | payload.length];
  // A mask of zeros is allowed and leaves the payload as it is.
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), payload]);
}
