/**
 * The server API without its transport: runs any request for the service itself, for a user, or for a socket wherever it
 * is. HTTP and the operator's hooks both come in here. Requests of sockets do not: they are the dispatcher's.
 */
import { Compile } from 'typebox/compile';
import type { Distributions } from '../ops/distribution.ts';
import { isRequestOn, type RequestName, type RequestOn } from '../protocol/catalogue.ts';
import { fail, Failure, unavailable } from '../protocol/errors/errors.ts';
import { isErrorCode } from '../protocol/errors/table.ts';
import { findFault } from '../protocol/wire/fault.ts';
import { isStorableName } from '../protocol/names/rule.ts';
import type { NameLimits } from '../protocol/names/form.ts';
import { normaliserOf } from '../protocol/params/normalise.ts';
import {
  apiDeclaration,
  isApiRequestName,
  isServerRequestName,
  positional,
  type ApiRequestName,
} from '../protocol/service/catalogue.ts';
import { As } from '../protocol/service/types.ts';
import { checkDeclared } from '../protocol/params/validate.ts';
import { asMap, isMap, type Value } from '../protocol/params/values.ts';
import { StateUnavailable } from '../redis/unavailable.ts';
import { actingAs, type Actor } from '../chat/actor.ts';
import type { Caller, Handlers } from '../chat/caller.ts';
import { answer, plain, settled, type AnyOutcome, type UnderWay } from '../chat/outcome.ts';
import type { ServerHandlers, ServerServices } from './contract.ts';
import { bindServerHandlers } from './handlers.ts';

/** A request for a socket, its arguments checked, as it goes to the node that has the socket. */
export interface SocketCall {
  readonly method: SocketMethod;
  readonly params: Value[];
  readonly socketId: string;
  readonly userName: string;
  readonly bypassPermissions: boolean;
  readonly bypassHooks: boolean;
}

/** A request about one socket. */
export type SocketMethod = RequestOn<'socket'>;

/** Has requests run where their sockets are. */
export interface SocketCalls {
  /** Resolves when the node has done it, the socket hears the room or does not any more. */
  run(nodeId: string, call: SocketCall): Promise<Value | Failure>;
}

export interface ServerApiDeps extends ServerServices {
  /** With the operator's hooks, if there are any, and without. */
  readonly handlers: Handlers;
  readonly bareHandlers: Handlers;
  readonly sockets: SocketCalls;
  readonly durations: Distributions;
  /** Gives a reference for the caller. */
  onDefect(error: unknown, method: string): string;
}

/** Requests under way at the same time; beyond that `unavailable`. */
export const API_REQUESTS_MAX = 256;
const METHOD_SHOWN_MAX = 128;

const asSchema = Compile(As);
const normaliseAs = normaliserOf(As);
const asKeys: readonly string[] = Object.keys(As.properties);

/** A mistake in what is around the params. */
export const badRequest = (message: string): Failure<'badArgument'> =>
  new Failure('badArgument', [-1, null], undefined, { message });

export class ServerApi {
  readonly #deps: ServerApiDeps;
  readonly #own: ServerHandlers;
  #running = 0;

  constructor(deps: ServerApiDeps) {
    this.#deps = deps;
    this.#own = bindServerHandlers(deps);
  }

