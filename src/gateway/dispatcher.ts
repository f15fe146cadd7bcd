/**
 * From a well-formed message to its response: finds the request, checks its arguments, keeps the order per topic, runs
 * the handler, and answers with one of the declared codes whatever happens in it.
 */
import { actingAs } from '../chat/actor.ts';
import type { Handlers } from '../chat/caller.ts';
import { answer, plain, settled, UnderWay, type AnyOutcome, type Told } from '../chat/outcome.ts';
import { fillIn, namesNobody, type FilledIn } from '../chat/auth/fill-in.ts';
import { login, type Login } from '../chat/auth/login.ts';
import { GlobalRoom } from '../chat/membership/global-room.ts';
import { UNITS_PER_ROOM } from '../chat/session/session.ts';
import { callHandler, type Asking, type SocketCall } from '../service/server-api.ts';
import type { Services } from '../chat/services.ts';
import type { Distributions } from '../ops/distribution.ts';
import { isRequestName, orderKeys, pipelineOf, type RequestName } from '../protocol/catalogue.ts';
import type { Message } from '../protocol/wire/codec.ts';
import { fail, failBecause, Failure, toErrorValue, unavailable } from '../protocol/errors/errors.ts';
import { isErrorCode } from '../protocol/errors/table.ts';
import type { Credentials } from '../protocol/connection.ts';
import { checkArgs } from '../protocol/params/validate.ts';
import type { Value } from '../protocol/params/values.ts';
import { StateUnavailable } from '../redis/unavailable.ts';
import type { Connection } from './connection.ts';
import type { Hub } from './hub.ts';
import { ClientSocket, OPENING_MS, type Opening } from './client-socket.ts';
import { deliverKept, tellLogin, wasTold, type LoginTelling } from './login-telling.ts';
import { Turns } from './turns.ts';

export type RequestLike = Extract<Message, { type: 0 | 2 }>;

/** By a request, or by the token that came with the upgrade. */
export interface LoginAttempt {
  readonly message?: RequestLike;
  readonly bearer?: string;
}

export interface DispatcherDeps {
  readonly handlers: Handlers;
  /** Without the operator's hooks: for who bypasses them. */
  readonly bareHandlers: Handlers;
  readonly services: Services;
  readonly hub: Hub;
  /** How long requests took, by method and outcome. */
  readonly durations: Distributions;
  onDefect(error: unknown, method: string, socketId: string): string;
  onLogin(socket: ClientSocket): void;
  onLoginRefused(connection: Connection, failure: Failure): void;
}

const METHOD_SHOWN_MAX = 128;
/** A reply of that size costs nothing beside its request. */
const FREE_REPLY_BYTES = 4096;
const REPLY_BYTES_PER_UNIT = 8192;

export class Dispatcher {
  readonly #deps: DispatcherDeps;
  readonly #globalRoom: GlobalRoom;

  constructor(deps: DispatcherDeps) {
    this.#deps = deps;
    this.#globalRoom = new GlobalRoom(deps.services);
  }

  /** Runs one request of a logged-in socket and answers it. Never rejects. */
  async run(socket: ClientSocket, message: RequestLike): Promise<void> {
    const { opening } = socket;
    if (opening !== undefined && message.method === 'login') return this.#fillIn(socket, message, opening);
    socket.goLive();
    const began = performance.now();
    const bytes = this.#answer(socket.connection, message, await this.#outcomeOf(socket, message), began);
    if (bytes > FREE_REPLY_BYTES) socket.spend(bytes / REPLY_BYTES_PER_UNIT);
  }

  async #outcomeOf(socket: ClientSocket, { method, params, faultAt }: RequestLike): Promise<AnyOutcome> {
    if (!isRequestName(method)) return unknownMethod(method);
    if (method === 'login') return loggedIn();
    try {
      const args = checkArgs(method, params, faultAt, this.#deps.services.settings.limits);
      if (args instanceof Failure) return args;
      return await this.#inOrder(socket, method, args, () => this.#handle({ by: socket, socket }, method, args));
    } catch (error) {
      return this.#failureOf(error, method, socket.socketId);
    }
  }

