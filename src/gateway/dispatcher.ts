/**
 * From a well-formed message to its response: finds the request, checks its arguments, keeps the order per topic, runs
 * the handler, and answers with one of the declared codes whatever happens in it.
 */
import { setImmediate } from 'node:timers/promises';
import { Answer, type Caller, type Handlers } from '../chat/caller.ts';
import { login, type Login } from '../chat/login.ts';
import { UNITS_PER_ROOM } from '../chat/session.ts';
import { ActingCaller } from '../chat/server/callers.ts';
import { callHandler, type SocketCall } from '../chat/server/server-api.ts';
import type { Services } from '../chat/services.ts';
import type { Distributions } from '../ops/distribution.ts';
import { isRequestName, orderKeys, type RequestName } from '../protocol/catalogue.ts';
import type { Message } from '../protocol/codec.ts';
import { fail, failBecause, Failure, isErrorCode, toErrorValue, unavailable } from '../protocol/errors.ts';
import type { Credentials } from '../protocol/types.ts';
import { plain, type StoredResult } from '../protocol/stored.ts';
import { checkArgs } from '../protocol/validate.ts';
import type { Value } from '../protocol/values.ts';
import { StateUnavailable } from '../state/commands.ts';
import { SERVICE } from '../state/room-state.ts';
import type { Connection } from './connection.ts';
import type { Hub } from './hub.ts';
import { Session, type Tails } from './session.ts';

export type RequestLike = Extract<Message, { type: 0 | 2 }>;

/** By a request, or by the token that came with the upgrade. */
export interface LoginAttempt {
  readonly message?: RequestLike;
  readonly bearer?: string;
}

export interface DispatcherParts {
  readonly handlers: Handlers;
  /** Without the operator's hooks: for who bypasses them. */
  readonly bareHandlers: Handlers;
  readonly services: Services;
  readonly hub: Hub;
  /** How long requests took, by method and outcome. */
  readonly durations: Distributions;
  /** False once this node's lease may have been claimed: nothing is acknowledged then. */
  mayAct(): boolean;
  onDefect(error: unknown, method: string, socketId: string): string;
  onLogin(session: Session): void;
  onLoginRefused(connection: Connection, failure: Failure): void;
}

/** Frames about a session that a login is told at once. */
const RESTORED_PER_TURN = 100;
const METHOD_SHOWN_MAX = 128;
/** A reply of that size costs nothing beside its request. */
const FREE_REPLY_BYTES = 4096;
const REPLY_BYTES_PER_UNIT = 8192;

