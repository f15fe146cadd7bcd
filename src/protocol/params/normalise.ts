/**
 * Brings an argument into the form its schema describes before it is checked: names to their one form, only the declared
 * keys of option maps, nil fields left out, and what some languages cannot say otherwise: their one kind of empty table
 * for a map or a list, their byte strings for text. It derives from the schema, so that a declaration needs no code.
 */
import type { TSchema } from 'typebox';
import { normaliseName, type NameLimits } from '../names/form.ts';
import { decodeText } from '../wire/utf8.ts';
import { asList, asMap, isMap, type Value, type ValueMap } from './values.ts';

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
  if (parts.type === 'string') return parts.form === 'name' ? name : text;
  if (parts.type === 'object') return mapNormaliser(parts.properties);
  if (parts.type === 'array') return listNormaliser(parts);
  return parts.anyOf?.some(({ form }) => form === 'name') === true ? name : undefined;
}

/** Some languages have byte strings only, and their encoders say so: bytes that are UTF-8 are text where text is declared. */
function text(value: Value): Value {
  return value instanceof Uint8Array ? (decodeText(value) ?? value) : value;
}

function name(value: Value, limits: NameLimits): Value {
  const given = text(value);
  return typeof given === 'string' ? normaliseName(given, limits) : given;
}

function listNormaliser({ items, maxItems = Infinity }: SchemaParts): Normaliser {
  const item = items && normaliserOf(items);
  return (value, limits) => {
    const list = asList(value);
    // Too many are refused by the schema; nothing is done for them before.
    if (!Array.isArray(list) || list.length > maxItems) return undefined;
    return item ? list.map((entry) => item(entry, limits) ?? null) : list;
  };
}

function mapNormaliser(properties: SchemaParts['properties']): Normaliser {
  // A map without declared keys, such as a message, is any map.
  if (!properties) {
    return (value) => {
      const map = asMap(value);
      return isMap(map) ? map : undefined;
    };
  }
  const fields = Object.entries(properties).map(([key, field]) => [key, normaliserOf(field)] as const);
  return (value, limits) => {
    const map = asMap(value);
    if (!isMap(map)) return undefined;
    const known: ValueMap = {};
    for (const [key, normalise] of fields) {
      const field = map[key] ?? null;
      // What cannot be normalised is left for the schema to refuse.
      if (field !== null) known[key] = normalise ? (normalise(field, limits) ?? field) : field;
    }
    return known;
  };
}
