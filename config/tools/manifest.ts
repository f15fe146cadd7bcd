/** Writes what the client library has to know of the catalogue when it runs, so that it need not carry the catalogue itself. */
import { errorTable } from '../../src/protocol/errors/table.ts';
import {
  isRequestName,
  notifications,
  requestDeclaration,
  requests,
  requiredCount,
} from '../../src/protocol/catalogue.ts';
import type { Param } from '../../src/protocol/declare.ts';
import { closeCodes } from '../../src/protocol/wire/close-codes.ts';

/** The source of `src/client/manifest.ts`, to be formatted. */
export function renderManifest(): string {
  const own = Object.keys(requests).filter(isRequestName);
  const temporary = Object.entries(errorTable).flatMap(([code, entry]) => (entry.temporary ? [code] : []));
  const closes = Object.entries(closeCodes).map(([name, { code, comeBack }]) => [name, { code, comeBack }]);
  return `/**
 * What a client has to know of the catalogue when it runs: names, counts, flags. Generated from the declarations by
 * \`npm run docs\`; do not edit.
 */

export interface RequestEntry {
  /** Names of the params, in the order of the wire. */
  readonly params: readonly string[];
  /** So many of them at least must be sent. */
  readonly required: number;
  /** Indexes of those that are the application's own: any value or any map, and not made of names and ids. */
  readonly free?: readonly number[];
  /** Made twice it gives the same and changes nothing more. */
  readonly reads?: true;
  /** It can fail with \`messageTooLarge\`. */
  readonly sized?: true;
}

// prettier-ignore
export const requests: Readonly<Record<string, RequestEntry>> = {
${own.map((name) => `  ${name}: ${inline(entryOf(name))},`).join('\n')}
};

export const notifications: ReadonlySet<string> = new Set(${JSON.stringify(Object.keys(notifications))});

/** With these the same request may succeed later. */
export const temporaryErrors: ReadonlySet<string> = new Set(${JSON.stringify(temporary)});

/** Why connections are closed, and whether to come back. */
export const closeCodes = ${JSON.stringify(Object.fromEntries(closes))} as const;
`;
}

function entryOf(name: keyof typeof requests): object {
  const { params, errors, reads = false } = requestDeclaration(name);
  const free = Object.values(params).flatMap((param, index) => (isFree(param) ? [index] : []));
  return {
    params: Object.keys(params),
    required: requiredCount(params),
    ...(free.length > 0 && { free }),
    ...(reads && { reads }),
    ...(errors.includes('messageTooLarge') && { sized: true }),
  };
}

/** A literal on one line, as it is written by hand. */
function inline(entry: object): string {
  return JSON.stringify(entry)
    .replace(/"(\w+)":/g, ' $1: ')
    .replaceAll('"', "'")
    .replaceAll("','", "', '")
    .replaceAll('}', ' }');
}

function isFree(param: Param): boolean {
  const schema: { type?: string; anyOf?: unknown; properties?: unknown } = param.schema;
  if (schema.anyOf !== undefined) return false;
  return schema.type === undefined || (schema.type === 'object' && schema.properties === undefined);
}
