/**
 * `Failure`, the value that stands for a refused request everywhere in the service: how it is made, and how it travels.
 * What its code means is in the table of errors.
 */
import { echoed, inWords, isEchoed } from '../wire/echo.ts';
import { faultIn } from '../wire/fault.ts';
import { errorTable, isErrorCode, type ErrorCode, type ErrorEntry } from './table.ts';
import type { Value } from '../params/values.ts';

const entryOf = (code: ErrorCode): ErrorEntry => errorTable[code];

/** A code that a hook of the operator's has chosen: one of the table, or one of the operator's own. */
export type HookCode = string & { readonly hookCode: true };

/** What a hook says in place of the table. */
export interface OwnWords {
  readonly message?: string;
  readonly temporary?: boolean;
}

/** A refused request. It is returned, not thrown, and carries no stack. */
export class Failure<C extends ErrorCode | HookCode = ErrorCode | HookCode> {
  readonly code: C;
  readonly args: Value[];
  /** How long to wait before repeating the request, milliseconds. */
  readonly retryAfterMs: number | undefined;
  readonly own: OwnWords | undefined;
  /** Words for people only: two failures that differ in nothing else are the same to a program. */
  readonly #said: string | undefined;

  constructor(code: C, args: Value[], retryAfterMs: number | undefined, own?: OwnWords, said?: string) {
    this.code = code;
    this.args = args;
    this.retryAfterMs = retryAfterMs;
    this.own = own;
    this.#said = said;
  }

  /** The sentence for people. */
  get message(): string {
    const { code, args, own } = this;
    return own?.message ?? this.#said ?? (isErrorCode(code) ? sentence(entryOf(code), args) : `Refused: ${code}.`);
  }
}

export function fail<C extends ErrorCode>(code: C, args: Value[] = [], retryAfterMs?: number): Failure<C> {
  return new Failure(code, args, retryAfterMs);
}

/**
 * The same where one code has many causes: `because` completes the sentence of the table after a colon. It goes to the
 * client, so it names no secret and nothing internal. Without one the sentence stays as it is.
 */
export function failBecause<C extends ErrorCode>(
  code: C,
  args: Value[],
  because: string | undefined,
  retryAfterMs?: number,
): Failure<C> {
  if (because === undefined) return fail(code, args, retryAfterMs);
  const told = sentence(entryOf(code), args).replace(/\.$/, '');
  return new Failure(code, args, retryAfterMs, undefined, `${told}: ${because}.`);
}

/** A param that will not do. What is binary or too large, or no value of the protocol, is told in words instead of shown. */
export function badArgument(index: number, value: Value, because?: string): Failure<'badArgument'> {
  const why = because === undefined ? '' : `: ${because}`;
  const said = sentence(errorTable.badArgument, [index, value]).replace(/\.$/, '');
  const isShown = isEchoed(value) && faultIn(value) === undefined;
  return new Failure('badArgument', [index, isShown ? value : null], undefined, undefined, `${said}${why}.`);
}

export function messageTooLarge(bytes: number, limits: { readonly messageBytes: number }): Failure<'messageTooLarge'> {
  return failBecause('messageTooLarge', [], `${bytes} bytes where ${limits.messageBytes} are allowed`);
}

const CROWDED_MS = 10_000;

/** An author sends more with a `clientMessageId` than is remembered for a while. */
export const crowded = (): Failure<'tooManyRequests'> => fail('tooManyRequests', [], CROWDED_MS);

/** Until when, in ms since the epoch; undefined for good. */
export function silenced(until: number | undefined): Failure<'silenced'> {
  const end = until === undefined ? 'for good' : `until ${new Date(until).toISOString()}`;
  return new Failure('silenced', [until ?? null], undefined, undefined, `You may not post here: silenced ${end}.`);
}

/** A refusal by a hook. */
export function refuse(code: string, args: Value[], own: OwnWords, retryAfterMs?: number): Failure<HookCode> {
  // Any code will do: what makes it a hook's is that it is made here.
  return new Failure(code as HookCode, args, retryAfterMs, own);
}

/** Whether a failure has one of these codes, and its type says so. */
export function hasCode<C extends ErrorCode>(failure: Failure, ...codes: readonly C[]): failure is Failure<C> {
  return codes.some((code) => code === failure.code);
}

/** An error as it travels. It is a map of the wire. */
export type ErrorValue = {
  code: string;
  args: Value[];
  message: string;
  temporary: boolean;
  retryAfterMs?: number;
};

const UNAVAILABLE_MS = 1000;

/** What the service cannot do now, and probably can in a moment. */
export function unavailable(): Failure<'unavailable'> {
  return fail('unavailable', [], UNAVAILABLE_MS);
}

/** The failure with its sentence, ready to be encoded. Nothing of the table gives back more than 1 KiB of what was sent. */
export function toErrorValue(failure: Failure): ErrorValue {
  const { code, args, own, message } = failure;
  const entry: ErrorEntry | undefined = isErrorCode(code) ? entryOf(code) : undefined;
  const value: ErrorValue = {
    code,
    // The args of a code of the operator's own are the operator's words.
    args: entry === undefined ? args : echoed(args),
    message,
    temporary: own?.temporary ?? entry?.temporary ?? false,
  };
  if (failure.retryAfterMs !== undefined) value.retryAfterMs = failure.retryAfterMs;
  return value;
}

const sentence = ({ message, args: names }: ErrorEntry, args: readonly Value[]): string =>
  message.replace(/\{(\w+)\}/g, (_, name: string) => inWords(args[names.indexOf(name)]));
