// The AsyncAPI document is fresh, valid by the official schema, whole, and its schemas accept exactly its examples'
// messages. What real nodes send is held against it in stranger.test.ts.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { notifications, requests } from '../../src/protocol/catalogue.ts';
import { renderAsyncApi } from '../../src/documents/asyncapi.ts';
import { closeCodes } from '../../src/protocol/wire/close-codes.ts';
import { errorTable } from '../../src/protocol/errors/table.ts';
import { asyncApi, at, createDocumentCheck, mapAt, mapsIn } from './asyncapi-document.ts';

// CommonJS, without types that a module can import.
const require = createRequire(import.meta.url);
const { default: addFormats } = require('ajv-formats') as { default: (ajv: Ajv) => unknown };
const { schemas } = require('@asyncapi/specs') as { schemas: Record<string, object> };

test('it is what the declarations say; run `npm run docs` if not', () => {
  const written = readFileSync(new URL('../../src/documents/asyncapi.json', import.meta.url), 'utf8');
  // Its layout is the formatter's; order counts.
  expect(JSON.stringify(JSON.parse(written))).toBe(JSON.stringify(renderAsyncApi()));
});

test('it is a valid AsyncAPI 3.0 document by the official schema, which refuses a broken one', () => {
  // The schema brings the meta-schema of JSON Schema along, as a part.
  const ajv = new Ajv({ strict: false, allErrors: true, meta: false, validateSchema: false });
  addFormats(ajv);
  const validate = ajv.compile(schemas['3.0.0'] ?? {});
  validate(asyncApi);
  expect(validate.errors ?? []).toEqual([]);
  const operations = { ...mapAt('operations'), broken: { action: 'shout', channel: {} } };
  expect(validate({ ...asyncApi, operations })).toBe(false);
});

test('every reference leads somewhere, and every component is referred to', () => {
  const references = mapsIn(asyncApi).flatMap(({ $ref }) => (typeof $ref === 'string' ? [$ref] : []));
  expect(references.length).toBeGreaterThan(100);
  expect(references.filter((reference) => at(reference) === undefined)).toEqual([]);
  const components = ['schemas', 'messages', 'correlationIds'].flatMap((kind) =>
    Object.keys(mapAt('components', kind)).map((key) => `#/components/${kind}/${key}`),
  );
  expect(components.filter((component) => !references.includes(component))).toEqual([]);
});

test('every declared thing has its place', () => {
  const operations = mapAt('operations');
  const titles = (action: string): unknown[] =>
    Object.values(operations).flatMap((operation) => (operation.action === action ? [operation.title] : []));
  expect(titles('receive')).toEqual(Object.keys(requests));
  expect(titles('send')).toEqual(Object.keys(notifications));
  expect(Object.keys(mapAt('x-errors'))).toEqual(Object.keys(errorTable));
  expect(Object.keys(mapAt('x-close-codes'))).toEqual(Object.values(closeCodes).map(({ code }) => String(code)));
  const codes = Object.values(operations).flatMap((operation) => operation['x-errors'] ?? []);
  expect(codes.length).toBeGreaterThan(10);
  const known: readonly unknown[] = Object.keys(errorTable);
  expect(codes.filter((code) => !known.includes(code))).toEqual([]);
});

test('its schemas accept its examples and refuse them changed', () => {
  const check = createDocumentCheck();
  let checked = 0;
  for (const [key, { examples }] of Object.entries(mapAt('components', 'messages'))) {
    for (const example of Array.isArray(examples) ? examples : []) {
      const message: unknown[] = [...(example as { payload: unknown[] }).payload];
      expect([key, check(key, message)]).toEqual([key, []]);
      expect([key, check(key, message.slice(0, -1))]).not.toEqual([key, []]);
      expect([key, check(key, message.with(0, 3))]).not.toEqual([key, []]);
      checked++;
    }
  }
  expect(checked).toBe(2 * Object.keys(requests).length + Object.keys(notifications).length);
  const refusal = (code: string): unknown[] => [1, 7, { code, args: ['lobby'], message: '', temporary: false }, null];
  expect(check('response.roomJoin', refusal('noRoom'))).toEqual([]);
  expect(check('response.roomJoin', refusal('roomExists'))).not.toEqual([]);
  expect(check('response.roomJoin', refusal('chosenByAHook'))).toEqual([]);
});
