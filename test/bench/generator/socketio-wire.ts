// Socket.IO over Engine.IO 4 and a plain WebSocket, as far as the bench needs it: text frames that begin with the type of
// the Engine.IO packet and, in its messages, of the Socket.IO packet.
import { maskedFrame, opcodes, requestIds, upgradeHead } from './frames.ts';
import type { Wire } from './wire.ts';

const text = (content: string): Buffer => maskedFrame(opcodes.text, Buffer.from(content));
const event = (id: number, ...content: readonly unknown[]): Buffer => text(`42${id}${JSON.stringify(content)}`);

const pong = text('3');

/** First bytes of what the server sends; the second column counts behind `MESSAGE`. */
const [OPEN, PING, MESSAGE] = [0x30, 0x32, 0x34];
const [CONNECTED, EVENT, ANSWER] = [0x30, 0x32, 0x33];

export const socketIo: Wire = {
  upgrade: (port) => `${upgradeHead(port, '/socket.io/?EIO=4&transport=websocket')}\r\n`,
  greets: true,
  login: (userName) => text(`40${JSON.stringify({ userName })}`),
  join: (roomName) => event(requestIds.join, 'join', roomName),
  leave: (roomName) => event(requestIds.leave, 'leave', roomName),
  post: (roomName, { textMessage, clientMessageId }) =>
    event(requestIds.post, 'post', roomName, { textMessage }, { clientMessageId }),
  payload: (link, listener, bytes, at, size) => {
    const engine = bytes[at];
    if (engine === PING) return link.send(pong);
    if (engine === OPEN) return listener.upgraded(link);
    if (engine !== MESSAGE) return undefined;
    const type = bytes[at + 1];
    if (type === EVENT) return listener.message(link, bytes, at + size);
    // An answer: its id is one digit.
    if (type === ANSWER) return listener.response(link, (bytes[at + 2] ?? 0) - 0x30, true);
    // Else it is a refusal, or says that the server ends it.
    return listener.response(link, requestIds.login, type === CONNECTED);
  },
};
