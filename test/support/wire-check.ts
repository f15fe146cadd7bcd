// Holds every frame that a client exchanges against the catalogue: results, errors and notifications must be exactly what
// is declared. Whether they were right to be sent is up to the tests.
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import {
  generalErrors,
  isNotificationName,
  isRequestName,
  notificationDeclaration,
  requestDeclaration,
  type RequestName,
} from '../../src/protocol/catalogue.ts';
import { createCodec, type Format, type Message } from '../../src/protocol/wire/codec.ts';
import { errorTable } from '../../src/protocol/errors/table.ts';
import { ErrorValue } from '../../src/protocol/params/types.ts';
import { isMap, type Value } from '../../src/protocol/params/values.ts';

export interface WireCheck {
  /** What was wrong, in words; in the order of the wire. */
  readonly violations: string[];
  onFrame(direction: 'in' | 'out', data: Uint8Array | string): void;
}

const utf8 = new TextEncoder();
const compiled = new Map<TSchema, (value: unknown) => boolean>();

/** For one client; its request ids must not repeat while a request is open. */
export function createWireCheck(format: Format): WireCheck {
  const violations: string[] = [];
  const asked = new Map<number, RequestName>();
  const requests = createCodec(format);
  const replies = createCodec(format, { accept: 'replies' });
  return {
    violations,
    onFrame: (direction, data) => {
      const codec = direction === 'in' ? replies : requests;
      const { messages, malformed } = codec.decodeFrame(typeof data === 'string' ? utf8.encode(data) : data);
      if (malformed !== undefined) violations.push(`${direction}: malformed frame: ${malformed}`);
      for (const message of messages) {
        if (message.type === 0) {
          if (isRequestName(message.method)) asked.set(message.id, message.method);
        } else violations.push(...checkMessage(message, asked));
      }
    },
  };
}

function checkMessage(message: Exclude<Message, { type: 0 }>, asked: Map<number, RequestName>): string[] {
  if (message.type === 2) {
    const faulty =
      message.faultAt >= 0 ? [`${message.method}: param ${message.faultAt} is no value of the protocol`] : [];
    return [...faulty, ...checkNotification(message.method, message.params)];
  }
  const method = asked.get(message.id);
  if (method === undefined) return [`an answer to ${message.id}, which was not asked or is answered`];
  asked.delete(message.id);
  return checkResponse(method, message.error, message.result);
}

/** What is wrong with the response to a request of that name; hooks may refuse any with any code. */
export function checkResponse(method: string, error: Value, result: Value, hooked = false): string[] {
  if (error !== null && hooked && matches(ErrorValue, error)) return [];
  if (error !== null) return checkError(method, error);
  const fits = isRequestName(method) && matches(requestDeclaration(method).result, result);
  return fits ? [] : [`result of ${method}: ${show(result)}`];
}

/** What is wrong with a notification of that name. */
export function checkNotification(name: string, params: readonly Value[]): string[] {
  if (!isNotificationName(name)) return [`a notification ${name}, which is not declared`];
  const declared = notificationDeclaration(name).params;
  const least = declared.filter(({ optional }) => optional !== true).length;
  if (params.length < least || params.length > declared.length) {
    return [`${name} with ${params.length} params for ${declared.length}`];
  }
  return declared
    .slice(0, params.length)
    .flatMap(({ name: param, schema }, index) =>
      matches(schema, params[index]) ? [] : [`${name}, ${param}: ${show(params[index])}`],
    );
}

/** Follows the places of an inbox: forward only, and into another life of the log by a reset alone. Give it each notification. */
export function createPlaceCheck(): (name: string, params: readonly Value[]) => string[] {
  let last: Value | undefined;
  return (name, [at]) => {
    if (name !== 'inboxPosition' && name !== 'inboxReset') return [];
    const before = isMap(last ?? null) ? Object(last) : undefined;
    last = at;
    if (name === 'inboxReset' || before === undefined) return [];
    const now = Object(at);
    return now.epoch === before.epoch && now.seq > before.seq
      ? []
      : [`from ${show(before)} to ${show(at)} in the inbox`];
  };
}

function checkError(method: string, error: Value): string[] {
  if (!matches(ErrorValue, error) || !isMap(error)) return [`error of ${method}: ${show(error)}`];
  const own = isRequestName(method) ? requestDeclaration(method).errors : ['noCommand'];
  const declared: readonly string[] = [...own, ...generalErrors];
  const entry = Object.entries(errorTable).find(([name]) => name === error['code'] && declared.includes(name))?.[1];
  if (entry === undefined) return [`${method} failed with what it does not declare: ${show(error)}`];
  const args = Array.isArray(error['args']) ? error['args'] : [];
  if (entry.temporary === error['temporary'] && entry.args.length === args.length) return [];
  return [`error of ${method} is not what the table of errors says: ${show(error)}`];
}

function matches(schema: TSchema, value: unknown): boolean {
  const known = compiled.get(schema);
  if (known !== undefined) return known(value);
  const validator = Compile(schema);
  const check = (each: unknown): boolean => validator.Check(each);
  compiled.set(schema, check);
  return check(value);
}

function show(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 500) ?? String(value);
}
