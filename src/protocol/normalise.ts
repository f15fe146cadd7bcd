/**
 * Brings an argument into the form its schema describes before it is checked: names to NFC, only the declared keys of
 * option maps, nil fields left out. It derives from the schema, so that a declaration needs no code.
 */
import type { TSchema } from 'typebox';
import { normaliseName } from './names.ts';
import { isMap, type Value, type ValueMap } from './values.ts';

/** Gives undefined for a value that cannot be of the schema's kind; otherwise the schema itself decides. */
export type Normaliser = (value: Value) => Value | undefined;

/** The parts of a schema that matter here. Every schema of the catalogue has this shape; absent parts are undefined. */
interface SchemaParts {
  readonly type?: string;
  readonly form?: string;
  readonly items?: SchemaParts;
  readonly anyOf?: readonly SchemaParts[];
  readonly properties?: { readonly [key: string]: SchemaParts };
}

/** The normaliser of a schema, or undefined where values are taken as they are. */
export function normaliserOf(schema: TSchema): Normaliser | undefined {
  const parts: SchemaParts = schema;
  if (parts.form === 'name') return (value) => (typeof value === 'string' ? normaliseName(value) : undefined);
  if (parts.type === 'object') return mapNormaliser(parts.properties);
  if (parts.anyOf?.some(({ form }) => form === 'name') === true) {
    return (value) => (typeof value === 'string' ? normaliseName(value) : value);
  }
  const item = parts.items && normaliserOf(parts.items);
  if (!item) return undefined;
  return (value) => (Array.isArray(value) ? value.map((entry) => item(entry) ?? null) : undefined);
}

function mapNormaliser(properties: SchemaParts['properties']): Normaliser {
  // A map without declared keys, such as a message, is any map.
  if (!properties) return (value) => (isMap(value) ? value : undefined);
  const fields = Object.entries(properties).map(([key, field]) => [key, normaliserOf(field)] as const);
  return (value) => {
    if (!isMap(value)) return undefined;
    const known: ValueMap = {};
    for (const [key, normalise] of fields) {
      const field = value[key] ?? null;
      // What cannot be normalised is left for the schema to refuse.
      if (field !== null) known[key] = normalise ? (normalise(field) ?? field) : field;
    }
    return known;
  };
}
