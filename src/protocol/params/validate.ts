/**
 * Checks the params of a request against its declaration and makes its arguments of them. It judges types and ranges
 * only; whether a name is valid or a room exists is left to the handlers.
 */
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { requestDeclaration, requiredCount, type Args, type RequestName } from '../catalogue.ts';
import type { Param, RequestDeclaration } from '../declare.ts';
import { badArgument, fail, type Failure } from '../errors/errors.ts';
import { faultIn } from '../wire/fault.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { normaliserOf, type Normaliser } from './normalise.ts';
import type { Value } from './values.ts';

interface Check {
  readonly name: string;
  readonly param: Param;
  readonly normalise: Normaliser | undefined;
  readonly matches: (value: Value) => boolean;
}

interface CompiledRequest {
  readonly required: number;
  readonly checks: readonly Check[];
}

const compiled = new Map<RequestDeclaration, CompiledRequest>();

/** Compiled at the first use, once: compiling all at import would slow every start. */
function compile(declaration: RequestDeclaration): CompiledRequest {
  const { params } = declaration;
  const request = {
    required: requiredCount(params),
    checks: Object.entries(params).map(([paramName, param]) => ({
      name: paramName,
      param,
      normalise: normaliserOf(param.schema),
      matches: matcherOf(param.schema),
    })),
  };
  compiled.set(declaration, request);
  return request;
}

function matcherOf(schema: TSchema): (value: Value) => boolean {
  const validator = Compile(schema);
  return (value) => validator.Check(value);
}

/**
 * The arguments by name, after defaults and normalisation, or the failure: first the count, then from left to right,
 * the first bad param. Params beyond the declared ones are ignored, and nil stands for an absent optional one.
 * `faultAt` is the codec's: the first param that holds something no param may carry.
 */
export function checkArgs<N extends RequestName>(
  name: N,
  params: readonly Value[],
  faultAt: number,
  limits: Limits = defaultLimits,
): Args<N> | ArgsFailure {
  // The loop put every declared param there, each checked against its schema.
  return checkDeclared(requestDeclaration(name), params, faultAt, limits) as Args<N> | ArgsFailure;
}

export type ArgsFailure = Failure<'badArgument' | 'wrongArgumentsCount'>;

/** The same by the declaration: also for requests that are not in the clients' catalogue. */
export function checkDeclared(
  declaration: RequestDeclaration,
  params: readonly Value[],
  faultAt: number,
  limits: Limits = defaultLimits,
): { readonly [name: string]: Value | undefined } | ArgsFailure {
  const { required, checks } = compiled.get(declaration) ?? compile(declaration);
  if (params.length < required) return fail('wrongArgumentsCount', [required, params.length]);
  const args: { [name: string]: Value | undefined } = {};
  for (let index = 0; index < checks.length; index++) {
    const check = checks[index];
    if (check === undefined) break;
    const value = params[index] ?? null;
    if (index === faultAt) return badArgument(index, value, faultIn(value));
    const absent = value === null && check.param.optional;
    const arg = absent ? check.param.default : argOf(check, value, limits);
    if (arg === undefined && !absent) return badArgument(index, value);
    args[check.name] = arg;
  }
  return args;
}

/** The argument that a param stands for; undefined if it is bad. */
function argOf(check: Check, value: Value, limits: Limits): Value | undefined {
  const { itemsMax } = check.param;
  if (itemsMax !== undefined && Array.isArray(value) && value.length > limits[itemsMax]) return undefined;
  const arg = check.normalise ? check.normalise(value, limits) : value;
  return arg !== undefined && check.matches(arg) ? arg : undefined;
}
