/**
 * Schemas of the catalogue as the AsyncAPI document writes them: plain JSON, named types once and referred to by name,
 * messages as tuples. What is done with them is left to `asyncapi.ts`.
 */
import type { Param } from '../protocol/declare.ts';
import { namedTypes } from './types.ts';
import type { Value, ValueMap } from '../protocol/params/values.ts';

const ID: ValueMap = { type: 'integer', minimum: 0, maximum: 0xffff_ffff };

/** Keys of a schema under which there is a map of schemas, not a schema. */
const schemaMaps: ReadonlySet<string> = new Set(['properties', 'patternProperties']);

/** A schema in place: a reference if it has a name. */
export function schemaOf(schema: object): ValueMap {
  return 'title' in schema && typeof schema.title === 'string'
    ? { $ref: `#/components/schemas/${schema.title}` }
    : plain(schema);
}

/** The named types that occur in the schemas, whole, by name. */
export function componentSchemas(schemas: readonly object[]): ValueMap {
  return Object.fromEntries(namedTypes(schemas).map((schema) => [schema.title, plain(schema)]));
}

/** An array of the positional params; more than these are ignored, so they are allowed. */
export function paramsSchema(params: readonly (Pick<Param, 'schema'> & Partial<Param>)[], count: number): ValueMap {
  const items = params.map(({ schema, optional, default: value, itemsMax }): Value => {
    const given = optional === true ? { anyOf: [schemaOf(schema), { type: 'null' }] } : schemaOf(schema);
    return {
      ...given,
      ...(value === undefined ? {} : { default: value }),
      ...(itemsMax === undefined ? {} : { description: `At most \`limits.${itemsMax}\` items.` }),
    };
  });
  // A tuple of nothing is no valid `items`.
  return { type: 'array', ...(items.length === 0 ? {} : { items }), minItems: count };
}

/** A message: type, `id` where the word stands, names as constants, nil, and schemas. */
export function messageSchema(parts: readonly (number | string | null | ValueMap)[]): ValueMap {
  const items = parts.map((part): Value => {
    if (part === 'id') return ID;
    if (part === null) return { type: 'null' };
    return typeof part === 'object' ? part : { const: part };
  });
  return { type: 'array', items, minItems: items.length, maxItems: items.length };
}

/** The schema without what only this project understands, the schemas in it in place. */
function plain(schema: object): ValueMap {
  const entries = Object.entries(schema).filter(([key, value]) => key !== 'form' || typeof value !== 'string');
  return Object.fromEntries(entries.map(([key, value]): [string, Value] => [key, inner(key, value)]));
}

function inner(key: string, value: unknown): Value {
  if (Array.isArray(value)) return value.map((item: unknown) => inner(key, item));
  if (typeof value === 'object' && value !== null) {
    return schemaMaps.has(key) ? plain(value) : schemaOf(value);
  }
  // What a schema holds besides objects and arrays are JSON scalars.
  return value as Value;
}
