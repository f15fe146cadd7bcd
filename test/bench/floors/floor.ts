// What both floors share: a uWebSockets.js server that takes the requests of the load generator without decoding posts.
// What a login, a join and a post do is up to each floor.
import { decode } from '@msgpack/msgpack';
import uWS, { type TemplatedApp, type WebSocket } from 'uWebSockets.js';

export interface Seat {
  userName: string;
  roomName: string;
  open: boolean;
}

export type Seated = WebSocket<Seat>;

/** `answer` may be called at any time, also when the socket is gone. */
export interface FloorHandlers {
  login(seat: Seat, answer: () => void): void;
  join(seat: Seat, ws: Seated, answer: () => void): void;
  /** `notification` is the post as its receivers get it. */
  post(seat: Seat, notification: Buffer, answer: () => void): void;
}

/** Lengths of the method names, which tell them apart. */
const LOGIN = 5;
const JOIN = 8;

/** Listens on a free loopback port and prints it as the service does. */
export function serve(app: TemplatedApp, handlers: FloorHandlers): void {
  app.ws<Seat>('/ws', {
    maxBackpressure: 4_194_304,
    idleTimeout: 60,
    sendPingsAutomatically: true,
    upgrade: (res, req, context) => {
      res.upgrade<Seat>(
        { userName: '', roomName: '', open: true },
        req.getHeader('sec-websocket-key'),
        req.getHeader('sec-websocket-protocol'),
        req.getHeader('sec-websocket-extensions'),
        context,
      );
    },
    message: (ws, data) => {
      const frame = Buffer.from(data);
      const id = frame[2] ?? 0;
      const seat = ws.getUserData();
      const answer = (): void => {
        if (seat.open) ws.cork(() => void ws.send(Buffer.from([0x94, 1, id, 0xc0, 1]), true));
      };
      const nameLength = (frame[3] ?? 0) & 31;
      if (nameLength === LOGIN) {
        seat.userName = textIn(frame);
        handlers.login(seat, answer);
      } else if (nameLength === JOIN) {
        seat.roomName = textIn(frame);
        handlers.join(seat, ws, answer);
      } else {
        handlers.post(seat, Buffer.concat([NOTIFICATION, frame.subarray(3)]), answer);
      }
    },
    close: (ws) => {
      ws.getUserData().open = false;
    },
  });
  app.listen('127.0.0.1', 0, (socket) => {
    if (socket === false) throw new Error('cannot listen');
    process.stdout.write(`${JSON.stringify({ msg: 'listening', port: uWS.us_socket_local_port(socket) })}\n`);
  });
}

/** What replaces type and id of a request: an array of three, of type 2. */
const NOTIFICATION = Buffer.from([0x93, 2]);

/** The one string argument: of a join the room's name, of a login the user's. */
function textIn(frame: Buffer): string {
  const message = decode(frame);
  const params: unknown = Array.isArray(message) ? message[3] : undefined;
  const argument: unknown = Array.isArray(params) ? params[0] : undefined;
  if (typeof argument === 'object' && argument !== null && 'userName' in argument) return String(argument.userName);
  return String(argument);
}
