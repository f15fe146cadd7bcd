/**
 * Logins of connections: what each comes to, how it is told, and when its live notices begin. One that came with the upgrade may be filled in
 * by the first request, which says what a header cannot.
 */
import { fillIn, namesNobody, type FilledIn } from '../../chat/auth/fill-in.ts';
import { login, type Login } from '../../chat/auth/login.ts';
import { GlobalRoom } from '../../chat/membership/global-room.ts';
import type { Services } from '../../chat/services.ts';
import { UNITS_PER_ROOM } from '../../chat/session/session.ts';
import type { Credentials } from '../../protocol/connection.ts';
import { failBecause, Failure, toErrorValue, unavailable } from '../../protocol/errors/errors.ts';
import { checkArgs } from '../../protocol/params/validate.ts';
import type { Answers, RequestLike } from '../answers.ts';
import { ClientSocket, OPENING_MS, type Opening } from '../client-socket.ts';
import type { Connection } from '../connection.ts';
import type { Hub } from '../hub/hub.ts';
import { deliverKept, tellLogin, wasTold, type LoginTelling } from './login-telling.ts';

/** By a request, or by the token that came with the upgrade. */
export interface LoginAttempt {
  readonly message?: RequestLike;
  readonly bearer?: string;
}

export interface LoginsDeps {
  readonly services: Services;
  readonly hub: Hub;
  readonly answers: Answers;
  onLogin(socket: ClientSocket): void;
  onLoginRefused(connection: Connection, failure: Failure): void;
}

/** To a second login. */
export const loggedIn = (): Failure => failBecause('notAllowed', [], 'this socket has logged in');

export class Logins {
  readonly #deps: LoginsDeps;
  readonly #globalRoom: GlobalRoom;

  constructor(deps: LoginsDeps) {
    this.#deps = deps;
    this.#globalRoom = new GlobalRoom(deps.services);
  }

  /** Logs a connection in, or ends it. `adopt` gets the socket before anything is sent to it. Never rejects. */
  async login(connection: Connection, attempt: LoginAttempt, adopt: (socket: ClientSocket) => void): Promise<void> {
    const { arriving } = this.#deps.hub;
    const { socketId } = connection;
    const telling: LoginTelling = { message: attempt.message, began: performance.now(), told: 'nothing' };
    arriving.add(socketId);
    try {
      await this.#attempt(connection, attempt, telling, adopt);
    } catch (error) {
      this.#breakOff(connection, telling, this.#deps.answers.failureOf(error, 'login', socketId));
    } finally {
      arriving.delete(socketId);
    }
  }

  async #attempt(
    connection: Connection,
    { message, bearer }: LoginAttempt,
    telling: LoginTelling,
    adopt: (socket: ClientSocket) => void,
  ): Promise<void> {
    const { socketId } = connection;
    const { limits } = this.#deps.services.settings;
    const args = message && checkArgs('login', message.params, message.faultAt, limits);
    if (args instanceof Failure) return this.#refuse(connection, telling, args);
    const credentials: Credentials = args?.credentials ?? { token: bearer ?? '' };
    const done = await this.#logIn(connection, credentials);
    if (done instanceof Failure) return this.#refuse(connection, telling, done);
    let isAdopted = false;
    try {
      const socket = new ClientSocket(connection, done);
      if (connection.open) {
        adopt(socket);
        isAdopted = true;
      }
      socket.spend(done.restored.length * UNITS_PER_ROOM);
      await this.#confirm(socket, telling, done, message === undefined);
    } catch (error) {
      // Nobody is there any more who would take what is kept for it. One that was adopted is taken out by its end.
      done.switchOver.abandon();
      const { disconnects } = this.#deps.services;
      if (!isAdopted) disconnects.add({ socketId, userName: done.userName }, [], done.nodeId);
      throw error;
    }
    this.#deps.answers.measure('login', null, telling.began);
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
      return this.#deps.answers.failureOf(error, 'login', socketId);
    }
  }

  /** One by header may be filled in by the first request: live notices begin with that, or a little later. */
  async #confirm(socket: ClientSocket, telling: LoginTelling, done: Login, mayBeFilledIn: boolean): Promise<void> {
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
  async fillIn(socket: ClientSocket, message: RequestLike, opening: Opening): Promise<void> {
    const { connection } = socket;
    const began = performance.now();
    const { services } = this.#deps;
    const args = checkArgs('login', message.params, message.faultAt, services.settings.limits);
    if (args instanceof Failure || !namesNobody(args.credentials)) {
      socket.goLive();
      return void this.#deps.answers.answer(connection, message, args instanceof Failure ? args : loggedIn(), began);
    }
    const telling: LoginTelling = { message, began, told: 'confirmed' };
    // However long it takes: what is live comes behind what it tells.
    opening.until = Infinity;
    try {
      const filled = await fillIn(services, socket.socketId, opening.login, args.credentials, () => connection.open);
      if (filled instanceof Failure) return this.#refuse(connection, telling, filled);
      if (!services.instance.held) return this.#refuse(connection, telling, unavailable());
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
      this.#deps.answers.measure('login', null, began);
    } catch (error) {
      this.#breakOff(connection, telling, this.#deps.answers.failureOf(error, 'login', socket.socketId));
    }
  }

  #refuse(connection: Connection, { message, began, told }: LoginTelling, failure: Failure): void {
    this.#deps.answers.measure('login', failure, began);
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
  #breakOff(connection: Connection, telling: LoginTelling, failure: Failure): void {
    if (telling.told === 'nothing') return this.#refuse(connection, telling, failure);
    const { message, began, told } = telling;
    this.#deps.answers.measure('login', failure, began);
    // It heard that it is confirmed: it cannot hear that it is rejected.
    if (message?.type === 0 && told !== 'all') connection.respond(message.id, toErrorValue(failure), null);
    connection.end('serverError');
  }
}
