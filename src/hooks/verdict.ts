/**
 * Reads what a hook has answered. Its code is the operator's and plain JavaScript: anything may come back, and what has
 * none of the shapes of the contract is told as `Nonsense`, never guessed at.
 */
import { Failure, refuse, type HookCode } from '../protocol/errors/errors.ts';
import { isErrorCode, errorTable } from '../protocol/errors/table.ts';
import { replyDepth, replyValuesMax, valuesMax, type Limits } from '../protocol/params/limits.ts';
import { encodeShared } from '../protocol/wire/msgpack.ts';
import { isMap, type Value, type ValueMap } from '../protocol/params/values.ts';
import { copyValue, isPlain, NoValue } from './copy.ts';

/** An answer without the shape that the contract gives it; the message completes "the hook NAME …". */
export class Nonsense extends Error {}

/** What a hook that decides has made of a request besides its answer. */
export type HookFailure = Failure<'internalError' | 'timeout' | 'unavailable'>;

/** Nothing was said, a refusal, or what was asked for. */
export type Read<T> = undefined | Failure<HookCode> | T;

const CODE = /^[A-Za-z_]\w{0,63}$/;
const MESSAGE_LENGTH_MAX = 500;
const RETRY_MAX_MS = 86_400_000;
const ARGS_MAX = 16;
const AUTH_DATA_BYTES_MAX = 4096;
const PROFILE_BYTES_MAX = 8192;
/** As deep as what users may set. */
const PROFILE = { depth: 16, values: valuesMax };
/** For what travels inside something else. */
const SMALL = { depth: 8, values: valuesMax };
/** Arrays and maps around the params of a message of the protocol. */
const AROUND_PARAMS = 2;

/** A key of an answer as it may be logged: somebody's words are not, where the operator has made keys of them. */
export const named = (what: string, key: string): string =>
  /^\w{1,32}$/.test(key) ? `\`${key}\`` : `${what} that is no name`;

/** The fields of an answer, of which it may only have those named; undefined where nothing was said. */
function fieldsOf(said: unknown, names: readonly string[]): Record<string, unknown> | Failure<HookCode> | undefined {
  if (said === undefined || said === null) return undefined;
  const may = [...names, 'error'].map((name) => `\`${name}\``).join(', ');
  if (!isPlain(said)) throw new Nonsense(`answered with no object of ${may}`);
  const other = Object.keys(said).find((key) => key !== 'error' && !names.includes(key));
  if (other !== undefined) throw new Nonsense(`answered with ${named('a field', other)}; it may answer with ${may}`);
  return said['error'] === undefined ? said : refusalOf(said['error']);
}

function refusalOf(error: unknown): Failure<HookCode> {
  if (!isPlain(error)) throw new Nonsense('refused with an `error` that is no object');
  const { code, args = [], message, temporary, retryAfterMs } = error;
  if (typeof code !== 'string' || !CODE.test(code)) throw new Nonsense('refused without a `code` of 1 to 64 letters');
  if (!Array.isArray(args) || args.length > ARGS_MAX) throw new Nonsense('refused with `args` that are no short array');
  const isText = typeof message === 'string' && message.isWellFormed() && message.length <= MESSAGE_LENGTH_MAX;
  if (message !== undefined && !isText) throw new Nonsense('refused with a `message` that is no short text');
  if (temporary !== undefined && typeof temporary !== 'boolean') {
    throw new Nonsense('refused with a `temporary` that is no boolean');
  }
  const isTime = typeof retryAfterMs === 'number' && Number.isInteger(retryAfterMs);
  if (retryAfterMs !== undefined && !(isTime && retryAfterMs >= 0 && retryAfterMs <= RETRY_MAX_MS)) {
    throw new Nonsense('refused with a `retryAfterMs` that is no whole number of milliseconds of one day');
  }
  const count = isErrorCode(code) ? errorTable[code].args.length : args.length;
  if (args.length !== count) throw new Nonsense(`refused with ${code}, which has ${count} args, not ${args.length}`);
  const words = { ...(isText && { message }), ...(temporary !== undefined && { temporary }) };
  const values = args.map((arg) => valueOf('an arg of its refusal', arg, SMALL));
  return refuse(code, values, words, isTime ? retryAfterMs : undefined);
}

