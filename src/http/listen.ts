/** Takes a port, for a uWebSockets.js app or for a server of Node's own, and gives it back. What is answered there is others' business. */
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { TemplatedApp, us_listen_socket } from 'uWebSockets.js';

export interface Listening {
  readonly port: number;
  /** Accepts nothing more; connections that are open stay. */
  close(): void;
}

/** The native library's functions for it. */
export interface ListenLibrary {
  us_socket_local_port(socket: us_listen_socket): number;
  us_listen_socket_close(socket: us_listen_socket): void;
}

/** Port 0 takes a free one. Undefined where the port cannot be had. */
export async function listenOn(
  uws: ListenLibrary,
  app: TemplatedApp,
  host: string,
  port: number,
): Promise<Listening | undefined> {
  // The library either lets processes share a port, each getting some of the sockets, or refuses a port on which the
  // last process's connections are still winding down. So it shares, and whether somebody is there is asked before.
  if (port !== 0 && (await answers(host, port))) return undefined;
  return new Promise((resolve) => {
    app.listen(host, port, (socket) => {
      if (socket === false) return resolve(undefined);
      resolve({ port: uws.us_socket_local_port(socket), close: () => uws.us_listen_socket_close(socket) });
    });
  });
}

/** The same for Node's own server: the port, or undefined where it is taken. Rejects where it cannot be had for another reason. */
export function listenPlain(server: Server, host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const refused = (error: NodeJS.ErrnoException): void => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    };
    server.once('error', refused);
    server.listen(port, host, () => {
      server.off('error', refused);
      const address = server.address();
      resolve(address === null || typeof address === 'string' ? undefined : address.port);
    });
  });
}

/** Whether anybody listens on a port of this machine. */
function answers(host: string, port: number): Promise<boolean> {
  const address = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: ANSWER_MS });
    const settle = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.once('error', () => settle(false));
  });
}

const ANSWER_MS = 1000;
