/**
 * From the input of a request to its frame, or why it is not sent: whatever the service would answer by closing the
 * connection is refused here, with the code that the request declares for it.
 */
import type { Input, RequestName } from '../../protocol/catalogue.ts';
import type { Codec } from '../../protocol/wire/codec.ts';
import type { Limits } from '../../protocol/params/limits.ts';
import { encodeShared } from '../../protocol/wire/msgpack.ts';
import { utf8Length } from '../../protocol/names/form.ts';
import type { Value } from '../../protocol/params/values.ts';
import { requests, type RequestEntry } from '../manifest.ts';
import { Outgoing } from './outgoing.ts';
import { localError, type Outcome, type RequestError } from '../request-error.ts';

export type Frame = string | Uint8Array<ArrayBuffer>;

export function encodeRequest<N extends RequestName>(
  codec: Codec,
  id: number,
  name: N,
  input: Input<N>,
  limits: Limits,
): Outcome<Frame> {
  // Whoever writes JavaScript may name anything.
  if (!Object.hasOwn(requests, name)) {
    return refused(localError('noCommand', `There is no request ${String(name)}.`, [null]));
  }
  const params = paramsOf(name, input, limits.depth);
  if (!params.ok) return params;
  const encoded = codec.encodeRequest(id, name, params.value);
  const frame = typeof encoded === 'string' ? encoded : new Uint8Array(encoded);
  const bytes = typeof frame === 'string' ? utf8Length(frame) : frame.length;
  const error = tooLarge(name, params.value, bytes, limits);
  return error === undefined ? { ok: true, value: frame } : refused(error);
}

/** One param as it would travel, copied; it may be sent later, and again. */
export function toParam(name: RequestName, index: number, input: unknown, depth: number): Outcome<Value> {
  return convert(name, index, input, depth, new Outgoing());
}

function paramsOf<N extends RequestName>(name: N, input: Input<N>, depth: number): Outcome<Value[]> {
  const outgoing = new Outgoing();
  const params: Value[] = [];
  let given: readonly unknown[];
  try {
    given = inOrder(entryOf(name), input);
  } catch (error) {
    return refused(badArgument(name, 0, String(error)));
  }
  for (const [index, each] of given.entries()) {
    const param = convert(name, index, each, depth, outgoing);
    if (!param.ok) return param;
    params.push(param.value);
  }
  return { ok: true, value: params };
}

function convert(name: RequestName, index: number, input: unknown, depth: number, outgoing: Outgoing): Outcome<Value> {
  try {
    const loneSurrogates = entryOf(name).free?.includes(index) === true ? 'replace' : 'refuse';
    return { ok: true, value: outgoing.param(input, { depth, loneSurrogates }) };
  } catch (error) {
    return refused(badArgument(name, index, error instanceof Error ? error.message : 'what cannot be read'));
  }
}

/** The params as they travel: positional, absent ones at the end left out. */
function inOrder({ params, required }: RequestEntry, input: { readonly [name: string]: unknown }): unknown[] {
  const given = params.map((param) => input[param] ?? null);
  while (given.length > required && given.at(-1) === null) given.pop();
  return given;
}

function entryOf(name: RequestName): RequestEntry {
  return requests[name] ?? { params: [], required: 0 };
}

/** A byte of JSON stands for fewer than this of MessagePack, in which the service measures messages. */
const msgpackPerJson = 3;

function tooLarge(
  name: RequestName,
  params: readonly Value[],
  bytes: number,
  limits: Limits,
): RequestError | undefined {
  const { sized = false, params: declared } = entryOf(name);
  if (bytes > limits.frameBytes) {
    const text = `${name} takes ${bytes} bytes, more than a frame may have.`;
    if (sized) return localError('messageTooLarge', text);
    const sizes = params.map((param) => encodeShared(param).length);
    return localError('badArgument', text, [sizes.indexOf(Math.max(...sizes)), null]);
  }
  const at = declared.indexOf('message');
  if (!sized || at < 0 || bytes * msgpackPerJson <= limits.messageBytes) return undefined;
  const size = encodeShared(params[at] ?? null).length;
  if (size <= limits.messageBytes) return undefined;
  return localError('messageTooLarge', `The message takes ${size} bytes, more than ${limits.messageBytes}.`);
}

/** As the service words it, and with what is wrong. */
export function badArgument(name: RequestName, index: number, what: string): RequestError {
  const param = entryOf(name).params[index] ?? '';
  return localError('badArgument', `Bad argument of ${name} at index ${index} (${param}): ${what}.`, [index, null]);
}

function refused<T>(error: RequestError): Outcome<T> {
  return { ok: false, error };
}
