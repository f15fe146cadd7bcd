// A caller of the server API over HTTP, in either format. Every answer is held against the declarations: what a test does
// not look at is judged all the same.
import { expect } from '@jest/globals';
import { Compile } from 'typebox/compile';
import { decodeBody, encodeBody, contentTypes } from '../../src/protocol/wire/body.ts';
import { generalErrors } from '../../src/protocol/catalogue.ts';
import type { Format } from '../../src/protocol/wire/codec.ts';
import type { ErrorValue } from '../../src/protocol/errors/errors.ts';
import { replyDepth, replyValuesMax } from '../../src/protocol/params/limits.ts';
import { apiDeclaration, isApiRequestName } from '../../src/protocol/service/catalogue.ts';
import { API_PATH, statusCode } from '../../src/protocol/service/http.ts';
import type { As } from '../../src/protocol/service/types.ts';
import { ErrorValue as ErrorSchema } from '../../src/protocol/params/types.ts';
import { isMap, type Value, type ValueMap } from '../../src/protocol/params/values.ts';
import type { ServiceNode } from './service.ts';

export const apiKey = 'a-key-of-the-tests';
/** For nodes that have the API. */
export const apiEnv = { PARLEY_API_KEY: apiKey };

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: ValueMap;
}

export interface ServerApiClient {
  /** The result; rejects when the request is refused. */
  call(method: string, params?: Value, as?: As): Promise<Value>;
  /** The error that refuses the request; rejects when it succeeds. */
  refusal(method: string, params?: Value, as?: As): Promise<ErrorValue>;
  /** Whatever comes. */
  ask(method: string, body: ValueMap): Promise<ApiAnswer>;
}

const timeoutMs = 45_000;
/** Besides a request's own: what the API says of whom it is asked for. */
const apiErrors = [...generalErrors, 'noCommand', 'noUser', 'noSocket', 'invalidSocket', 'timeout'];
const isErrorValue = Compile(ErrorSchema);

export function serverApi(node: Pick<ServiceNode, 'apiPort'>, format: Format = 'json'): ServerApiClient {
  const ask: ServerApiClient['ask'] = async (method, body) => {
    const answer = await postApi(node, method, encodeBody(format, body), { 'content-type': contentTypes[format] });
    return readAnswer(answer, format);
  };
  const outcome = async (method: string, params: Value | undefined, as: As | undefined): Promise<ApiAnswer> => {
    const answer = await ask(method, {
      ...(params === undefined ? {} : { params }),
      // By its schema, a map of the wire.
      ...(as === undefined ? {} : { as: as as ValueMap }),
    });
    checkAnswer(method, answer);
    return answer;
  };
  return {
    ask,
    call: async (method, params, as) => {
      const { body } = await outcome(method, params, as);
      if (body['result'] === undefined) throw new Error(`${method} was refused: ${JSON.stringify(body)}`);
      return body['result'];
    },
    refusal: async (method, params, as) => {
      const { body } = await outcome(method, params, as);
      if (body['error'] === undefined) throw new Error(`${method} succeeded: ${JSON.stringify(body)}`);
      // `checkAnswer` has seen to it.
      return body['error'] as unknown as ErrorValue;
    },
  };
}

/** A bare request with the key, unless the headers say otherwise. */
export function postApi(
  node: Pick<ServiceNode, 'apiPort'>,
  method: string,
  body: Uint8Array | string | undefined,
  headers: Record<string, string> = {},
  init: RequestInit = {},
): Promise<Response> {
  return fetch(`http://127.0.0.1:${node.apiPort}${API_PATH}/${method}`, {
    method: 'POST',
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : new Uint8Array(body) }),
    headers: { authorization: `Bearer ${apiKey}`, connection: 'close', ...headers },
    signal: AbortSignal.timeout(timeoutMs),
    ...init,
  });
}

export async function readAnswer(response: Response, format: Format): Promise<ApiAnswer> {
  expect(response.headers.get('content-type')).toBe(contentTypes[format]);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const body = decodeBody(format, bytes, { depth: replyDepth, valuesMax: replyValuesMax });
  if (typeof body === 'string' || !isMap(body.value)) throw new Error(`the answer is no map: ${JSON.stringify(body)}`);
  return { status: response.status, headers: response.headers, body: body.value };
}

function checkAnswer(method: string, { status, body }: ApiAnswer): void {
  const { result, error, ...others } = body;
  expect([method, others]).toEqual([method, {}]);
  const declaration = isApiRequestName(method) ? apiDeclaration(method) : undefined;
  if (error === undefined) {
    const fits = declaration !== undefined && result !== undefined && Compile(declaration.result).Check(result);
    expect([method, result, status, fits]).toEqual([method, result, 200, true]);
    return;
  }
  const { code } = Object(error);
  const declared = [...(declaration?.errors ?? []), ...apiErrors].includes(code);
  expect([method, error, isErrorValue.Check(error), declared]).toEqual([method, error, true, true]);
  expect([method, status]).toEqual([method, statusCode(code)]);
}
