/** Why a request failed, as the client tells it. Which codes there are is left to the manifest. */
import type { ErrorCode } from '../protocol/errors/table.ts';
import { isMap, type Value } from '../protocol/params/values.ts';
import { temporaryErrors } from './manifest.ts';

/** A request that was refused by the service, or that the client gave up: then `unavailable` or `timeout`. */
export class RequestError extends Error {
  /** One of the protocol's error codes, or one that a newer service or its operator's hooks have. */
  readonly code: string;
  readonly args: readonly Value[];
  /** True if the same request, unchanged, may succeed later. */
  readonly temporary: boolean;
  /** Wait this long before repeating it, milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: string,
    message: string,
    details: Partial<Pick<RequestError, 'args' | 'temporary' | 'retryAfterMs'>> & { readonly cause?: unknown },
  ) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.name = 'RequestError';
    this.code = code;
    this.args = details.args ?? [];
    this.temporary = details.temporary ?? false;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** What became of a request. */
export type Outcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: RequestError };

/** Whether it is worth asking again; what the service or the client does not say so of is for good. */
export function isTemporary(error: unknown): error is RequestError {
  return error instanceof RequestError && error.temporary;
}

const beyond = new Set(['noRoom', 'notJoined', 'notAllowed', 'roomExpired', 'noUser']);

/** It is nothing that its user may see, not any more or not yet: for what is done by itself that is no fault to be told. */
export function isBeyond(error: unknown): boolean {
  return error instanceof RequestError && beyond.has(error.code);
}

/** What was thrown, in words. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A failure that the client itself states, with the meaning that the code has in the protocol. */
export function localError(code: ErrorCode, message: string, args: readonly Value[] = []): RequestError {
  return new RequestError(code, message, { args, temporary: temporaryErrors.has(code) });
}

/** Reads an error value of the wire. One without its fields is taken for an internal error. */
export function toRequestError(value: Value | undefined): RequestError {
  if (!isMap(value) || typeof value['code'] !== 'string') {
    return new RequestError('internalError', 'The service sent an error without a code.', {});
  }
  const { code, args, message, temporary, retryAfterMs } = value;
  return new RequestError(code, typeof message === 'string' ? message : code, {
    args: Array.isArray(args) ? args : [],
    temporary: temporary === true,
    // A time that is none would have the client repeat at once.
    ...(typeof retryAfterMs === 'number' && retryAfterMs >= 0 && { retryAfterMs }),
  });
}

/** What was asked of a client that has ended. */
export function closedError({ code, reason }: { readonly code: number; readonly reason: string }): RequestError {
  return localError('unavailable', `The client is closed: ${code} ${reason}`);
}
