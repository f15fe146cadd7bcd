// The suite's client: the real one on `ws`, which also holds everything received against the catalogue, writes down what it
// was told, and keeps what the history checker needs. What should have happened is up to the tests.
import { WebSocket } from 'ws';
import { notifications } from '../../src/protocol/catalogue.ts';
import { Client } from '../../src/client/client.ts';
import type { ClientEvents, EventName, LocalEvents } from '../../src/client/events.ts';
import type { SendOptions } from '../../src/client/room/sending.ts';
import type { Position } from '../../src/client/room/membership.ts';
import type { ClientOptions } from '../../src/client/options.ts';
import { RequestError } from '../../src/client/request-error.ts';
import type { Format } from '../../src/protocol/wire/codec.ts';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import type { Scope } from './disposal.ts';
import type { Acknowledgement, Entry, Transcript } from './history-checker.ts';
import { createPlaceCheck, createWireCheck, type WireCheck } from './wire-check.ts';

export interface TestClientOptions extends Omit<ClientOptions, 'credentials' | 'WebSocket' | 'noBinary'> {
  readonly format?: Format;
  /** Logs in under this name, for services in open mode. */
  readonly userName?: string;
  /** Instead of a user name. */
  readonly credentials?: ClientOptions['credentials'];
  /** False: what the service or a listener does wrong is written down and does not fail the test. */
  readonly failOnViolations?: boolean;
}

interface Heard<N extends EventName> {
  readonly args: ClientEvents[N];
  taken: boolean;
}

interface Hearing<N extends EventName> {
  readonly heard: Heard<N>[];
  readonly waiters: Set<(heard: Heard<N>) => void>;
  /** All before this index are taken. */
  firstOpen: number;
}

const connectTimeoutMs = 20_000;
const nextTimeoutMs = 45_000;
const localEvents = Object.keys({
  connect: true,
  disconnect: true,
  schedule: true,
  retry: true,
  reconnect: true,
  offline: true,
  online: true,
  conflict: true,
  close: true,
  joined: true,
  recovered: true,
  left: true,
  roomLost: true,
  unread: true,
  error: true,
} satisfies Record<keyof LocalEvents, true>);
// Two tables of names, by construction those of all events.
const eventNames = [...localEvents, ...Object.keys(notifications)] as EventName[];

/** Connects and logs in, or rejects. The client ends with the scope, which fails if anything received was wrong. */
export async function connectClient(scope: Scope, options: TestClientOptions): Promise<TestClient> {
  const client = createTestClient(scope, options);
  const late = setTimeout(() => void client.close(), connectTimeoutMs);
  try {
    // A service that has just started may refuse for the moment.
    await client.connect({ persistent: true });
  } finally {
    clearTimeout(late);
  }
  return client;
}

/** The same, not yet connected. */
export function createTestClient(scope: Scope, options: TestClientOptions): TestClient {
  const client = new TestClient(options);
  scope.add(async () => {
    const closed = client.close();
    // A service that is frozen or gone would keep it waiting.
    client.cut();
    await closed;
    if ((options.failOnViolations ?? true) && client.violations.length > 0) {
      throw new Error(`${client.userName ?? 'a client'} met violations:\n${client.violations.join('\n')}`);
    }
  });
  return client;
}

export class TestClient extends Client {
  /** Every event in order. Missed messages are here as they were emitted, dropped duplicates are not. */
  readonly transcript: { readonly name: EventName; readonly args: readonly unknown[] }[] = [];
  /** Messages of `say` that were acknowledged, and those that were not (yet). */
  readonly acknowledged: Acknowledgement[] = [];
  readonly #unacknowledged = new Map<string, { roomName: string; key: string }>();
  readonly #check: WireCheck;
  readonly #sockets: Set<WebSocket>;
  readonly #hearings: { [N in EventName]?: Hearing<N> } = {};
  readonly #history = new Map<string, Entry[]>();

  constructor(options: TestClientOptions) {
    const { userName, credentials, failOnViolations: _, onFrame, format = 'msgpack', ...rest } = options;
    const check = createWireCheck(format);
    const sockets = new Set<WebSocket>();
    super({
      reconnect: { minDelayMs: 50, maxDelayMs: 1_000 },
      offlineMessages: 'none',
      ...rest,
      noBinary: format === 'json',
      credentials: credentials ?? (userName === undefined ? {} : { userName }),
      WebSocket: trackedSocket(sockets),
      onFrame: (direction, data) => {
        check.onFrame(direction, data);
        onFrame?.(direction, data);
      },
    });
    this.#check = check;
    this.#sockets = sockets;
    for (const name of eventNames) this.#listen(name);
    // Across its connections: what is told twice after a loss is told at its place once.
    const checkPlace = createPlaceCheck();
    for (const name of ['inboxPosition', 'inboxReset'] as const) {
      this.on(name, (at) => check.violations.push(...checkPlace(name, [{ ...at }])));
    }
    this.on('error', (error) => check.violations.push(String(error)));
    this.on('close', ({ code, reason }) => {
      if (code === 4500) check.violations.push(`the service found a frame malformed: ${reason}`);
    });
    this.#keepHistory();
  }

  /** What the service did that the catalogue does not allow, ids that were skipped, listeners that threw. */
  get violations(): readonly string[] {
    return this.#check.violations;
  }

