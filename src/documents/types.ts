/** How the protocol document writes a type down. It reads the schemas of the catalogue, which are JSON Schema. */
import { code, table } from './markdown.ts';

/** The parts of a schema that the document shows. */
interface SchemaParts {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maxLength?: number;
  readonly anyOf?: readonly SchemaParts[];
  readonly items?: SchemaParts;
  readonly properties?: { readonly [key: string]: SchemaParts };
  readonly patternProperties?: { readonly [pattern: string]: SchemaParts };
  readonly required?: readonly string[];
}

type NamedSchema = SchemaParts & { readonly title: string };

/** A short text for a type: its name if it has one. */
export function typeText(schema: SchemaParts): string {
  if (schema.title !== undefined) return `[${schema.title}](#${schema.title.toLowerCase()})`;
  if (schema.anyOf) return schema.anyOf.map(typeText).join(' or ');
  if (schema.items) {
    const item = typeText(schema.items);
    return `array of ${schema.items.anyOf && schema.items.title === undefined ? `(${item})` : item}`;
  }
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.type === 'null') return 'nil';
  const [entry] = Object.values(schema.patternProperties ?? {});
  if (entry) return `map of string to ${typeText(entry)}`;
  const bounds = [
    ...(schema.minimum === undefined ? [] : [`at least ${schema.minimum}`]),
    ...(schema.maxLength === undefined ? [] : [`at most ${schema.maxLength} long`]),
  ];
  return [schema.type ?? 'any value', ...bounds].join(', ');
}

/** The named types that occur in the schemas, also inside others, in order of first occurrence. */
export function namedTypes(schemas: readonly SchemaParts[]): NamedSchema[] {
  const found = new Map<string, NamedSchema>();
  for (const schema of schemas) collect(schema, found);
  return [...found.values()];
}

function collect(schema: SchemaParts, found: Map<string, NamedSchema>): void {
  const { title } = schema;
  if (title !== undefined) found.set(title, found.get(title) ?? { ...schema, title });
  const parts = [
    ...(schema.anyOf ?? []),
    ...(schema.items ? [schema.items] : []),
    ...Object.values(schema.properties ?? {}),
    ...Object.values(schema.patternProperties ?? {}),
  ];
  for (const part of parts) collect(part, found);
}

/** What a named type is: its sentence, and a table of its fields if it has any. */
export function describeSchema(schema: NamedSchema): string[] {
  const { title: _, ...untitled } = schema;
  const fields = Object.entries(schema.properties ?? {});
  const kind = fields.length > 0 ? 'map' : schema.type === 'object' ? 'map' : typeText(untitled);
  const sentence = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}. ${schema.description ?? ''}`.trim();
  if (fields.length === 0) return [sentence];
  const rows = fields.map(([key, field]) => [
    code(key),
    typeText(field),
    schema.required?.includes(key) ? 'always' : 'optional',
    field.description ?? '',
  ]);
  return [sentence, table(['field', 'type', '', ''], rows)];
}
