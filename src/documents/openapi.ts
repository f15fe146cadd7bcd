/**
 * The server API as an OpenAPI 3.1 document, made from the declarations of the clients' requests and the service's own.
 * How a schema is written down in it is `asyncapi-schemas.ts`'s, shared with the other document.
 */
import { componentSchemas, schemaOf } from './asyncapi-schemas.ts';
import { contentTypes } from '../protocol/wire/body.ts';
import { generalErrors, requests, requiredCount } from '../protocol/catalogue.ts';
import type { Param, RequestDeclaration } from '../protocol/declare.ts';
import { errorTable } from '../protocol/errors/table.ts';
import {
  apiDeclaration,
  isApiRequestName,
  isServerRequestName,
  serverRequests,
  subjectOfApi,
  type ApiRequestName,
} from '../protocol/service/catalogue.ts';
import { API_PATH, statusCode } from '../protocol/service/http.ts';
import { As } from '../protocol/service/types.ts';
import { ErrorValue } from '../protocol/params/types.ts';
import type { Value, ValueMap } from '../protocol/params/values.ts';

const DESCRIPTION = [
  'What the operator of the service may ask of any node, on its operator port: every request of the clients, on behalf of a user or as the service itself, and requests of its own. PROTOCOL.md, made from the same declarations, says what the requests of clients do.',
  'Bodies are JSON, or the same values in MessagePack (`application/msgpack`); the answer comes in the same format. Bytes are `{"$bytes": "base64"}` in JSON. `params` are a list in order, or a map by name; optional ones may be left out. Without a body there are no params.',
  'Besides the statuses below: 405 for any method but POST, 413 for a body of more than 16 times `limits.frameBytes`, 415 for another content type; 404 for everything where the service has no key.',
  '`badArgument` with the index -1 is about what is around the params, such as a field in `as` that is not known. Where the cause is temporary, `retry-after` says how long to wait, in seconds; after a 503 or 504 it is not known whether the request took effect.',
].join('\n\n');

const TAGS = [
  { name: 'service', description: 'Requests of the service itself.' },
  { name: 'client', description: 'Requests of clients, on behalf of a user, a socket, or as the service.' },
];

/** Failures that any request may meet besides its own. */
const COMMON = generalErrors.filter((code) => code !== 'noLogin' && code !== 'tooManyRequests');

/** The whole document, as JSON values. The same declarations give the same document. */
export function renderOpenApi(): ValueMap {
  const names = [...Object.keys(serverRequests), ...Object.keys(requests)]
    .filter(isApiRequestName)
    .filter((name) => subjectOfApi(name) !== 'connection');
  return {
    openapi: '3.1.0',
    info: {
      title: 'Parley server API',
      version: '1.0.0',
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [
      {
        url: 'http://{host}',
        description: 'The operator port of any node.',
        variables: { host: { default: '127.0.0.1:8081' } },
      },
    ],
    security: [{ key: [] }],
    tags: TAGS,
    paths: Object.fromEntries(names.map((name) => [`${API_PATH}/${name}`, { post: operation(name) }])),
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'PARLEY_API_KEY of the service.' } },
      schemas: componentSchemas([
        As,
        ErrorValue,
        ...names
          .map(apiDeclaration)
          .flatMap(({ params, result }) => [...Object.values(params).map(({ schema }) => schema), result]),
      ]),
      responses: {
        Unauthorized: { description: 'The key is missing or wrong.', content: content(errorSchema(['notAllowed'])) },
      },
    },
  };
}

function operation(name: ApiRequestName): ValueMap {
  const declaration = apiDeclaration(name);
  const own = isServerRequestName(name);
  const on = subjectOfApi(name);
  const { doc, params, result, example } = declaration;
  const as = { ...(on === 'user' ? ASKED : {}), ...(on === 'socket' ? SOCKET : {}) };
  return {
    operationId: name,
    tags: [own ? 'service' : 'client'],
    description: on === 'socket' ? `${doc} Done by the node that has the socket, wherever that is.` : doc,
    requestBody: {
      required: on === 'user' || on === 'socket' || requiredCount(params) > 0,
      content: content(bodySchema(declaration, own ? undefined : on), {
        ...(example.params.length === 0 ? {} : { params: [...example.params] }),
        ...(own || on === 'anything' ? {} : { as }),
      }),
    },
    responses: {
      '200': {
        description: 'Done.',
        content: content(
          {
            type: 'object',
            properties: { result: schemaOf(result) },
            required: ['result'],
            additionalProperties: false,
          },
          { result: example.result },
        ),
      },
      '401': { $ref: '#/components/responses/Unauthorized' },
      ...failures([...new Set([...declaration.errors, ...needed(own, on), ...COMMON])], !own),
    },
  };
}

