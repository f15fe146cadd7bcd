/**
 * From a well-formed message to its response: finds the request, checks its arguments, keeps the order per topic, runs
 * the handler, and answers with one of the declared codes whatever happens in it.
 */
import { actingAs } from '../chat/actor.ts';
import type { Handlers } from '../chat/caller.ts';
import { plain, settled, UnderWay, type AnyOutcome } from '../chat/outcome.ts';
import type { Services } from '../chat/services.ts';
import { callHandler, type Asking, type SocketCall } from '../service/server-api.ts';
import { isRequestName, orderKeys, pipelineOf, type RequestName } from '../protocol/catalogue.ts';
import { fail, Failure, unavailable } from '../protocol/errors/errors.ts';
import { checkArgs } from '../protocol/params/validate.ts';
import type { Value } from '../protocol/params/values.ts';
import type { Answers, RequestLike } from './answers.ts';
import type { ClientSocket } from './client-socket.ts';
import { loggedIn, type Logins } from './login/logins.ts';
import { Turns } from './turns.ts';

export interface DispatcherDeps {
  readonly handlers: Handlers;
  /** Without the operator's hooks: for who bypasses them. */
  readonly bareHandlers: Handlers;
  readonly settings: Pick<Services['settings'], 'limits'>;
  readonly answers: Answers;
  readonly logins: Pick<Logins, 'fillIn'>;
}

const METHOD_SHOWN_MAX = 128;
/** A reply of that size costs nothing beside its request. */
const FREE_REPLY_BYTES = 4096;
const REPLY_BYTES_PER_UNIT = 8192;

export class Dispatcher {
  readonly #deps: DispatcherDeps;

  constructor(deps: DispatcherDeps) {
    this.#deps = deps;
  }

  /** Runs one request of a logged-in socket and answers it. Never rejects. */
  async run(socket: ClientSocket, message: RequestLike): Promise<void> {
    const { answers, logins } = this.#deps;
    const { opening } = socket;
    if (opening !== undefined && message.method === 'login') return logins.fillIn(socket, message, opening);
    socket.goLive();
    const began = performance.now();
    const bytes = answers.answer(socket.connection, message, await this.#outcomeOf(socket, message), began);
    if (bytes > FREE_REPLY_BYTES) socket.spend(bytes / REPLY_BYTES_PER_UNIT);
  }

  async #outcomeOf(socket: ClientSocket, { method, params, faultAt }: RequestLike): Promise<AnyOutcome> {
    if (!isRequestName(method)) return unknownMethod(method);
    if (method === 'login') return loggedIn();
    try {
      const args = checkArgs(method, params, faultAt, this.#deps.settings.limits);
      if (args instanceof Failure) return args;
      return await this.#inOrder(socket, method, args, () => this.#handle({ by: socket, socket }, method, args));
    } catch (error) {
      return this.#deps.answers.failureOf(error, method, socket.socketId);
    }
  }

  /** Runs a request for a socket that somebody else asks for, in order with the socket's own. Never rejects. */
  async runFor(socket: ClientSocket, call: SocketCall): Promise<Value | Failure> {
    const { handlers, bareHandlers, settings, answers } = this.#deps;
    const { method, params, bypassPermissions, bypassHooks } = call;
    // Whoever asks has checked them; it may be another version of this.
    const args = checkArgs(method, params, -1, settings.limits);
    if (args instanceof Failure) return args;
    const by = actingAs(socket.userName, { bypassPermissions });
    const outcome = await this.#inOrder(socket, method, args, () =>
      this.#handle({ by, socket }, method, args, bypassHooks ? bareHandlers : handlers),
    );
    const gone = answers.mayAct ? fail('invalidSocket', [socket.socketId]) : unavailable();
    let given: Value | Failure = gone;
    answers.takeTurn(socket.connection, method, outcome, (told) => {
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

  async #handle(
    asking: Asking,
    method: Exclude<RequestName, 'login'>,
    args: unknown,
    handlers: Handlers = this.#deps.handlers,
  ): Promise<AnyOutcome | UnderWay> {
    const failed = (error: unknown): Failure =>
      this.#deps.answers.failureOf(error, method, asking.socket?.socketId ?? '');
    try {
      const done = await callHandler(handlers, method, asking, args);
      return done instanceof UnderWay ? new UnderWay(done.outcome.catch(failed)) : done;
    } catch (error) {
      return failed(error);
    }
  }
}

const unknownMethod = (method: string): Failure => fail('noCommand', [method.slice(0, METHOD_SHOWN_MAX)]);
