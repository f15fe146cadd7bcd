// What one would compare the service with: Socket.IO 4 and its Redis adapter, with the settings that its documentation
// advises for load. A post is sent to its room and acknowledged; with BENCH_STORING=1 it is counted and appended before.
import { createServer } from 'node:http';
import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';

interface Message {
  readonly textMessage: string;
}
type Answer = (result: number) => void;
interface FromClients {
  join(roomName: string, answer: Answer): void;
  leave(roomName: string, answer: Answer): void;
  post(roomName: string, message: Message, options: unknown, answer: Answer): void;
}
interface ToClients {
  message(roomName: string, event: Message & { id: number; author: string; time: number }): void;
}
interface Seat {
  userName: string;
}

const store = `local id = redis.call('INCR', KEYS[1])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', '10000', id .. '-0', 'e', ARGV[1])
return id`;

const url = process.env.BENCH_REDIS_URL ?? '';
const storing = process.env.BENCH_STORING === '1';
// The adapter's clients as in its documentation; the store's as the relay's.
const publisher = new Redis(url);
const keeper = new Redis(url, { enableAutoPipelining: true });
const scriptHash = String(await keeper.script('LOAD', store));

const io = new Server<FromClients, ToClients, Record<string, never>, Seat>({
  transports: ['websocket'],
  perMessageDeflate: false,
  httpCompression: false,
  serveClient: false,
  // A socket that is slow because the bench saturates the machine is not to be ended.
  pingTimeout: 60_000,
  adapter: createAdapter(publisher, publisher.duplicate()),
});

io.use((socket, next) => {
  const { userName } = socket.handshake.auth;
  if (typeof userName !== 'string') return next(new Error('no user name'));
  socket.data.userName = userName;
  next();
});

let posts = 0;

async function idOf(roomName: string, event: unknown): Promise<number> {
  if (!storing) return ++posts;
  const keys = [`id:${roomName}`, `history:${roomName}`];
  return Number(await keeper.evalsha(scriptHash, 2, ...keys, JSON.stringify(event)));
}

io.on('connection', (socket) => {
  socket.on('join', async (roomName, answer) => {
    await socket.join(roomName);
    answer(1);
  });
  socket.on('leave', async (roomName, answer) => {
    await socket.leave(roomName);
    answer(1);
  });
  socket.on('post', async (roomName, { textMessage }, _, answer) => {
    const event = { textMessage, author: socket.data.userName, time: Date.now() };
    const id = await idOf(roomName, event);
    io.to(roomName).emit('message', roomName, { ...event, id });
    answer(id);
  });
});
const server = createServer();
io.attach(server);
// As its documentation advises: the first request is not kept.
io.engine.on('connection', (raw: { request: unknown }) => {
  raw.request = null;
});
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  process.stdout.write(`${JSON.stringify({ msg: 'listening', port })}\n`);
});
