/**
 * Puts the operator's hooks around the handlers of requests: the check of a message, what goes before, the request,
 * what goes after. Made once, when the node is built; handlers without hooks stay as they are.
 */
import type { HookRunner } from '../../hooks/runner.ts';
import { mustBeResult } from '../../hooks/results.ts';
import { named, Nonsense, readAfter, readBefore, type Read } from '../../hooks/verdict.ts';
import { requestDeclaration, type RequestName } from '../../protocol/catalogue.ts';
import { fail, Failure, unavailable } from '../../protocol/errors/errors.ts';
import type { Limits } from '../../protocol/params/limits.ts';
import { checkDeclared } from '../../protocol/params/validate.ts';
import type { Value, ValueMap } from '../../protocol/params/values.ts';
import { StateUnavailable } from '../../redis/unavailable.ts';
import type { Actor } from '../actor.ts';
import type { Caller, Handlers } from '../caller.ts';
import { stillBehind } from './behind.ts';
import { checkMessage, type AnyArgs, type CheckDeps } from './checked.ts';
import { ok, plain, retold, toldBy, UnderWay, type AnyOutcome } from '../outcome.ts';

export interface HookedDeps extends CheckDeps {
  /** Writes down what a handler has thrown; gives the reference that the caller is told. */
  readonly onDefect: (error: unknown, method: string, socketId: string) => string;
}

type Method = Exclude<RequestName, 'login'>;
/** A handler whose own types are left aside: what goes in and out of it is checked here against its declaration. */
type AnyHandler = (by: Actor, args: AnyArgs, socket: Caller | undefined) => Promise<Begun> | Begun;
type Begun = AnyOutcome | UnderWay;

/** One request on its way through the hooks. */
interface Passage extends HookedDeps {
  readonly method: Method;
  readonly by: Actor;
  readonly socket: Caller | undefined;
  /** The operator's own, the same object before and after. */
  readonly data: Record<string, unknown>;
}

export function hookedHandlers(bare: Handlers, deps: HookedDeps): Handlers {
  const wrapped = Object.entries(bare).map(([name, handler]) => {
    // The handlers are a table by the names of the requests; their types are those of `bare`, whatever is around them.
    const method = name as Method;
    return [name, isHooked(deps.hooks, method) ? around(deps, method, handler as unknown as AnyHandler) : handler];
  });
  // One for each of `bare`, and each gives what the bare one may give: see above.
  return Object.fromEntries(wrapped) as Handlers;
}

const hooksOf = (kind: 'before' | 'after', method: Method): string[] => [`${kind}.*`, `${kind}.${method}`];

function isHooked(hooks: HookRunner, method: Method): boolean {
  const names = [...hooksOf('before', method), ...hooksOf('after', method), requestDeclaration(method).check ?? ''];
  return names.some((name) => hooks.has(name));
}

function around(deps: HookedDeps, method: Method, handler: AnyHandler): AnyHandler {
  const hasAfter = hooksOf('after', method).some((name) => deps.hooks.has(name));
  return async (by, given, socket) => {
    const passage: Passage = { ...deps, method, by, socket, data: {} };
    const checked = await checkMessage(deps, method, by, given);
    if (checked instanceof Failure) return checked;
    const before = await runBefore(passage, checked);
    if (before instanceof Failure) return before;
    if ('result' in before) return ok(before.result);
    if (!hasAfter) return handler(by, before.args, socket);
    const after = (outcome: AnyOutcome): Promise<AnyOutcome> => runAfter(passage, before.args, outcome);
    const failed = (error: unknown): Failure => failureOf(passage, error);
    const begun = await (async () => handler(by, before.args, socket))().catch(failed);
    return begun instanceof UnderWay ? new UnderWay(begun.outcome.catch(failed).then(after)) : after(begun);
  };
}

async function runBefore(passage: Passage, given: AnyArgs): Promise<{ args: AnyArgs } | { result: Value } | Failure> {
  const { hooks, limits, method } = passage;
  let args = given;
  for (const name of hooksOf('before', method)) {
    const current = args;
    const said = await hooks.ask(
      name,
      () => callOf(passage, current),
      (answer): Read<{ args: AnyArgs } | { result: Value }> => {
        const read = readBefore(answer, limits);
        if (read === undefined || read instanceof Failure) return read;
        if ('args' in read) return { args: replaced(method, current, read.args, limits) };
        mustBeResult(method, read.result);
        return read;
      },
    );
    if (said instanceof Failure) return said;
    if (said !== undefined && 'result' in said) return said;
    if (said !== undefined) args = said.args;
  }
  return { args };
}

/** The args with some replaced, checked like those of a client. */
function replaced(method: Method, args: AnyArgs, by: ValueMap, limits: Limits): AnyArgs {
  const other = Object.keys(by).find((name) => !Object.hasOwn(requestDeclaration(method).params, name));
  if (other !== undefined) throw new Nonsense(`answered with ${named('an arg', other)}, which ${method} does not have`);
  const given: AnyArgs = { ...args, ...by };
  const declaration = requestDeclaration(method);
  const names = Object.keys(declaration.params);
  const params = names.map((name) => given[name] ?? null);
  const checked = checkDeclared(declaration, params, -1, limits);
  if (!(checked instanceof Failure)) return stillBehind(args, checked);
  // Not the value: it may be what somebody has written.
  const name = names[Number(checked.args[0])] ?? 'args';
  throw new Nonsense(`answered with \`${name}\` that ${method} refuses: ${checked.code}`);
}

/** What a handler has thrown, as something that the hooks after it can be told. */
function failureOf({ method, socket, onDefect }: Passage, error: unknown): Failure {
  if (error instanceof StateUnavailable) return unavailable();
  return fail('internalError', [onDefect(error, method, socket?.socketId ?? '')]);
}

/** What a request has done stays done, whatever is told of it: its turn is kept with the new outcome. */
async function runAfter(passage: Passage, args: AnyArgs, outcome: AnyOutcome): Promise<AnyOutcome> {
  const { hooks, method } = passage;
  let told = plain(toldBy(outcome));
  for (const name of hooksOf('after', method).toReversed()) {
    const current = told;
    const said = await hooks.ask(
      name,
      () => ({ ...callOf(passage, args), ...outcomeOf(current) }),
      (answer) => {
        const read = readAfter(answer);
        if (read !== undefined && !(read instanceof Failure)) mustBeResult(method, read.result);
        return read;
      },
    );
    if (said !== undefined) told = said instanceof Failure ? said : said.result;
  }
  return retold(outcome, told);
}

function callOf({ method, by, socket, data }: Passage, args: AnyArgs): object {
  const who = { userName: by.author ?? '', socketId: socket?.socketId ?? '' };
  return { method, ...who, args: structuredClone(args), data };
}

function outcomeOf(told: Value | Failure): object {
  if (!(told instanceof Failure)) return { result: structuredClone(told) };
  return { error: { code: told.code, args: structuredClone(told.args) } };
}
