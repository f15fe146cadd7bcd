// The bytes that the load generator sends, made once: WebSocket frames around MessagePack-RPC requests. The floors take the
// same frames as the service does. Nothing here is sent or read.
import { encode } from '@msgpack/msgpack';

/** Ids of requests; a response is recognised by them, and is never decoded. All fit in one byte. */
export const requestIds = { login: 1, join: 2, post: 3, leave: 4 } as const;

const MASKED = 0x80;
const FINAL = 0x80;
export const opcodes = { text: 1, binary: 2, pong: 10 } as const;

export const upgradeRequest = (port: number): string =>
  `${upgradeHead(port, '/ws')}Sec-WebSocket-Protocol: parley.v1.msgpack\r\n\r\n`;

/** To be followed by further headers and an empty line. */
export const upgradeHead = (port: number, path: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: cGFybGV5IGxvYWQgZ2VuLg==\r\n';

export const loginFrame = (userName: string): Buffer => requestFrame(requestIds.login, 'login', [{ userName }]);
export const joinFrame = (roomName: string): Buffer => requestFrame(requestIds.join, 'roomJoin', [roomName]);
export const leaveFrame = (roomName: string): Buffer => requestFrame(requestIds.leave, 'roomLeave', [roomName]);

export function postFrame(roomName: string, content: PostContent): Buffer {
  const { textMessage, clientMessageId } = content;
  return requestFrame(requestIds.post, 'roomMessage', [roomName, { textMessage }, { clientMessageId }]);
}

/** Any request as one masked frame. */
export const requestFrame = (id: number, method: string, params: readonly unknown[]): Buffer =>
  maskedFrame(opcodes.binary, encode([0, id, method, params]));

/** An empty answer to a ping. */
export const pong = maskedFrame(opcodes.pong, Buffer.alloc(0));

export function maskedFrame(opcode: number, payload: Uint8Array): Buffer {
  const long = payload.length > 125;
  const head = long ? [MASKED | 126, payload.length >> 8, payload.length & 255] : [MASKED | payload.length];
  // A mask of zeros is allowed and leaves the payload as it is.
  return Buffer.concat([Buffer.from([FINAL | opcode, ...head, 0, 0, 0, 0]), payload]);
}

export interface PostContent {
  readonly textMessage: string;
  readonly clientMessageId: string;
}

export interface Post {
  readonly frame: Buffer;
  readonly sequence: number;
}

/** Before the sequence number in the text of a post, by which it is recognised in whatever frame it comes back. */
const MARK = Buffer.from('~#');
const DIGITS = '00000000';

/** Counts all posts of this process: a repeated `clientMessageId` would not be posted again. */
let posts = 0;

/** Makes posts that differ in their sequence number only: in the text, and as `clientMessageId`. */
export function postsFrom(make: (content: PostContent) => Buffer, textBytes: number): () => Post {
  const textMessage = `${MARK.toString()}${DIGITS}`.padEnd(textBytes, 'x');
  const template = make({ textMessage, clientMessageId: DIGITS });
  const inText = template.indexOf(MARK) + MARK.length;
  const inId = template.lastIndexOf(DIGITS);
  return () => {
    // A copy, because the socket may still hold the one before.
    const frame = Buffer.from(template);
    const sequence = posts++;
    const digits = String(sequence).padStart(DIGITS.length, '0');
    frame.write(digits, inText, 'latin1');
    frame.write(digits, inId, 'latin1');
    return { frame, sequence };
  };
}

/** The sequence number in a room message that ends at `end`. */
export function sequenceIn(bytes: Buffer, end: number): number {
  let at = bytes.lastIndexOf(MARK, end - MARK.length) + MARK.length;
  let sequence = 0;
  for (const last = at + DIGITS.length; at < last; at++) sequence = sequence * 10 + (bytes[at] ?? 0) - 0x30;
  return sequence;
}