  /** Runs a request for a socket that somebody else asks for, in order with the socket's own. Never rejects. */
  async runFor(socket: ClientSocket, call: SocketCall): Promise<Value | Failure> {
    const { method, params, bypassPermissions, bypassHooks } = call;
    // Whoever asks has checked them; it may be another version of this.
    const args = checkArgs(method, params, -1, this.#deps.services.settings.limits);
    if (args instanceof Failure) return args;
    const by = actingAs(socket.userName, { bypassPermissions });
    const handlers = bypassHooks ? this.#deps.bareHandlers : this.#deps.handlers;
    const outcome = await this.#inOrder(socket, method, args, () =>
      this.#handle({ by, socket }, method, args, handlers),
    );
    const mayAct = this.#deps.services.instance.held;
    const gone = mayAct ? fail('invalidSocket', [socket.socketId]) : unavailable();
    let given: Value | Failure = gone;
    this.#takeTurn(socket.connection, method, outcome, (told) => {
      given = plain(told);
    });
    return socket.open ? given : gone;
  }

  /** Runs work behind what the socket has under way on the same topics. */
  async #inOrder(
    socket: ClientSocket,
    method: RequestName,
    args: Parameters<typeof orderKeys>[1],
    work: () => Promise<AnyOutcome | UnderWay>,
  ): Promise<AnyOutcome> {
    const keys = orderKeys(method, args);
    if (keys.length === 0) return settled(await work());
    const turns = (socket.turns ??= new Turns());
    const turn = turns.enter(keys, pipelineOf(method));
    try {
      if (turn.coming !== undefined) {
        await turn.coming;
        // What has waited until its socket is gone need not be done any more: nobody was told that it would be.
        if (!socket.open) return unavailable();
      }
      const done = await work();
      if (!(done instanceof UnderWay)) return done;
      turn.begun();
      return await done.outcome;
    } finally {
      turn.end();
      if (turns.isEmpty && socket.turns === turns) socket.turns = undefined;
    }
  }

  /** Logs a connection in, or ends it. `adopt` gets the socket before anything is sent to it. Never rejects. */
  async login(connection: Connection, attempt: LoginAttempt, adopt: (socket: ClientSocket) => void): Promise<void> {
    const { arriving } = this.#deps.hub;
    const { socketId } = connection;
    const telling: LoginTelling = { message: attempt.message, began: performance.now(), told: 'nothing' };
    arriving.add(socketId);
    try {
      await this.#attemptLogin(connection, attempt, telling, adopt);
    } catch (error) {
      this.#breakOffLogin(connection, telling, this.#failureOf(error, 'login', socketId));
    } finally {
      arriving.delete(socketId);
    }
  }

  async #attemptLogin(
    connection: Connection,
    { message, bearer }: LoginAttempt,
    telling: LoginTelling,
    adopt: (socket: ClientSocket) => void,
  ): Promise<void> {
    const { socketId } = connection;
    const { limits } = this.#deps.services.settings;
    const args = message && checkArgs('login', message.params, message.faultAt, limits);
    if (args instanceof Failure) return this.#refuseLogin(connection, telling, args);
    const credentials: Credentials = args?.credentials ?? { token: bearer ?? '' };
    const done = await this.#logIn(connection, credentials);
    if (done instanceof Failure) return this.#refuseLogin(connection, telling, done);
    let isAdopted = false;
    try {
      const socket = new ClientSocket(connection, done);
      if (connection.open) {
        adopt(socket);
        isAdopted = true;
      }
      socket.spend(done.restored.length * UNITS_PER_ROOM);
      await this.#confirmLogin(socket, telling, done, message === undefined);
    } catch (error) {
      // Nobody is there any more who would take what is kept for it. One that was adopted is taken out by its end.
      done.switchOver.abandon();
      const { disconnects } = this.#deps.services;
      if (!isAdopted) disconnects.add({ socketId, userName: done.userName }, [], done.nodeId);
      throw error;
    }
    this.#measure('login', 'ok', telling.began);
  }

  async #logIn(connection: Connection, credentials: Credentials): Promise<Login | Failure> {
    const { services } = this.#deps;
    const { socketId } = connection;
    try {
      const done = await login(services, socketId, credentials, () => connection.open);
      if (done instanceof Failure || this.#deps.services.instance.held) return done;
      // The lease has run out during the login.
      done.switchOver.abandon();
      services.disconnects.add({ socketId, userName: done.userName }, [], done.nodeId);
      return unavailable();
    } catch (error) {
      return this.#failureOf(error, 'login', socketId);
    }
  }

  /** One by header may be filled in by the first request: live notices begin with that, or a little later. */
  async #confirmLogin(socket: ClientSocket, telling: LoginTelling, done: Login, mayBeFilledIn: boolean): Promise<void> {
    const { hub, services } = this.#deps;
    const { connection } = socket;
    const inTime = connection.open;
    if (inTime) {
      hub.add(socket);
      this.#deps.onLogin(socket);
      await tellLogin(connection, telling, done);
      wasTold(services, socket, done);
      this.#globalRoom.join(socket);
    }
    const begin = (filled?: FilledIn): void =>
      done.switchOver.complete(socket, {
        attach: () => hub.attachUser(socket),
        deliver: (event) => {
          deliverKept(hub, socket, event, done.pushed, filled);
          // It may have been closed while it was logging in.
          return socket.open;
        },
        // What it was told meanwhile is not known. The next login restores its session, and gives what is in the inbox.
        tellHole: () => socket.startAfresh(),
        failed: () => socket.startAfresh(),
        closed: () => {
          // Otherwise the gateway saw a socket close, and has begun this.
          if (!inTime) services.disconnects.add(socket, [], socket.nodeId);
        },
      });
    if (mayBeFilledIn && connection.open)
      socket.opening = { until: performance.now() + OPENING_MS, login: done, begin };
    else begin();
  }

  /** The first request of a socket that has logged in by header is a login: it says what a header cannot. Never rejects. */
  async #fillIn(socket: ClientSocket, message: RequestLike, opening: Opening): Promise<void> {
    const { connection } = socket;
    const began = performance.now();
    const { services } = this.#deps;
    const args = checkArgs('login', message.params, message.faultAt, services.settings.limits);
    if (args instanceof Failure || !namesNobody(args.credentials)) {
      socket.goLive();
      return void this.#answer(connection, message, args instanceof Failure ? args : loggedIn(), began);
    }
    const telling: LoginTelling = { message, began, told: 'confirmed' };
    // However long it takes: what is live comes behind what it tells.
    opening.until = Infinity;
    try {
      const filled = await fillIn(services, socket.socketId, opening.login, args.credentials, () => connection.open);
      if (filled instanceof Failure) return this.#refuseLogin(connection, telling, filled);
      if (!services.instance.held) return this.#refuseLogin(connection, telling, unavailable());
      socket.filledIn(filled);
      socket.spend(filled.restored.length * UNITS_PER_ROOM);
      await tellLogin(connection, telling, { userName: socket.userName, ...filled });
      wasTold(services, socket, filled);
      // It may have closed meanwhile, which has begun it.
      if (socket.opening === opening) {
        socket.opening = undefined;
        opening.login.switchOver.extend(filled.at);
        opening.begin(filled);
      }
      this.#measure('login', 'ok', began);
    } catch (error) {
      this.#breakOffLogin(connection, telling, this.#failureOf(error, 'login', socket.socketId));
    }
  }

  #refuseLogin(connection: Connection, { message, began, told }: LoginTelling, failure: Failure): void {
    this.#measure('login', outcomeName(failure), began);
    this.#deps.onLoginRefused(connection, failure);
    const error = toErrorValue(failure);
    const temporary = error['temporary'] === true;
    connection.cork(() => {
      // Where it heard that it is confirmed it cannot hear that it is rejected: then it is answered only.
      if (!temporary && told === 'nothing') connection.notify('loginRejected', [error]);
      if (message?.type === 0) connection.respond(message.id, error, null);
    });
    connection.end(temporary ? 'serverError' : 'loginRejected');
  }

  /** A login that broke while it was told of: its socket does not stay. That it is closed takes it out of everything. */
  #breakOffLogin(connection: Connection, telling: LoginTelling, failure: Failure): void {
    if (telling.told === 'nothing') return this.#refuseLogin(connection, telling, failure);
    const { message, began, told } = telling;
    this.#measure('login', outcomeName(failure), began);
    // It heard that it is confirmed: it cannot hear that it is rejected.
    if (message?.type === 0 && told !== 'all') connection.respond(message.id, toErrorValue(failure), null);
    connection.end('serverError');
  }

  async #handle(
    asking: Asking,
    method: Exclude<RequestName, 'login'>,
    args: unknown,
    handlers: Handlers = this.#deps.handlers,
  ): Promise<AnyOutcome | UnderWay> {
    const failed = (error: unknown): Failure => this.#failureOf(error, method, asking.socket?.socketId ?? '');
    try {
      const done = await callHandler(handlers, method, asking, args);
      return done instanceof UnderWay ? new UnderWay(done.outcome.catch(failed)) : done;
    } catch (error) {
      return failed(error);
    }
  }

  #failureOf(error: unknown, method: string, socketId: string): Failure {
    if (error instanceof StateUnavailable) return unavailable();
    return fail('internalError', [this.#deps.onDefect(error, method, socketId)]);
  }

  /** Answers a request; returns the bytes of the response. */
  #answer(connection: Connection, message: RequestLike, outcome: AnyOutcome, began: number): number {
    let bytes = 0;
    const told = this.#takeTurn(connection, message.method, outcome, (value) => {
      bytes = this.#respond(connection, message, value);
    });
    this.#measure(message.method, outcomeName(told), began);
    if (this.#deps.services.instance.held) connection.finishEnd();
    return bytes;
  }

  #takeTurn(connection: Connection, method: string, outcome: AnyOutcome, tell: (told: Told) => void): Told {
    return answer(outcome, {
      mayAct: this.#deps.services.instance.held,
      together: (work) => connection.cork(work),
      tell,
      failureOf: (error) => this.#failureOf(error, labelOf(method), connection.socketId),
      startAfresh: () => connection.end('serverError'),
    });
  }

  #respond(connection: Connection, message: RequestLike, told: Told): number {
    if (message.type !== 0) return 0;
    if (told instanceof Failure) return connection.respond(message.id, toErrorValue(told), null);
    return connection.respond(message.id, null, told);
  }

  #measure(method: string, outcome: string, began: number): void {
    this.#deps.durations.of(labelOf(method), outcome).observe(performance.now() - began);
  }

  /** Refuses a message without running it. */
  refuse(connection: Connection, message: RequestLike, failure: Failure): void {
    if (connection.open) this.#answer(connection, message, failure, performance.now());
  }
}

/** Anything may stand where a method does, and each label is kept. */
const labelOf = (method: string): string => (isRequestName(method) ? method : 'unknown');
const loggedIn = (): Failure => failBecause('notAllowed', [], 'this socket has logged in');
const unknownMethod = (method: string): Failure => fail('noCommand', [method.slice(0, METHOD_SHOWN_MAX)]);

/** Codes of an operator's own are one label: there is no end to them. */
function outcomeName(told: Told): string {
  if (!(told instanceof Failure)) return 'ok';
  return isErrorCode(told.code) ? told.code : 'own';
}
