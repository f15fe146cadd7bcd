// Frames that are made to cost a server more than they cost their sender: values by a grammar, in every place of every
// request where a client can put them, in either format. What they may cost is the fuzz test's matter.
import { isRequestName, requestDeclaration, requests } from '../../src/protocol/catalogue.ts';
import { createCodec, type Format } from '../../src/protocol/wire/codec.ts';
import type { Value } from '../../src/protocol/params/values.ts';
import type { Rng } from '../support/rng.ts';
import { bytesOf, concat } from './frames.ts';

/** About as much as a frame may have. */
export const hostileBytes = 60_000;

const repeated = (piece: string, units: number): string => piece.repeat(Math.max(1, Math.floor(units / piece.length)));

/** Texts of about so many UTF-16 units. */
const texts: Record<string, (units: number, rng: Rng) => string> = {
  'marks that go down': (units) => `a${repeated('\u0315', units / 2)}${repeated('\u0334', units / 2)}`,
  'marks that alternate': (units) => `a${repeated('\u0301\u0316', units)}`,
  'a mark on each letter': (units) => repeated('a\u0316\u0301', units),
  'letters of four parts': (units) => repeated('\u03b1\u0313\u0300\u0345', units),
  'parts of Hangul': (units) => repeated('\u1112\u1161\u11ab', units),
  Kelvins: (units) => repeated('\u212a', units),
  'joined emoji': (units) => repeated('👩\u200d', units),
  'ligatures that expand': (units) => repeated('\ufdfa', units),
  'wide forms': (units) => repeated('Ａ', units),
  spaces: (units) => repeated(' ', units),
  'control characters': (units) => repeated('\u0000', units),
  dots: (units) => repeated('.', units),
  colons: (units) => repeated('::ffff:', units),
  'plain letters': (units) => repeated('x', units),
  digits: (units, rng) => repeated(String(rng.integer(1_000_000, 9_999_999)), units),
};

export const hostileTexts: readonly string[] = Object.keys(texts);

interface SchemaParts {
  readonly type?: string;
  readonly form?: string;
  readonly items?: SchemaParts;
  readonly properties?: { readonly [key: string]: SchemaParts };
}

/** The value where the schema wants its kind, and the text in every place of it where text is wanted. */
function ofSchema({ type, items, properties }: SchemaParts, text: string, times: number): Value {
  if (type === 'string') return text;
  if (type === 'array') return Array.from({ length: times }, () => ofSchema(items ?? {}, text, 1));
  if (type === 'object' && properties !== undefined) {
    const fields = Object.entries(properties).map(([key, field]) => [key, ofSchema(field, text, times)] as const);
    return Object.fromEntries(fields.filter(([, value]) => value !== null));
  }
  return type === 'object' ? { text } : null;
}

type Params = readonly Value[];

/** Values that are large or odd in themselves, for a message or anywhere. */
const values: Record<string, (rng: Rng) => Value> = {
  'a wide map': () => Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`key-${i}`, i])),
  'a map of long keys that differ at the end': () =>
    Object.fromEntries(Array.from({ length: 55 }, (_, i) => [`${'k'.repeat(1000)}${i}`, i])),
  'keys that are numbers': (rng) =>
    Object.fromEntries(Array.from({ length: 2000 }, () => [String(rng.integer(0, 2 ** 31)), 0])),
  'maps with one far index': () => Array.from({ length: 1300 }, () => ({ '1023': 0 })),
  'keys of bits that cancel': () =>
    Object.fromEntries(
      Array.from({ length: 1024 }, (_, i) => [i.toString(2).padStart(10, '0').replaceAll('1', '\u0080'), 0]),
    ),
  'many lists': () => Array.from({ length: 4000 }, () => []),
  'deep maps': () => Array.from({ length: 200 }, () => nested(12)),
  'deeper than allowed': () => nested(80),
  'huge numbers': () => Array.from({ length: 4000 }, (_, i) => 2 ** 52 + i * 1e300),
  'numbers that are not whole': (rng) => Array.from({ length: 4000 }, () => rng.integer(0, 1e9) / 7),
  bytes: () => new Uint8Array(40_000).fill(0x61),
  'many bytes': () => Array.from({ length: 4000 }, () => Uint8Array.of(1, 2, 3)),
  'a map that looks like bytes': () => ({ $bytes: 'A'.repeat(50_000) }),
  'maps that look like bytes': () => Array.from({ length: 1300 }, () => ({ $bytes: 'AAAA', more: 0 })),
  'a long text': () => 'x'.repeat(hostileBytes),
  'short texts': () => Array.from({ length: 4000 }, (_, i) => `text ${i}`),
  'empty texts': () => Array.from({ length: 4000 }, () => ''),
};

function nested(depth: number): Value {
  let value: Value = 0;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

export interface HostileFrame {
  readonly what: string;
  readonly bytes: Uint8Array;
}

/** A frame of one kind or the other, as full as it can be. */
export function hostileFrame(rng: Rng, format: Format): HostileFrame {
  const method = rng.pick(Object.keys(requests).filter(isRequestName));
  const schemas = Object.values(requestDeclaration(method).params).map(({ schema }): SchemaParts => schema);
  if (rng.integer(0, 1) === 0) {
    const kind = rng.pick(Object.keys(values));
    const value = values[kind]?.(rng) ?? null;
    const at = rng.integer(0, Math.max(0, schemas.length - 1));
    const params = schemas.map((schema, i) => (i === at ? value : ofSchema(schema, 'a', 1)));
    return { what: `${kind} in ${method}`, bytes: filled(format, method, params.length === 0 ? [value] : params) };
  }
  const kind = rng.pick(hostileTexts);
  // From what just passes as a name to as much as there is, once or in every item of a list.
  const units = rng.pick([60, 130, 250, 511, 2000, 20_000, 40_000]);
  const times = units > 2000 ? 1 : rng.pick([1, 60, 128, 500]);
  const text = texts[kind]?.(units, rng) ?? '';
  const params = schemas.map((schema) => ofSchema(schema, text, times));
  return { what: `${units} units of ${kind} in ${method}`, bytes: filled(format, method, params) };
}

/** One request again and again, as often as it fits, or cut where it is too large for a frame by itself. */
export function filled(format: Format, method: string, params: Params): Uint8Array {
  const newline = Uint8Array.from(format === 'json' ? [10] : []);
  const one = concat(bytesOf(createCodec(format).encodeRequest(1, method, params)), newline);
  if (one.length > 2 * hostileBytes) return one.subarray(0, hostileBytes);
  return concat(...Array.from({ length: Math.max(1, Math.floor(hostileBytes / one.length)) }, () => one));
}

/** What people do: messages of some fields. */
export function plainFrame(format: Format): Uint8Array {
  const message = { textMessage: 'hello everybody', kind: 'text', replyTo: 17, tags: ['a', 'b'], seen: false };
  return filled(format, 'roomMessage', ['lobby', message, { clientMessageId: 'c-123456' }]);
}