export class Dispatcher {
  readonly #parts: DispatcherParts;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
  }

  /** Runs one request of a logged-in socket and answers it. Never rejects. */
  async run(session: Session, message: RequestLike): Promise<void> {
    const began = performance.now();
    const bytes = this.#answer(session.connection, message, await this.#settle(session, message), began);
    if (bytes > FREE_REPLY_BYTES) session.spend(bytes / REPLY_BYTES_PER_UNIT);
  }

  async #settle(session: Session, { method, params, faultAt }: RequestLike): Promise<Settled> {
    if (!isRequestName(method)) return unknownMethod(method);
    if (method === 'login') return loggedIn();
    const args = checkArgs(method, params, faultAt, this.#parts.services.settings.limits);
    if (args instanceof Failure) return args;
    return this.#inOrder(session, orderKeys(method, args), () => this.#handle(session, method, args));
  }

  /** Runs a request for a socket that somebody else asks for, in order with the socket's own. Never rejects. */
  async runFor(session: Session, call: SocketCall): Promise<Value | Failure> {
    const { method, params, bypassPermissions, bypassHooks } = call;
    // Whoever asks has checked them; it may be another version of this.
    const args = checkArgs(method, params, -1, this.#parts.services.settings.limits);
    if (args instanceof Failure) return args;
    const caller = new ActingCaller(session, bypassPermissions ? SERVICE : session.userName);
    const handlers = bypassHooks ? this.#parts.bareHandlers : this.#parts.handlers;
    const outcome = await this.#inOrder(session, orderKeys(method, args), () =>
      this.#handle(caller, method, args, handlers),
    );
    const turn = outcome instanceof Answer ? outcome : undefined;
    const mayAct = this.#parts.mayAct();
    if (mayAct) session.connection.cork(() => turn?.before?.());
    turn?.after?.();
    if (!mayAct) return unavailable();
    if (!session.open) return fail('invalidSocket', [session.socketId]);
    // Handlers give what their request declares, and results are declared as values.
    return plain(turn === undefined ? outcome : turn.value) as Value | Failure;
  }

  /** Runs work behind what the socket has under way on the same topics. */
  async #inOrder(session: Session, keys: readonly string[], work: () => Promise<Settled>): Promise<Settled> {
    if (keys.length === 0) return work();
    const tails: Tails = (session.tails ??= new Map());
    const before = keys.flatMap((key) => tails.get(key) ?? []);
    // What has waited until its socket is gone need not be done any more: nobody was told that it would be.
    const inTurn = (): Promise<Settled> => (session.open ? work() : Promise.resolve(unavailable()));
    const outcome = before.length === 0 ? work() : Promise.all(before).then(inTurn);
    for (const key of keys) tails.set(key, outcome);
    const settled = await outcome;
    for (const key of keys) if (tails.get(key) === outcome) tails.delete(key);
    if (tails.size === 0 && session.tails === tails) session.tails = undefined;
    return settled;
  }

  /** Logs a connection in, or ends it. `adopt` gets the session before anything is sent to it. Never rejects. */
  async login(connection: Connection, attempt: LoginAttempt, adopt: (session: Session) => void): Promise<void> {
    const { message, bearer } = attempt;
    const began = performance.now();
    const { limits } = this.#parts.services.settings;
    const args = message && checkArgs('login', message.params, message.faultAt, limits);
    if (args instanceof Failure) return this.#refuseLogin(connection, message, args, began);
    const credentials: Credentials = args?.credentials ?? { token: bearer ?? '' };
    const { arriving } = this.#parts.hub;
    arriving.add(connection.socketId);
    try {
      const result = await this.#logIn(connection, credentials);
      if (result instanceof Failure) return this.#refuseLogin(connection, message, result, began);
      const session = new Session(connection, result);
      if (connection.open) adopt(session);
      session.spend(result.restored.length * UNITS_PER_ROOM);
      await this.#confirmLogin(session, message, result);
      this.#measure('login', 'ok', began);
    } finally {
      arriving.delete(connection.socketId);
    }
  }

  async #logIn(connection: Connection, credentials: Credentials): Promise<Login | Failure> {
    const { services } = this.#parts;
    const { socketId } = connection;
    try {
      const done = await login(services, socketId, credentials, () => connection.open);
      if (done instanceof Failure || this.#parts.mayAct()) return done;
      // The lease has run out during the login.
      done.switchOver.abandon();
      void services.departures.disconnect({ socketId, userName: done.userName }, [], done.nodeId);
      return unavailable();
    } catch (error) {
      return this.#failureOf(error, 'login', socketId);
    }
  }

  async #confirmLogin(session: Session, message: RequestLike | undefined, done: Login): Promise<void> {
    const { hub, services } = this.#parts;
    const { connection } = session;
    const inTime = connection.open;
    if (inTime) {
      hub.add(session);
      this.#parts.onLogin(session);
      await tellLogin(connection, message, done);
    }
    done.switchOver.complete(session, {
      attach: () => hub.attachUser(session),
      // It was closed while it was logging in.
      isOut: (event) => {
        if (event.kind !== 'disconnect') return false;
        session.disconnectForced(event.subject);
        return true;
      },
      closed: () => {
        // Otherwise the gateway saw a session close, and has begun this.
        if (!inTime) void services.departures.disconnect(session, [], session.nodeId);
      },
    });
  }

  #refuseLogin(connection: Connection, message: RequestLike | undefined, failure: Failure, began: number): void {
    this.#measure('login', outcomeName(failure), began);
    this.#parts.onLoginRefused(connection, failure);
    const error = toErrorValue(failure);
    const temporary = error['temporary'] === true;
    connection.cork(() => {
      if (!temporary) connection.notify('loginRejected', [error]);
      if (message?.type === 0) connection.respond(message.id, error, null);
    });
    connection.end(temporary ? 'serverError' : 'loginRejected');
  }

  async #handle(
    caller: Caller,
    method: Exclude<RequestName, 'login'>,
    args: unknown,
    handlers: Handlers = this.#parts.handlers,
  ): Promise<Settled> {
    try {
      return await callHandler(handlers, method, caller, args);
    } catch (error) {
      return this.#failureOf(error, method, caller.socketId);
    }
  }

  #failureOf(error: unknown, method: string, socketId: string): Failure {
    if (error instanceof StateUnavailable) return unavailable();
    return fail('internalError', [this.#parts.onDefect(error, method, socketId)]);
  }

  /**
   * Everything of one turn: what the request caused for its caller, the response, what begins after it. Returns the bytes
   * of the response.
   */
  #answer(connection: Connection, message: RequestLike, outcome: Settled, began: number): number {
    const turn = outcome instanceof Answer ? outcome : undefined;
    const mayAct = this.#parts.mayAct();
    this.#measure(
      message.method,
      mayAct ? outcomeName(turn === undefined ? outcome : turn.value) : 'unavailable',
      began,
    );
    if (!mayAct) {
      this.#respond(connection, message, unavailable());
      turn?.after?.();
      return 0;
    }
    let bytes = 0;
    connection.cork(() => {
      turn?.before?.();
      bytes = this.#respond(connection, message, turn === undefined ? outcome : turn.value);
    });
    turn?.after?.();
    connection.settleEnd();
    return bytes;
  }

  #respond(connection: Connection, message: RequestLike, outcome: unknown): number {
    if (message.type !== 0) return 0;
    if (isFailure(outcome)) return connection.respond(message.id, toErrorValue(outcome), null);
    // Handlers give what their request declares, and results are declared as values.
    return connection.respond(message.id, null, outcome as Value | StoredResult<Value>);
  }

  #measure(method: string, outcome: string, began: number): void {
    // Anything may stand where a method does, and each label is kept.
    const label = isRequestName(method) ? method : 'unknown';
    this.#parts.durations.of(label, outcome).observe(performance.now() - began);
  }

  /** Refuses a message without running it. */
  refuse(connection: Connection, message: RequestLike, failure: Failure): void {
    if (connection.open) this.#answer(connection, message, failure, performance.now());
  }
}

