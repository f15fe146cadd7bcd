// A TCP proxy on loopback that can fail the way networks do: cut, stalled, slow, refused. It forwards bytes and knows no
// protocol; what is behind it, and what should survive it, is up to the test.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { Scope } from './disposal.ts';

export interface FaultyLink {
  readonly port: number;
  /** `redis://127.0.0.1:PORT`, for links before a Redis. */
  readonly url: string;
  /** Open connections through the link. */
  readonly connections: number;
  /** New connections go to this port of loopback; open ones stay where they are. */
  setTarget(port: number): void;
  /** Resets all open connections, both ends. */
  cut(): void;
  /** Forwards nothing more, either way, also on new connections; sockets stay open, nothing is lost. */
  pause(): void;
  resume(): void;
  /** The connections that are open now carry nothing more, either way, for good; new ones do. */
  strand(): void;
  /** Holds back what the server sends for this long, what is held already included; 0 releases it. */
  delay(delayMs: number): void;
  /** While true, new connections are reset at once. */
  refuse(refused: boolean): void;
  stop(): Promise<void>;
}

/** Conditions of the link, shared by all its connections. */
interface Weather {
  paused: boolean;
  delayMs: number;
}

/** One connection through the link. */
interface Pair {
  /** Whether the weather is about it. */
  readonly isTouched: boolean;
  strand(): void;
  /** Lets data flow again after the weather changed. */
  update(): void;
  reset(): void;
}

export interface LinkOptions {
  /** All that can be done to the link is done only to connections on which a client has sent such text; to all when left out. */
  readonly only?: RegExp | undefined;
}

/** Starts a link to a port of loopback. */
export async function startLink(scope: Scope, targetPort: number, { only }: LinkOptions = {}): Promise<FaultyLink> {
  const weather: Weather = { paused: false, delayMs: 0 };
  const pairs = new Set<Pair>();
  let target = targetPort;
  let refused = false;
  // Half-open, so that one end may finish while the other's bytes are still held back.
  const server = createServer({ allowHalfOpen: true }, (client) => {
    if (refused && only === undefined) {
      client.on('error', () => undefined);
      client.resetAndDestroy();
      return;
    }
    const upstream = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true });
    const pair = joinSockets(
      client,
      upstream,
      { weather, only },
      {
        touched: () => refused && pair.reset(),
        ended: () => pairs.delete(pair),
      },
    );
    pairs.add(pair);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // The address of a listening TCP server is always of this shape.
  const { port } = server.address() as AddressInfo;
  const change = (changed: Partial<Weather>): void => {
    Object.assign(weather, changed);
    for (const pair of pairs) pair.update();
  };
  const touched = (): Pair[] => [...pairs].filter((pair) => pair.isTouched);
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    for (const pair of pairs) pair.reset();
    await once(server, 'close');
  };
  scope.add(stop);
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    get connections() {
      return pairs.size;
    },
    setTarget: (next) => {
      target = next;
    },
    cut: () => touched().forEach((pair) => pair.reset()),
    strand: () => touched().forEach((pair) => pair.strand()),
    pause: () => change({ paused: true }),
    resume: () => change({ paused: false }),
    delay: (delayMs) => change({ delayMs }),
    refuse: (next) => {
      refused = next;
    },
    stop,
  };
}

function joinSockets(
  client: Socket,
  server: Socket,
  { weather, only }: LinkOptions & { readonly weather: Weather },
  on: { touched(): void; ended(): void },
): Pair {
  let isTouched = only === undefined;
  let isStranded = false;
  const conditions: Conditions = {
    isPaused: () => isStranded || (isTouched && weather.paused),
    delayMs: () => (isTouched ? weather.delayMs : 0),
  };
  client.on('data', (bytes) => {
    if (isTouched || only?.test(bytes.toString('latin1')) === false) return;
    isTouched = true;
    on.touched();
  });
  const directions = [
    forward(client, server, { ...conditions, delayMs: () => 0 }),
    forward(server, client, conditions),
  ];
  let open = 2;
  for (const socket of [client, server]) {
    socket.setNoDelay(true);
    // The close that follows an error says all there is to say.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      open -= 1;
      if (open === 0) on.ended();
    });
  }
  return {
    get isTouched() {
      return isTouched;
    },
    strand: () => {
      isStranded = true;
    },
    update: () => {
      for (const direction of directions) direction.update();
    },
    reset: () => {
      client.resetAndDestroy();
      server.resetAndDestroy();
    },
  };
}

interface Held {
  readonly arrivedMs: number;
  /** Undefined: the end of the stream. */
  readonly bytes: Buffer | undefined;
}

interface Conditions {
  readonly isPaused: () => boolean;
  readonly delayMs: () => number;
}

/** Carries bytes and the end of one direction, in order, each piece held for the current delay. */
function forward(from: Socket, to: Socket, { isPaused, delayMs }: Conditions): { update(): void } {
  const held: Held[] = [];
  let timer: NodeJS.Timeout | undefined;

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    for (let next = held[0]; next !== undefined && !isPaused(); next = held[0]) {
      const waitMs = next.arrivedMs + delayMs() - performance.now();
      if (waitMs > 0) {
        timer = setTimeout(flush, Math.ceil(waitMs));
        break;
      }
      held.shift();
      if (next.bytes === undefined) to.end();
      else to.write(next.bytes);
    }
    // While the far side is slow nothing more is read, so that back-pressure passes through.
    if (isPaused() || to.writableNeedDrain) from.pause();
    else from.resume();
  };
  const hold = (bytes: Buffer | undefined): void => {
    held.push({ arrivedMs: performance.now(), bytes });
    flush();
  };
  from.on('data', hold);
  from.once('end', () => hold(undefined));
  to.on('drain', flush);
  from.once('close', () => {
    // Closed without an end: a reset, passed on as one. After an end, what is held still goes out.
    if (!from.readableEnded) to.resetAndDestroy();
  });
  to.once('close', () => {
    clearTimeout(timer);
    held.length = 0;
  });
  flush();
  return { update: flush };
}
