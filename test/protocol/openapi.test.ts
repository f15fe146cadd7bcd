// The OpenAPI document is fresh, whole, and what it says of bodies is true: its schemas accept the examples of the
// declarations and refuse them changed. What real nodes answer is held against the declarations in test/http/.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { generalErrors, requests } from '../../src/protocol/catalogue.ts';
import { errorTable } from '../../src/protocol/errors/table.ts';
import { renderOpenApi } from '../../src/documents/openapi.ts';
import { apiDeclaration, isApiRequestName, serverRequests } from '../../src/protocol/service/catalogue.ts';
import { statusCode } from '../../src/protocol/service/http.ts';
import { mapsIn, type JsonMap } from './asyncapi-document.ts';

const text = readFileSync(new URL('../../src/documents/openapi.json', import.meta.url), 'utf8');
const document: unknown = JSON.parse(text);

/** What is under these keys; undefined where there is nothing. */
function within(value: unknown, ...keys: readonly string[]): unknown {
  const step = (inner: unknown, key: string): unknown =>
    typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key) ? Reflect.get(inner, key) : undefined;
  return keys.reduce(step, value);
}

/** The keys of a map in the document. */
const keysOf = (...keys: readonly string[]): string[] => Object.keys(Object(within(document, ...keys)));

const names = [...Object.keys(serverRequests), ...Object.keys(requests)]
  .filter(isApiRequestName)
  .filter((name) => !['login', 'loginRefresh', 'disconnect'].includes(name));

const post = (name: string, ...keys: readonly string[]): unknown =>
  within(document, 'paths', `/api/v1/${name}`, 'post', ...keys);

const body = ['requestBody', 'content', 'application/json'] as const;
const ok = ['responses', '200', 'content', 'application/json'] as const;

const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema({ $id: 'openapi.json', ...Object(document) });

/** Whether a value is what the schema under these keys of an operation describes. */
function accepts(name: string, keys: readonly string[], value: unknown): boolean {
  const path = ['paths', `~1api~1v1~1${name}`, 'post', ...keys.map((key) => key.replaceAll('/', '~1')), 'schema'];
  const validate = ajv.getSchema(`openapi.json#/${path.join('/')}`);
  if (validate === undefined) throw new Error(`${name} has no schema at ${keys.join('/')}`);
  return validate(value) === true;
}

test('it is what the declarations say; run `npm run docs` if not', () => {
  // Its layout is the formatter's; order counts.
  expect(JSON.stringify(document)).toBe(JSON.stringify(renderOpenApi()));
});

test('it has a path for every request that can be made, with one name, and no other', () => {
  expect(within(document, 'openapi')).toBe('3.1.0');
  expect(keysOf('paths')).toEqual(names.map((name) => `/api/v1/${name}`));
  expect(names.length).toBeGreaterThan(45);
  for (const name of names) {
    expect(keysOf('paths', `/api/v1/${name}`)).toEqual(['post']);
    expect([post(name, 'operationId'), post(name, 'tags')]).toEqual([
      name,
      [Object.hasOwn(serverRequests, name) ? 'service' : 'client'],
    ]);
    expect(within(post(name, 'requestBody', 'content'), 'application/msgpack')).toBeDefined();
  }
  expect(within(document, 'security')).toEqual([{ key: [] }]);
  expect(within(document, 'components', 'securitySchemes', 'key')).toMatchObject({ type: 'http', scheme: 'bearer' });
});

test('every reference leads somewhere, and every component is referred to', () => {
  const references = mapsIn(document).flatMap(({ $ref }: JsonMap) => (typeof $ref === 'string' ? [$ref] : []));
  expect(references.length).toBeGreaterThan(100);
  const at = (reference: string): unknown => within(document, ...reference.split('/').slice(1));
  expect(references.filter((reference) => at(reference) === undefined)).toEqual([]);
  const components = ['schemas', 'responses'].flatMap((kind) =>
    keysOf('components', kind).map((key) => `#/components/${kind}/${key}`),
  );
  expect(components.filter((component) => !references.includes(component))).toEqual([]);
});

test('every code that a request declares is told by its status', () => {
  for (const name of names) {
    for (const code of [...apiDeclaration(name).errors, 'unavailable', 'badArgument']) {
      const described = post(name, 'responses', String(statusCode(code)), 'description');
      expect([name, code, described]).toEqual([name, code, expect.stringContaining(`\`${code}\``)]);
      const error = { code, args: [], message: '', temporary: false };
      const failed = ['responses', String(statusCode(code)), 'content', 'application/json'];
      expect([name, code, accepts(name, failed, { error })]).toEqual([name, code, true]);
      expect(accepts(name, failed, { error: { ...error, code: 'sessionConflict' } })).toBe(false);
    }
  }
  // Hooks may refuse clients' requests with codes of their own; the service's own requests have none around them.
  const error = { code: 'tooRude', args: [], message: '', temporary: false };
  const refused = ['responses', '403', 'content', 'application/json'];
  expect([accepts('ping', refused, { error }), accepts('roomJoin', refused, { error })]).toEqual([true, true]);
  expect(accepts('addRoom', ['responses', '400', 'content', 'application/json'], { error })).toBe(false);
  expect(generalErrors.every((code) => Object.hasOwn(errorTable, code))).toBe(true);
});

describe.each(names)('%s', (name) => {
  const { params, example } = apiDeclaration(name);
  const as = { userName: 'alice', socketId: 'K7Zk2vXQ' };
  const isOwn = Object.hasOwn(serverRequests, name);

  test('takes its example in order and by name, and nothing beside params and as', () => {
    const named = Object.fromEntries(Object.keys(params).map((key, i) => [key, example.params[i] ?? null]));
    for (const given of [example.params, named]) {
      const asked = { params: given, ...(isOwn ? {} : { as }) };
      expect([given, accepts(name, body, asked)]).toEqual([given, true]);
      expect(accepts(name, body, { ...asked, more: 1 })).toBe(false);
    }
    expect(accepts(name, body, { params: 'text', ...(isOwn ? {} : { as }) })).toBe(false);
    if (!isOwn) expect(accepts(name, body, { params: example.params, as: { ...as, username: 'a' } })).toBe(false);
    expect(accepts(name, body, post(name, ...body, 'example'))).toBe(true);
  });

  test('gives its example, and no less', () => {
    expect(accepts(name, ok, { result: example.result })).toBe(true);
    expect(accepts(name, ok, {})).toBe(false);
    expect(post(name, ...ok, 'example')).toEqual({ result: example.result });
  });
});