const ASKED: ValueMap = { userName: 'alice' };
const SOCKET: ValueMap = { userName: 'alice', socketId: 'K7Zk2vXQ' };

/** What the API itself may find wrong with whom a request is made for. */
function needed(own: boolean, on: string): string[] {
  if (own) return [];
  return on === 'socket' ? ['noUser', 'noSocket', 'invalidSocket', 'timeout'] : ['noUser', 'invalidSocket'];
}

function bodySchema({ params }: RequestDeclaration, on: string | undefined): ValueMap {
  const required = requiredCount(params);
  const schemas: [string, Value][] = Object.entries(params).map(([name, param]) => [name, paramSchema(param)]);
  const items = schemas.map(([, schema]) => schema);
  const ordered = { type: 'array', ...(items.length === 0 ? {} : { prefixItems: items }), minItems: required };
  const named = {
    type: 'object',
    properties: Object.fromEntries(schemas),
    required: Object.entries(params).flatMap(([name, { optional }]) => (optional ? [] : [name])),
  };
  const wanted = on === 'socket' ? ['userName', 'socketId'] : on === 'user' ? ['userName'] : [];
  const as = wanted.length === 0 ? schemaOf(As) : { allOf: [schemaOf(As), { type: 'object', required: wanted }] };
  return {
    type: 'object',
    properties: { params: { anyOf: [ordered, named] }, ...(on === undefined ? {} : { as }) },
    required: [...(required > 0 ? ['params'] : []), ...(wanted.length > 0 ? ['as'] : [])],
    additionalProperties: false,
  };
}

function paramSchema({ schema, optional, default: value, itemsMax }: Param): Value {
  return {
    ...(optional ? { anyOf: [schemaOf(schema), { type: 'null' }] } : schemaOf(schema)),
    ...(value === undefined ? {} : { default: value }),
    ...(itemsMax === undefined ? {} : { description: `At most \`limits.${itemsMax}\` items.` }),
  };
}

/** One response for each status, with the codes told by it; where there may be hooks, also those that they make up. */
function failures(codes: readonly string[], hooked: boolean): ValueMap {
  const ofHooks: readonly number[] = hooked ? [statusCode('', false), statusCode('', true)] : [];
  const byStatus = new Map<number, string[]>(ofHooks.map((status) => [status, []]));
  for (const code of codes) byStatus.set(statusCode(code), [...(byStatus.get(statusCode(code)) ?? []), code]);
  const entries = [...byStatus].toSorted(([a], [b]) => a - b);
  return Object.fromEntries(
    entries.map(([status, told]): [string, Value] => [
      String(status),
      {
        description: [
          ...told.map((code) => `\`${code}\``),
          ...(ofHooks.includes(status) ? ['a code of a hook'] : []),
        ].join(', '),
        ...(told.includes('unavailable')
          ? { headers: { 'retry-after': { description: 'Seconds to wait.', schema: { type: 'integer' } } } }
          : {}),
        content: content(errorSchema(told, ofHooks.includes(status))),
      },
    ]),
  );
}

const errorSchema = (codes: readonly string[], hooked = false): ValueMap => ({
  type: 'object',
  properties: {
    error: { allOf: [schemaOf(ErrorValue), { type: 'object', properties: { code: codeSchema(codes, hooked) } }] },
  },
  required: ['error'],
  additionalProperties: false,
});

function codeSchema(codes: readonly string[], hooked: boolean): ValueMap {
  const known: ValueMap[] = codes.length === 0 ? [] : [{ enum: [...codes] }];
  const own = { not: { enum: Object.keys(errorTable) }, description: "One of the operator's own." };
  return hooked ? { anyOf: [...known, own] } : { enum: [...codes] };
}

/** The same in either format. */
function content(schema: ValueMap, example?: ValueMap): ValueMap {
  const media = { schema, ...(example === undefined ? {} : { example }) };
  return { [contentTypes.json]: media, [contentTypes.msgpack]: { schema } };
}