function valueOf(what: string, given: unknown, limits: { depth: number; values: number }): Value {
  try {
    return copyValue(given, limits);
  } catch (error) {
    if (error instanceof NoValue) throw new Nonsense(`answered with ${what} that is no value: ${error.message}`);
    throw error;
  }
}

function mapOf(what: string, given: unknown, limits: { depth: number; values: number }): ValueMap {
  const value = valueOf(what, given, limits);
  if (!isMap(value)) throw new Nonsense(`answered with ${what} that is no map`);
  return value;
}

/** Nothing but a refusal can be said. */
export function readRefusal(said: unknown): Read<never> {
  const fields = fieldsOf(said, []);
  return fields instanceof Failure ? fields : undefined;
}

/** Who is to be logged in, as the hook says; the name is neither brought to its form nor judged here. */
export function readConnected(said: unknown): Read<{ userName: string | undefined; authData: ValueMap }> {
  const fields = fieldsOf(said, ['userName', 'authData']);
  if (fields === undefined || fields instanceof Failure) return fields;
  const { userName, authData } = fields;
  if (userName !== undefined && typeof userName !== 'string') throw new Nonsense('answered with a userName of no text');
  const data = authData === undefined ? {} : mapOf('authData', authData, SMALL);
  if (encodeShared(data).length > AUTH_DATA_BYTES_MAX) {
    throw new Nonsense(`answered with authData of more than ${AUTH_DATA_BYTES_MAX} bytes`);
  }
  return { userName, authData: data };
}

/**
 * The message that goes in place of the one that was asked about. Where that was too large already it is no fault of the answer's: it is
 * refused where messages are.
 */
export function readMessage(said: unknown, limits: Limits, asked: ValueMap): Read<ValueMap> {
  const fields = fieldsOf(said, ['message']);
  if (fields === undefined || fields instanceof Failure) return fields;
  if (fields['message'] === undefined) return undefined;
  const message = mapOf('a message', fields['message'], paramLimits(limits));
  const { length } = encodeShared(message);
  if (length > limits.messageBytes && length > encodeShared(asked).length) {
    throw new Nonsense(`answered with a message of more than ${limits.messageBytes} bytes`);
  }
  return message;
}

/** What another user is shown of a profile. */
export function readFields(said: unknown): Read<ValueMap> {
  const fields = fieldsOf(said, ['fields']);
  if (fields === undefined || fields instanceof Failure) return fields;
  if (fields['fields'] === undefined) return undefined;
  const shown = mapOf('fields', fields['fields'], PROFILE);
  if (encodeShared(shown).length > PROFILE_BYTES_MAX) {
    throw new Nonsense(`answered with fields of more than ${PROFILE_BYTES_MAX} bytes`);
  }
  return shown;
}

/** What goes before a request: args to be replaced, which are yet to be checked, or the result in its place. */
export function readBefore(said: unknown, limits: Limits): Read<{ args: ValueMap } | { result: Value }> {
  const fields = fieldsOf(said, ['args', 'result']);
  if (fields === undefined || fields instanceof Failure) return fields;
  if (Object.hasOwn(fields, 'result')) {
    if (fields['args'] !== undefined) throw new Nonsense('answered with both `args` and `result`');
    return { result: resultOf(fields['result']) };
  }
  if (fields['args'] === undefined) return undefined;
  const { depth, values } = paramLimits(limits);
  // One map more: the args by name.
  return { args: mapOf('args', fields['args'], { depth: depth + 1, values }) };
}

/** The result that goes in place of the request's own. */
export function readAfter(said: unknown): Read<{ result: Value }> {
  const fields = fieldsOf(said, ['result']);
  if (fields === undefined || fields instanceof Failure) return fields;
  return Object.hasOwn(fields, 'result') ? { result: resultOf(fields['result']) } : undefined;
}

/** A result of nothing is nil: a response has no other way to say so. */
const resultOf = (given: unknown): Value =>
  valueOf('a result', given ?? null, { depth: replyDepth - AROUND_PARAMS, values: replyValuesMax });

const paramLimits = ({ depth }: Limits): { depth: number; values: number } => ({
  depth: depth - AROUND_PARAMS,
  values: valuesMax,
});