  get unacknowledged(): readonly { roomName: string; key: string }[] {
    return [...this.#unacknowledged.values()];
  }

  /** The params of the oldest event of this name that matches and was not taken before; waits for one if need be. */
  next<N extends EventName>(
    name: N,
    matches: (...args: ClientEvents[N]) => boolean = () => true,
    options: { timeoutMs?: number } = {},
  ): Promise<ClientEvents[N]> {
    const hearing = this.#hearingOf(name);
    while (hearing.heard[hearing.firstOpen]?.taken === true) hearing.firstOpen += 1;
    const isOpen = ({ taken, args }: Heard<N>): boolean => !taken && matches(...args);
    const ready = hearing.heard.slice(hearing.firstOpen).find(isOpen);
    if (ready !== undefined) {
      ready.taken = true;
      return Promise.resolve(ready.args);
    }
    const { timeoutMs = nextTimeoutMs } = options;
    return new Promise((resolve, reject) => {
      const offer = (heard: Heard<N>): void => {
        if (!isOpen(heard)) return;
        heard.taken = true;
        clearTimeout(late);
        hearing.waiters.delete(offer);
        resolve(heard.args);
      };
      const late = setTimeout(() => {
        hearing.waiters.delete(offer);
        reject(new Error(`no ${name} within ${timeoutMs} ms; ${hearing.heard.length} in all, state ${this.state}`));
      }, timeoutMs);
      hearing.waiters.add(offer);
    });
  }

  /** The params of all events of this name so far, taken or not. */
  seen<N extends EventName>(name: N): ClientEvents[N][] {
    return this.#hearingOf(name).heard.map(({ args }) => args);
  }

  /** Joins a room by its object, and tells from where on it is followed. */
  async join(roomName: string): Promise<Position> {
    const { position } = await this.room(roomName).join();
    if (position === undefined) throw new Error(`${roomName} was joined and left at once`);
    return position;
  }

  leave(roomName: string): Promise<void> {
    return this.room(roomName).leave();
  }

  position(roomName: string): Position | undefined {
    return this.room(roomName).position;
  }

  /** Sends a message by the room's object, and gives its id. */
  async post(roomName: string, message: ValueMap, options?: SendOptions): Promise<number> {
    const { id } = await this.room(roomName).send(message, options).done;
    if (id === undefined) throw new Error('a message that is kept has an id');
    return id;
  }

  /** Posts `{key}`, and keeps whether it was acknowledged. Rejects as a post does. */
  async say(roomName: string, key: string, more: ValueMap = {}): Promise<number> {
    const place = JSON.stringify([roomName, key]);
    this.#unacknowledged.set(place, { roomName, key });
    const id = await this.post(roomName, { ...more, key });
    this.#unacknowledged.delete(place);
    this.acknowledged.push({ roomName, key, id });
    return id;
  }

  /** What the history checker wants to know of one room. */
  historyEntries(roomName: string): readonly Entry[] {
    return this.#history.get(roomName) ?? [];
  }

  /** The same of all rooms, under a name for this client. */
  historyTranscripts(observer: string): Transcript[] {
    return [...this.#history].map(([roomName, entries]) => ({ observer, roomName, entries }));
  }

  /** Destroys the connection, as a broken network would; the client comes back by itself. */
  cut(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  #listen<N extends EventName>(name: N): void {
    this.on(name, (...args) => {
      this.transcript.push({ name, args });
      const { heard, waiters } = this.#hearingOf(name);
      const entry: Heard<N> = { args, taken: false };
      heard.push(entry);
      for (const offer of waiters) offer(entry);
    });
  }

  #hearingOf<N extends EventName>(name: N): Hearing<N> {
    const known: Hearing<N> | undefined = this.#hearings[name];
    if (known !== undefined) return known;
    const made: Hearing<N> = { heard: [], waiters: new Set(), firstOpen: 0 };
    Object.assign(this.#hearings, { [name]: made });
    return made;
  }

  /** Positions tell messages that are followed from those of rooms that only a raw request joined. */
  #keepHistory(): void {
    const write = (roomName: string, entry: Entry): void => {
      const entries = this.#history.get(roomName);
      if (entries === undefined) this.#history.set(roomName, [entry]);
      else entries.push(entry);
    };
    this.on('joined', ({ roomName, epoch, lastMessageId }) =>
      write(roomName, { kind: 'joined', epoch, lastMessageId }),
    );
    this.on('recovered', ({ roomName, epoch, lastMessageId }) =>
      write(roomName, { kind: 'recovered', epoch, lastMessageId }),
    );
    this.on('left', ({ roomName }) => write(roomName, { kind: 'left' }));
    this.on('roomReset', (roomName, epoch, lastMessageId) => {
      if (this.position(roomName) !== undefined) write(roomName, { kind: 'reset', epoch, lastMessageId });
    });
    this.on('roomMessage', (roomName, { id, key }) => {
      const epoch = this.position(roomName)?.epoch;
      if (epoch === undefined || typeof id !== 'number') return;
      write(roomName, { kind: 'message', epoch, id, key: typeof key === 'string' ? key : '' });
    });
  }
}

/** The `RequestError` that a request is to fail with; throws when it succeeds, or fails otherwise. */
export async function failureOf(request: Promise<unknown>): Promise<RequestError> {
  const result = await request.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in result && result.error instanceof RequestError) return result.error;
  throw new Error(`expected a RequestError, got ${JSON.stringify(result)}`);
}

/** A class like `ws`, whose open sockets are known. */
function trackedSocket(sockets: Set<WebSocket>): new (url: string, protocols: string[]) => WebSocket {
  return class extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, { perMessageDeflate: false });
      sockets.add(this);
      this.once('close', () => sockets.delete(this));
    }
  };
}
