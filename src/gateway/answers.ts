/** How a request is answered, whatever it came to: in the turn of its outcome, counted and timed, with a declared code where it broke. */
import { answer, type AnyOutcome, type Told } from '../chat/outcome.ts';
import type { Services } from '../chat/services.ts';
import type { Distributions } from '../ops/distribution.ts';
import { isRequestName } from '../protocol/catalogue.ts';
import { fail, Failure, toErrorValue, unavailable } from '../protocol/errors/errors.ts';
import { isErrorCode } from '../protocol/errors/table.ts';
import type { Message } from '../protocol/wire/codec.ts';
import { StateUnavailable } from '../redis/unavailable.ts';
import type { Connection } from './connection.ts';

/** A message that asks for something, with an answer or without. */
export type RequestLike = Extract<Message, { type: 0 | 2 }>;

export interface AnswersDeps {
  /** Nothing is acknowledged without its lease. */
  readonly instance: Pick<Services['instance'], 'held'>;
  /** How long requests took, by method and outcome. */
  readonly durations: Distributions;
  /** Returns what the caller is told to name it by. */
  onDefect(error: unknown, method: string, socketId: string): string;
}

export class Answers {
  readonly #deps: AnswersDeps;

  constructor(deps: AnswersDeps) {
    this.#deps = deps;
  }

  get mayAct(): boolean {
    return this.#deps.instance.held;
  }

  /** Answers a request; returns the bytes of the response. */
  answer(connection: Connection, message: RequestLike, outcome: AnyOutcome, began: number): number {
    let bytes = 0;
    const told = this.takeTurn(connection, message.method, outcome, (value) => {
      bytes = respond(connection, message, value);
    });
    this.measure(message.method, told, began);
    if (this.mayAct) connection.finishEnd();
    return bytes;
  }

  /** Refuses a message without running it. */
  refuse(connection: Connection, message: RequestLike, failure: Failure): void {
    if (connection.open) this.answer(connection, message, failure, performance.now());
  }

  /** The turn of an answer that `tell` gives. Returns what was told. */
  takeTurn(connection: Connection, method: string, outcome: AnyOutcome, tell: (told: Told) => void): Told {
    return answer(outcome, {
      mayAct: this.mayAct,
      together: (work) => connection.cork(work),
      tell,
      failureOf: (error) => this.failureOf(error, labelOf(method), connection.socketId),
      startAfresh: () => connection.end('serverError'),
    });
  }

  /** What is told of what was thrown. */
  failureOf(error: unknown, method: string, socketId: string): Failure {
    if (error instanceof StateUnavailable) return unavailable();
    return fail('internalError', [this.#deps.onDefect(error, method, socketId)]);
  }

  measure(method: string, told: Told, began: number): void {
    this.#deps.durations.of(labelOf(method), outcomeName(told)).observe(performance.now() - began);
  }
}

function respond(connection: Connection, message: RequestLike, told: Told): number {
  if (message.type !== 0) return 0;
  if (told instanceof Failure) return connection.respond(message.id, toErrorValue(told), null);
  return connection.respond(message.id, null, told);
}

/** Anything may stand where a method does, and each label is kept. */
const labelOf = (method: string): string => (isRequestName(method) ? method : 'unknown');

/** Codes of an operator's own are one label: there is no end to them. */
function outcomeName(told: Told): string {
  if (!(told instanceof Failure)) return 'ok';
  return isErrorCode(told.code) ? told.code : 'own';
}
