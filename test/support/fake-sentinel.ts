// A sentinel that says what a test wants it to, when it wants: what real ones can hardly be made to do at a certain moment. It
// speaks as much of the protocol as is asked of sentinels.
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { Scope } from './disposal.ts';

export interface FakeSentinel {
  readonly url: string;
  /** How often it was asked for the primary. */
  readonly asked: number;
  /** What it says from now on. */
  says(primary: { host?: string; port: number; epoch: number }): void;
  /** Tells all that listen of an event. */
  tell(event: string, text: string): void;
}

const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
const list = (texts: readonly string[], sign = '*'): string => `${sign}${texts.length}\r\n${texts.map(bulk).join('')}`;

/** Starts one that names a primary of loopback. */
export async function startFakeSentinel(scope: Scope, port: number): Promise<FakeSentinel> {
  const sockets = new Set<Socket>();
  let asked = 0;
  let primary = { host: '127.0.0.1', port, epoch: 1 };
  const answer = ([command = '', ...args]: readonly string[]): string => {
    if (command.toLowerCase() === 'subscribe') {
      return args.map((channel, i) => `>3\r\n${bulk('subscribe')}${bulk(channel)}:${i + 1}\r\n`).join('');
    }
    if (args[0] === 'GET-MASTER-ADDR-BY-NAME') {
      asked++;
      return list([primary.host, String(primary.port)]);
    }
    if (args[0] === 'MASTER') return list(['config-epoch', String(primary.epoch)]);
    return args[0] === 'SENTINELS' ? list([]) : '+OK\r\n';
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    let received = '';
    socket.on('data', (bytes) => {
      received += bytes.toString('utf8');
      for (let words = take(); words !== undefined; words = take()) socket.write(answer(words));
    });
    /** One command; none of its words has a line end in it. */
    const take = (): string[] | undefined => {
      const lines = received.split('\r\n');
      const count = 1 + 2 * Number(lines[0]?.slice(1));
      // The last of the lines is not ended yet.
      if (!(lines.length > count)) return undefined;
      received = lines.slice(count).join('\r\n');
      return lines.slice(1, count).filter((_, i) => i % 2 === 1);
    };
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // The address of a listening TCP server is always of this shape.
  const address = server.address() as AddressInfo;
  scope.add(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return {
    url: `redis://127.0.0.1:${address.port}`,
    get asked() {
      return asked;
    },
    says: (next) => {
      primary = { host: '127.0.0.1', ...next };
    },
    tell: (event, text) => {
      for (const socket of sockets) socket.write(list(['message', event, text], '>'));
    },
  };
}
