// The other end of a client under test: a WebSocket server that speaks the protocol through the codec and does what the
// test tells it to. It has no rooms and no rules of its own.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { requests } from '../../src/protocol/catalogue.ts';
import { createCodec, subprotocols, type Codec, type RequestMessage } from '../../src/protocol/wire/codec.ts';
import { errorTable, type ErrorCode } from '../../src/protocol/errors/table.ts';
import { fail, toErrorValue } from '../../src/protocol/errors/errors.ts';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import type { Scope } from '../support/disposal.ts';

export interface FakeService {
  readonly url: string;
  /** Takes the oldest request not yet taken; login requests are answered by themselves unless `login` is set. */
  next(method: string): Promise<Received>;
  /** What the login is answered with; undefined: a success. It returns after the answer was sent. */
  login: ((request: Received) => void) | undefined;
  /** Credentials of every login so far, without the position in the inbox and how it is told. */
  readonly logins: ValueMap[];
  /** That position, of each. */
  readonly positions: (Value | undefined)[];
  /** Gets every other request instead of `next`, if set. */
  handle: ((request: Received) => void) | undefined;
  /** Requests that came and nobody took, in order. */
  readonly waiting: readonly Received[];
  /** Sends notifications to every connection. */
  send(notifications: readonly [string, ...Value[]][]): void;
  /** Those that are open. */
  readonly connections: number;
  /** Ends every connection with a close frame. */
  close(code: number, reason?: string): void;
  /** Ends every connection without one. */
  cut(): void;
}

/** One request, and the connection it came on. */
export interface Received {
  readonly method: string;
  readonly params: Value[];
  /** Counts the connections of this service. */
  readonly connection: number;
  answer(result: Value): void;
  /** As the table of errors has it, but for what `own` says. */
  refuse(code: ErrorCode, retryAfterMs?: number, own?: ValueMap): void;
  /** Sends notifications, in one frame with the answer if there is one. */
  send(notifications: readonly [string, ...Value[]][], answer?: Value): void;
  /** Sends bytes as they are. */
  sendRaw(bytes: Uint8Array): void;
  close(code: number, reason?: string): void;
  cut(): void;
  /** Called when the connection it came on has ended. */
  onClose(listener: () => void): void;
}

const waitMs = 45_000;

export async function startFake(scope: Scope, options: { heartbeatMs?: number } = {}): Promise<FakeService> {
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    handleProtocols: (offered) => [...offered].find((name) => name in subprotocols) ?? false,
  });
  await once(server, 'listening');
  scope.add(async () => {
    for (const socket of server.clients) socket.terminate();
    server.close();
    await once(server, 'close');
  });
  const inbox = createInbox();
  const logins: ValueMap[] = [];
  const positions: (Value | undefined)[] = [];
  let connections = 0;
  server.on('connection', (socket) => {
    const connection = (connections += 1);
    const codec = codecOf(socket);
    socket.on('message', (data: Buffer) => {
      for (const message of codec.decodeFrame(data).messages) {
        if (message.type === 0) take(receivedOf(socket, codec, connection, message));
      }
    });
  });
  const take = (request: Received): void => {
    if (request.method !== 'login') return (service.handle ?? inbox.put)(request);
    const [credentials] = request.params;
    // The client's codec made a map of it, or nothing at all would work.
    const { inbox: position, inboxTimestamps: _always, ...who } = credentials as ValueMap;
    logins.push(who);
    positions.push(position);
    if (service.login === undefined) request.answer(authData({ resumeToken: `token-${logins.length}`, ...options }));
    else service.login(request);
  };
  // The address of a listening TCP server is always of this shape.
  const { port } = server.address() as AddressInfo;
  const service: FakeService = {
    url: `ws://127.0.0.1:${port}/ws`,
    next: (method) => inbox.next(method),
    login: undefined,
    handle: undefined,
    logins,
    positions,
    waiting: inbox.waiting,
    send: (notifications) => {
      for (const socket of server.clients) tell(socket, notifications);
    },
    get connections() {
      return server.clients.size;
    },
    close: (code, reason) => {
      for (const socket of server.clients) socket.close(code, reason);
    },
    cut: () => {
      for (const socket of server.clients) socket.terminate();
    },
  };
  return service;
}

/** What a login gives, with some fields of the test's own. */
export function authData(fields: ValueMap = {}): Value {
  return Object.assign({}, requests.login.example.result, fields);
}

function tell(socket: WebSocket, notifications: readonly [string, ...Value[]][]): void {
  const codec = codecOf(socket);
  for (const [name, ...params] of notifications) socket.send(codec.encodeNotification(name, params));
}

function codecOf(socket: WebSocket): Codec {
  return createCodec(socket.protocol === 'parley.v1.json' ? 'json' : 'msgpack');
}

function receivedOf(
  socket: WebSocket,
  codec: Codec,
  connection: number,
  { id, method, params }: RequestMessage,
): Received {
  return {
    method,
    params,
    connection,
    answer: (result) => socket.send(codec.encodeResponse(id, null, result)),
    refuse: (code, retryAfterMs, own) => {
      const args = errorTable[code].args.map(() => null);
      socket.send(codec.encodeResponse(id, { ...toErrorValue(fail(code, args, retryAfterMs)), ...own }, null));
    },
    send: (notifications, answer) => {
      const messages = notifications.map(([name, ...rest]) => codec.encodeNotification(name, rest));
      if (answer !== undefined) messages.unshift(codec.encodeResponse(id, null, answer));
      if (messages.length === 0) return;
      const frame =
        codec.format === 'json' ? messages.join('\n') : Buffer.concat(messages.map((each) => Buffer.from(each)));
      socket.send(frame);
    },
    sendRaw: (bytes) => socket.send(bytes),
    close: (code, reason) => socket.close(code, reason),
    cut: () => socket.terminate(),
    onClose: (listener) => socket.once('close', listener),
  };
}

interface Inbox {
  readonly waiting: readonly Received[];
  readonly put: (request: Received) => void;
  next(method: string): Promise<Received>;
}

function createInbox(): Inbox {
  const waiting: Received[] = [];
  const takers: { method: string; take: (request: Received) => void }[] = [];
  return {
    waiting,
    put: (request) => {
      const index = takers.findIndex(({ method }) => method === request.method);
      const [taker] = index < 0 ? [] : takers.splice(index, 1);
      if (taker === undefined) waiting.push(request);
      else taker.take(request);
    },
    next: (method) => {
      const index = waiting.findIndex((request) => request.method === method);
      const [ready] = index < 0 ? [] : waiting.splice(index, 1);
      if (ready !== undefined) return Promise.resolve(ready);
      return new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`no ${method} within ${waitMs} ms`)), waitMs);
        const take = (request: Received): void => {
          clearTimeout(late);
          resolve(request);
        };
        takers.push({ method, take });
      });
    },
  };
}