  /** `params` in order, by name, or none; `as` as the schema of that name. Never rejects. */
  async call(method: string, params: Value | undefined, as: Value | undefined): Promise<Value | Failure> {
    if (this.#running >= API_REQUESTS_MAX) return unavailable();
    this.#running++;
    const began = performance.now();
    let outcome: Value | Failure;
    try {
      outcome = this.#deps.services.instance.held ? await this.#run(method, params, as) : unavailable();
      // Past the lease's deadline nothing is acknowledged.
      if (!this.#deps.services.instance.held) outcome = unavailable();
    } catch (error) {
      outcome = this.#failureOf(error, method);
    } finally {
      this.#running--;
    }
    const label = isApiRequestName(method) ? method : 'unknown';
    this.#deps.durations.of(label, outcomeLabel(outcome)).observe(performance.now() - began);
    return outcome;
  }

  async #run(method: string, given: Value | undefined, givenAs: Value | undefined): Promise<Value | Failure> {
    if (!isApiRequestName(method)) return fail('noCommand', [method.slice(0, METHOD_SHOWN_MAX)]);
    const as = readAs(givenAs, this.#deps.services.settings.limits);
    if (as instanceof Failure) return as;
    const declaration = apiDeclaration(method);
    const params = positional(declaration, given);
    if (params === undefined) return badRequest('`params` is neither a list nor a map.');
    const args = checkDeclared(declaration, params, findFault(params), this.#deps.services.settings.limits);
    if (args instanceof Failure) return args;
    if (isServerRequestName(method)) {
      if (as.userName !== undefined) return badRequest('This request is made by the service itself only.');
      // The arguments were checked for this very method; the types of one call cannot say so.
      const handler = this.#own[method] as (args: unknown) => Promise<AnyOutcome>;
      return this.#take(method, await handler(args));
    }
    return this.#runForUser(method, params, args, as);
  }

  async #runForUser(
    method: Exclude<ApiRequestName, keyof ServerHandlers>,
    params: Value[],
    args: unknown,
    as: As,
  ): Promise<Value | Failure> {
    const { userName, socketId } = as;
    if (isRequestOn(method, 'connection')) return fail('noSocket', [method]);
    const isOnSocket = isRequestOn(method, 'socket');
    if (isOnSocket && socketId === undefined) return fail('noSocket', [method]);
    if ((isOnSocket || isRequestOn(method, 'user')) && userName === undefined) return fail('noUser', ['']);
    const nodeId = await this.#find(userName, socketId);
    if (nodeId instanceof Failure) return nodeId;
    const bypassHooks = as.bypassHooks === true;
    if (isOnSocket && userName !== undefined && socketId !== undefined) {
      const bypassPermissions = as.bypassPermissions === true;
      return this.#deps.sockets.run(nodeId, { method, params, socketId, userName, bypassPermissions, bypassHooks });
    }
    const by = actingAs(userName, { bypassPermissions: as.bypassPermissions === true, exceptSocket: socketId });
    const handlers = bypassHooks ? this.#deps.bareHandlers : this.#deps.handlers;
    return this.#take(method, await settled(await callHandler(handlers, method, { by, socket: undefined }, args)));
  }

  /** What an outcome says. Its turn is taken here: nobody is sent anything in between. */
  #take(method: string, outcome: AnyOutcome): Value | Failure {
    const told = answer(outcome, {
      mayAct: this.#deps.services.instance.held,
      together: (work) => work(),
      tell: () => undefined,
      failureOf: (error) => this.#failureOf(error, method),
      startAfresh: () => undefined,
    });
    return plain(told);
  }

  #failureOf(error: unknown, method: string): Failure {
    if (error instanceof StateUnavailable) return unavailable();
    return fail('internalError', [this.#deps.onDefect(error, method.slice(0, METHOD_SHOWN_MAX))]);
  }

  /** The node of a user's socket, '' where none is named; refuses where there is no such user or socket. */
  async #find(userName: string | undefined, socketId: string | undefined): Promise<string | Failure> {
    if (userName === undefined) return '';
    const { admin, services } = this.#deps;
    const isName = isStorableName(userName, services.settings.limits);
    if (!isName || !(await admin.hasUser(userName))) return fail('noUser', [userName]);
    if (socketId === undefined) return '';
    const nodeId = (await services.users.readSockets(userName)).get(socketId);
    return nodeId ?? fail('invalidSocket', [socketId]);
  }
}

/** Who asks for what a handler does, and the socket that is asked for, if one is. */
export interface Asking {
  readonly by: Actor;
  readonly socket: Caller | undefined;
}

/** Runs the handler of a request. Where more of its kind may go beside it, it is begun when this resolves. */
export async function callHandler(
  handlers: Handlers,
  method: Exclude<RequestName, 'login'>,
  { by, socket }: Asking,
  args: unknown,
): Promise<AnyOutcome | UnderWay> {
  // The catalogue has checked these arguments for this very method; the types of one call cannot say so.
  const handler = handlers[method] as unknown as (
    by: Actor,
    args: unknown,
    socket: Caller | undefined,
  ) => Promise<AnyOutcome | UnderWay>;
  return await handler(by, args, socket);
}

/** What is not known, and a user who is nil, is refused: the service would act with all rights by mistake. */
function readAs(value: Value | undefined, limits: NameLimits): As | Failure<'badArgument'> {
  const given = asMap(value ?? {});
  if (!isMap(given)) return badRequest('`as` is no map.');
  const unknown = Object.keys(given).find((key) => !asKeys.includes(key));
  if (unknown !== undefined) return badRequest('`as` has a field that is not known.');
  if (given['userName'] === null) return badRequest('`as` names a user, and no name.');
  const as = normaliseAs?.(given, limits);
  if (!asSchema.Check(as)) return badRequest('`as` is not as it should be.');
  if (as.userName === undefined) {
    if (as.socketId !== undefined) return badRequest('`as` names a socket without its user.');
    if (as.bypassPermissions === false) return badRequest('The service itself has all rights.');
  }
  return as;
}

/** Hooks may refuse with codes of their own, as many as they like: labels are kept for good. */
function outcomeLabel(outcome: Value | Failure): string {
  if (!(outcome instanceof Failure)) return 'ok';
  return isErrorCode(outcome.code) ? outcome.code : 'own';
}
