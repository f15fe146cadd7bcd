/** Random values of the wire for property tests. What is done with them is left to each test. */
import fc from 'fast-check';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';

/** Well-formed strings, with characters of one to four bytes. */
export const text = fc.string({ unit: 'binary', maxLength: 40 });

const key = text.filter((name) => name !== '__proto__' && name !== '$bytes');

// Minus zero is not a value of its own on the wire.
const number = fc
  .oneof(
    fc.maxSafeInteger(),
    fc.integer({ min: -40, max: 300 }),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -(2 ** 52), max: 2 ** 52 }),
  )
  .map((value) => (value === 0 ? 0 : value));

const { value, map } = fc.letrec<{ value: Value; map: ValueMap; list: Value[]; leaf: Value }>((tie) => ({
  leaf: fc.oneof(
    fc.constant(null),
    fc.boolean(),
    number,
    text,
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Uint8Array.from(bytes)),
  ),
  list: fc.array(tie('value'), { maxLength: 5, size: 'small' }),
  map: fc.dictionary(key, tie('value'), { maxKeys: 18, size: 'small', noNullPrototype: true }),
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('leaf'), tie('list'), tie('map')),
}));

/** Any value. */
export const anyValue: fc.Arbitrary<Value> = value;

/** Any map. */
export const anyMap: fc.Arbitrary<ValueMap> = map;
