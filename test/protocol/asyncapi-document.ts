// The AsyncAPI document as a file, without the code it was made from: ways into it, and messages held against its
// schemas. What is expected of them is up to the tests.
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';

export interface JsonMap {
  readonly [key: string]: unknown;
}

const isJsonMap = (value: unknown): value is JsonMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const parsed: unknown = JSON.parse(readFileSync(new URL('../../src/documents/asyncapi.json', import.meta.url), 'utf8'));
export const asyncApi: JsonMap = isJsonMap(parsed) ? parsed : {};

/** What a reference such as `#/components/schemas/Epoch` leads to. */
export function at(reference: string): unknown {
  const step = (value: unknown, key: string): unknown => (isJsonMap(value) ? value[key] : undefined);
  return reference.split('/').slice(1).reduce(step, asyncApi);
}

/** A map of maps in the document; throws when there is none. */
export function mapAt(...keys: readonly string[]): Readonly<Record<string, JsonMap>> {
  const value = at(['#', ...keys].join('/'));
  if (!isJsonMap(value)) throw new Error(`the document has nothing at ${keys.join('/')}`);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, isJsonMap(inner) ? inner : {}]));
}

/** Every map in a value, itself included. */
export function mapsIn(value: unknown): JsonMap[] {
  if (Array.isArray(value)) return value.flatMap(mapsIn);
  return isJsonMap(value) ? [value, ...Object.values(value).flatMap(mapsIn)] : [];
}

/** What is wrong with a message (as JSON would carry it), by the schema of a message of the document, by its key. */
export function createDocumentCheck(): (key: string, message: unknown) => string[] {
  const ajv = new Ajv({ strict: false });
  ajv.addSchema({ ...asyncApi, $id: 'asyncapi.json' });
  return (key, message) => {
    const validate = ajv.getSchema(`asyncapi.json#/components/messages/${key}/payload`);
    if (validate === undefined) return [`the document has no message ${key}`];
    return validate(message) === true ? [] : [ajv.errorsText(validate.errors, { dataVar: key })];
  };
}