/** A long session is told in several turns. What is live waits until it is told whole. */
async function tellLogin(connection: Connection, message: RequestLike | undefined, done: Login): Promise<void> {
  const { userName, authData, restored } = done;
  for (let at = 0; at === 0 || at < restored.length; at += RESTORED_PER_TURN) {
    if (at > 0) await setImmediate();
    connection.cork(() => {
      if (at === 0) connection.notify('loginConfirmed', [userName, authData]);
      for (const frame of restored.slice(at, at + RESTORED_PER_TURN)) connection.sendFrame(frame);
      const isLast = at + RESTORED_PER_TURN >= restored.length;
      if (isLast && message?.type === 0) connection.respond(message.id, null, authData);
    });
  }
}

/** What a handler has given: a failure, an answer, or a bare result. */
type Settled = unknown;

const loggedIn = (): Failure => failBecause('notAllowed', [], 'this socket has logged in');
const unknownMethod = (method: string): Failure => fail('noCommand', [method.slice(0, METHOD_SHOWN_MAX)]);

/** Codes of an operator's own are one label: there is no end to them. */
function outcomeName(outcome: Settled): string {
  if (!isFailure(outcome)) return 'ok';
  return isErrorCode(outcome.code) ? outcome.code : 'own';
}

// A bare `instanceof` would leave the codes untyped.
const isFailure = (outcome: unknown): outcome is Failure => outcome instanceof Failure;
