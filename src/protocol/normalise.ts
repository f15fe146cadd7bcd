/**
 * Brings an argument into the form its schema describes before it is checked: names to NFC, only the declared keys of
 * option maps, nil fields left out. It derives from the schema, so that a declaration needs no code.
 */
import type { TSchema } from 'typebox';
import { normaliseName, type NameLimits } from './names.ts';
import { isMap, type Value, type ValueMap } from './values.ts';

/** Gives undefined for a value that cannot be of the schema's kind; otherwise the schema itself decides. */
export type Normaliser = (value: Value, limits: NameLimits) => Value | undefined;

/** The parts of a schema that matter here. Every schema of the catalogue has this shape; absent parts are undefined. */
interface SchemaParts {
  readonly type?: string;
  readonly form?: string;
  readonly items?: SchemaParts;
  readonly maxItems?: number;
  readonly anyOf?: readonly SchemaParts[];
  readonly properties?: { readonly [key: string]: SchemaParts };
}

/** The normaliser of a schema, or undefined where values are taken as they are. */
export function normaliserOf(schema: TSchema): Normaliser | undefined {
  const parts: SchemaParts = schema;
  if (parts.form === 'name') return (value, limits) => (typeof value === 'string' ? normaliseName(value, limits) : undefined);
  if (parts.type === 'object') return mapNormaliser(parts.properties);
  if (parts.anyOf?.some(({ form }) => form === 'name') === true) {
    return (value, limits) => (typeof value === 'string' ? normaliseName(value, limits) : value);
  }
  const item = parts.items && normaliserOf(parts.items);
  if (!item) return undefined;
  const { maxItems = Infinity } = parts;
  return (value, limits) => {
    // Too many are refused by the schema; nothing is done for them before.
    if (!Array.isArray(value) || value.length > maxItems) return undefined;
    return value.map((entry) => item(entry, limits) ?? null);
  };
}

function mapNormaliser(properties: SchemaParts['properties']): Normaliser {
  // A map without declared keys, such as a message, is any map.
  if (!properties) return (value) => (isMap(value) ? value : undefined);
  const fields = Object.entries(properties).map(([key, field]) => [key, normaliserOf(field)] as const);
  return (value, limits) => {
    if (!isMap(value)) return undefined;
    const known: ValueMap = {};
    for (const [key, normalise] of fields) {
      const field = value[key] ?? null;
      // What cannot be normalised is left for the schema to refuse.
      if (field !== null) known[key] = normalise ? (normalise(field, limits) ?? field) : field;
    }
    return known;
  };
}
