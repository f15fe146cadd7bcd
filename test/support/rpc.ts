// A plain caller over the wire: requests in, outcomes and notifications out, in either format. It holds everything it
// receives against the catalogue, but reconnects, recovers and remembers nothing; that is the client library's work.
import { expect } from '@jest/globals';
import { createCodec, type Codec, type Format, type Message } from '../../src/protocol/wire/codec.ts';
import type { ErrorValue } from '../../src/protocol/errors/errors.ts';
import type { AuthData } from '../../src/protocol/connection.ts';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import type { Scope } from './disposal.ts';
import { openRaw, type Frame, type RawClient, type RawOptions } from './raw-client.ts';
import { checkNotification, checkResponse, createPlaceCheck } from './wire-check.ts';

export type { AuthData } from '../../src/protocol/connection.ts';
export type { ErrorValue } from '../../src/protocol/errors/errors.ts';

/** A request as a tuple: the method, then its params. */
export type Call = readonly [method: string, ...params: Value[]];
export type Outcome = { readonly result: Value } | { readonly error: ErrorValue };
/** What came in, in order: `name` of a notification, or `method` of the request that is answered. */
export type Entry =
  { readonly name: string; readonly params: Value[] } | { readonly method: string; readonly outcome: Outcome };

export interface RpcOptions extends Omit<RawOptions, 'subprotocol'> {
  /** `msgpack` when left out. */
  format?: Format;
  /** The service has hooks, which may refuse any request with any code. */
  hooked?: boolean;
}

export interface Rpc {
  readonly raw: RawClient;
  readonly format: Format;
  /** Everything received so far, in order. */
  readonly received: readonly Entry[];
  /** The result; rejects when the request is refused, or not answered. */
  call(method: string, ...params: Value[]): Promise<Value>;
  /** The error that refuses the request; rejects when it succeeds. */
  refusal(method: string, ...params: Value[]): Promise<ErrorValue>;
  /** Requests in one frame, and what becomes of each. */
  callAll(...calls: Call[]): Promise<Outcome>[];
  /** Requests without a response, in one frame. */
  notify(...calls: Call[]): void;
  /** Params of the oldest notification of that name not yet taken; waits for it. */
  next(name: string): Promise<Value[]>;
  /** Params of all notifications of that name so far, taken or not. */
  heard(name: string): Value[][];
  login(credentials: ValueMap): Promise<AuthData>;
}

export interface User extends Rpc {
  readonly userName: string;
  readonly authData: AuthData;
}

const timeoutMs = 45_000;
const foreverMs = 2 ** 31 - 1;

/** Connects without logging in. */
export async function connectRpc(scope: Scope, url: string, options: RpcOptions = {}): Promise<Rpc> {
  const { format = 'msgpack', hooked = false, ...rest } = options;
  const raw = await openRaw(scope, url, { ...rest, subprotocol: `parley.v1.${format}` });
  if (raw.upgradeError !== undefined) throw new Error(`the upgrade was refused with ${raw.upgradeError}`);
  const rpc = createRpc(raw, createCodec(format, { accept: 'replies' }), hooked);
  // What a test does not look at is judged all the same.
  scope.add(() => expect(rpc.violations).toEqual([]));
  return rpc;
}

/** Connects and logs a user in, by name unless `credentials` say otherwise. */
export async function loginRpc(
  scope: Scope,
  url: string,
  userName: string,
  options: RpcOptions & { credentials?: ValueMap } = {},
): Promise<User> {
  const { credentials = { userName }, ...rest } = options;
  const rpc = await connectRpc(scope, url, rest);
  return Object.assign(rpc, { userName, authData: await rpc.login(credentials) });
}

/** One frame of several messages. */
export function joinFrame(format: Format, messages: readonly Frame[]): Frame {
  if (format === 'json') return messages.join('\n');
  return Buffer.concat(messages.filter((message) => typeof message !== 'string'));
}

interface Pending {
  readonly method: string;
  readonly settle: (outcome: Outcome) => void;
  readonly fail: (error: Error) => void;
}

/** The part of an `Rpc` that the rest is made of. */
interface Wire extends Pick<Rpc, 'received' | 'callAll' | 'notify' | 'next'> {
  readonly violations: readonly string[];
}

