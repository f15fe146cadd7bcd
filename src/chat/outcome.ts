/**
 * What a request comes to: `ok` with its result, or a failure with one of the codes it declares. Either may have something
 * that has to happen in the turn of its answer. Here is all that knows the order of that; who is answered, and how, is left
 * to whoever asks.
 */
import type { DeclaredErrors, GeneralErrors, RequestName, Result } from '../protocol/catalogue.ts';
import { Failure, unavailable, type HookCode } from '../protocol/errors/errors.ts';
import type { ErrorCode } from '../protocol/errors/table.ts';
import { StoredResult } from '../protocol/wire/stored.ts';
import type { Value } from '../protocol/params/values.ts';

/** What happens in one turn with an answer. */
export interface Turn {
  /** Before it: notifications that the request has caused for its caller. */
  readonly before?: (() => void) | undefined;
  /** After it: live delivery begins or ends. It happens whatever the caller was told. */
  readonly after?: (() => void) | undefined;
}

export class Ok<T> {
  readonly value: T | StoredResult<T>;
  readonly turn: Turn | undefined;

  constructor(value: T | StoredResult<T>, turn?: Turn) {
    this.value = value;
    this.turn = turn;
  }
}

/** A failure with a turn: a leave of a room that is gone, or what a hook has made of a result. */
export class Failed<C extends ErrorCode | HookCode = ErrorCode | HookCode> {
  readonly failure: Failure<C>;
  readonly turn: Turn | undefined;

  constructor(failure: Failure<C>, turn: Turn | undefined) {
    this.failure = failure;
    this.turn = turn;
  }
}

export const ok = <T>(value: T | StoredResult<T>, turn?: Turn): Ok<T> => new Ok(value, turn);

/** What a handler gives, by the name of its request. A failure by itself is one without a turn. */
export type Outcome<N extends RequestName> = Ok<Result<N>> | Failed<CodeOf<N>> | Failure<CodeOf<N>>;
type CodeOf<N extends RequestName> = DeclaredErrors<N> | GeneralErrors;

/** What has its place in the order of its topic, and is not over: what may go beside it need not wait for the outcome. */
export class UnderWay<T = AnyOutcome> {
  readonly outcome: Promise<T>;

  constructor(outcome: Promise<T>) {
    this.outcome = outcome;
  }
}

export const settled = (done: AnyOutcome | UnderWay): AnyOutcome | Promise<AnyOutcome> =>
  done instanceof UnderWay ? done.outcome : done;

/** The same of whatever request: results are declared as values. */
export type AnyOutcome = Ok<Value> | Failed | Failure;

/** What the caller is told. */
export type Told = Value | StoredResult<Value> | Failure;

export function toldBy(outcome: AnyOutcome): Told {
  if (outcome instanceof Failure) return outcome;
  return outcome instanceof Failed ? outcome.failure : outcome.value;
}

const turnOf = (outcome: AnyOutcome): Turn | undefined => (outcome instanceof Failure ? undefined : outcome.turn);

/** Something else is told of what was done, which stays done: the turn is the same. */
export const retold = (outcome: AnyOutcome, told: Value | Failure): AnyOutcome =>
  told instanceof Failure ? new Failed(told, turnOf(outcome)) : ok(told, turnOf(outcome));

/** The result as a plain value, or the failure. */
export function plain(told: Told): Value | Failure {
  return told instanceof StoredResult ? told.value : told;
}

/** Who asked, as far as the turn of an answer is concerned. */
export interface Asker {
  /** False where nothing may be acknowledged any more. */
  readonly mayAct: boolean;
  /** Sends what is sent meanwhile together. */
  together(work: () => void): void;
  tell(told: Told): void;
  /** What is told of a defect. */
  failureOf(error: unknown): Failure;
  /** It was told of something that has not begun: where it comes back, it begins. */
  startAfresh(): void;
}

/**
 * Everything of one turn: what a request has caused for its caller, what that is told, what begins after it. Returns what it
 * was told: where that cannot be said, or what comes before it, that there is a defect.
 */
export function answer(outcome: AnyOutcome, asker: Asker): Told {
  const { mayAct } = asker;
  const turn = turnOf(outcome);
  let told: Told = mayAct ? toldBy(outcome) : unavailable();
  try {
    asker.together(() => {
      if (mayAct) turn?.before?.();
      asker.tell(told);
    });
  } catch (error) {
    told = asker.failureOf(error);
    asker.tell(told);
  } finally {
    end(turn, asker);
  }
  return told;
}

function end(turn: Turn | undefined, asker: Asker): void {
  try {
    turn?.after?.();
  } catch (error) {
    asker.failureOf(error);
    asker.startAfresh();
  }
}