function createRpc(raw: RawClient, codec: Codec, hooked: boolean): Rpc & { readonly violations: readonly string[] } {
  const wire = createWire(raw, codec, hooked);
  const ask = async (...call: Call): Promise<Outcome> => {
    const [outcome] = await Promise.all(wire.callAll(call));
    if (outcome === undefined) throw new Error('asked, but not answered');
    return outcome;
  };
  const call = async (method: string, ...params: Value[]): Promise<Value> => {
    const outcome = await ask(method, ...params);
    if ('error' in outcome) throw new Error(`${method} was refused: ${JSON.stringify(outcome.error)}`);
    return outcome.result;
  };
  return {
    ...wire,
    raw,
    format: codec.format,
    call,
    refusal: async (method, ...params) => {
      const outcome = await ask(method, ...params);
      if ('result' in outcome) throw new Error(`${method} succeeded: ${JSON.stringify(outcome.result)}`);
      return outcome.error;
    },
    heard: (name) => wire.received.flatMap((entry) => ('name' in entry && entry.name === name ? [entry.params] : [])),
    // Checked against the catalogue like every result.
    login: async (credentials) => (await call('login', credentials)) as unknown as AuthData,
  };
}

function createWire(raw: RawClient, codec: Codec, hooked: boolean): Wire {
  const received: Entry[] = [];
  const violations: string[] = [];
  const pending = new Map<number, Pending>();
  const notices = createNotices();
  const checkPlace = createPlaceCheck();
  let lastId = 0;
  let ended: Error | undefined;

  const take = (message: Message): void => {
    if (message.type === 2) {
      violations.push(...checkNotification(message.method, message.params));
      violations.push(...checkPlace(message.method, message.params));
      received.push({ name: message.method, params: message.params });
      notices.put(message.method, message.params);
    } else if (message.type === 1) {
      const asked = pending.get(message.id);
      if (asked === undefined) return void violations.push(`a response to ${message.id}, which nobody asked`);
      pending.delete(message.id);
      violations.push(...checkResponse(asked.method, message.error, message.result, hooked));
      // The check has seen to it that it is one.
      const error = message.error as ErrorValue | null;
      const outcome = error === null ? { result: message.result } : { error };
      received.push({ method: asked.method, outcome });
      asked.settle(outcome);
    }
  };
  void readFrames(raw, codec, take, (fault) => violations.push(fault)).then((closed) => {
    ended = closed;
    for (const one of pending.values()) one.fail(closed);
    pending.clear();
    notices.end(closed);
  });

  const expectOutcome = (id: number, method: string): Promise<Outcome> => {
    const outcome = new Promise<Outcome>((settle, fail) => {
      if (ended === undefined) pending.set(id, { method, settle, fail });
      else fail(ended);
    });
    const bounded = withinTime(outcome, `no response to ${method}`);
    // A test may not care what becomes of a request whose connection it closes.
    bounded.catch(() => undefined);
    return bounded;
  };
  return {
    received,
    violations,
    callAll: (...calls) => {
      const asked = calls.map((call) => ({ call, id: ++lastId, outcome: expectOutcome(lastId, call[0]) }));
      const messages = asked.map(({ call: [method, ...params], id }) => codec.encodeRequest(id, method, params));
      raw.send(joinFrame(codec.format, messages));
      return asked.map(({ outcome }) => outcome);
    },
    notify: (...calls) => {
      const messages = calls.map(([method, ...params]) => codec.encodeNotification(method, params));
      raw.send(joinFrame(codec.format, messages));
    },
    next: (name) => withinTime(notices.next(name), `no ${name}`),
  };
}

/** Hands over messages until the connection closes; resolves with why. */
async function readFrames(
  raw: RawClient,
  codec: Codec,
  take: (message: Message) => void,
  onFault: (fault: string) => void,
): Promise<Error> {
  for (;;) {
    let frame: Frame;
    try {
      frame = await raw.nextFrame({ timeoutMs: foreverMs });
    } catch (closed) {
      return closed instanceof Error ? closed : new Error(String(closed));
    }
    const { messages, malformed } = codec.decodeFrame(typeof frame === 'string' ? Buffer.from(frame) : frame);
    for (const message of messages) take(message);
    if (malformed !== undefined) onFault(`a malformed frame: ${malformed}`);
  }
}

interface Notices {
  put(name: string, params: Value[]): void;
  next(name: string): Promise<Value[]>;
  /** None will come any more. */
  end(reason: Error): void;
}

function createNotices(): Notices {
  const ready = new Map<string, Value[][]>();
  const waiting = new Map<string, { resolve: (params: Value[]) => void; reject: (reason: Error) => void }[]>();
  let ended: Error | undefined;
  return {
    put: (name, params) => {
      const first = waiting.get(name)?.shift();
      if (first !== undefined) first.resolve(params);
      else ready.set(name, [...(ready.get(name) ?? []), params]);
    },
    next: (name) => {
      const oldest = ready.get(name)?.shift();
      if (oldest !== undefined) return Promise.resolve(oldest);
      if (ended !== undefined) return Promise.reject(ended);
      return new Promise((resolve, reject) => {
        waiting.set(name, [...(waiting.get(name) ?? []), { resolve, reject }]);
      });
    },
    end: (reason) => {
      ended = reason;
      for (const waiter of [...waiting.values()].flat()) waiter.reject(reason);
      waiting.clear();
    },
  };
}

async function withinTime<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
