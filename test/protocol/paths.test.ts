// Changes of a map by dotted path: what they make of it, of one another, and which are refused.
import { describe, expect, test } from '@jest/globals';
import { changed, hasAll, isSame, merged, pathsFault, valueAt } from '../../src/protocol/params/paths.ts';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import { createRng } from '../support/rng.ts';

test('a value is set where a path leads, nil takes it away, and the map that was changed stays as it was', () => {
  const map = { title: 'Tea', order: { state: 'open', lines: [1] } };
  expect(changed(map, { 'order.state': 'paid', 'order.by': 'ann', count: 1 })).toEqual({
    title: 'Tea',
    order: { state: 'paid', lines: [1], by: 'ann' },
    count: 1,
  });
  expect(changed(map, { title: null, 'order.lines': null })).toEqual({ order: { state: 'open' } });
  expect(map).toEqual({ title: 'Tea', order: { state: 'open', lines: [1] } });
});

test('maps on the way are made, and what else stands there gives way, also to take something away', () => {
  expect(changed({ a: 1 }, { 'a.b.c': 2, 'd.e': [] })).toEqual({ a: { b: { c: 2 } }, d: { e: [] } });
  expect(changed({ a: 1 }, { 'a.b': null, 'c.d': null, e: null })).toEqual({ a: {}, c: {} });
  expect(changed({ a: { b: 1 } }, { 'a.b': null })).toEqual({ a: {} });
  // In their order, and what a map is given from elsewhere is none of its keys.
  expect(changed({}, { a: { b: 1 }, 'a.c': 2 })).toEqual({ a: { b: 1, c: 2 } });
  expect(changed({}, { 'toString.a': 1, constructor: 2 })).toEqual({ toString: { a: 1 }, constructor: 2 });
  expect(valueAt({}, 'toString')).toBeNull();
});

describe('paths that will not do', () => {
  test.each<[ValueMap, number, RegExp]>([
    [{ '': 1 }, 16, /empty part/],
    [{ 'a.': 1 }, 16, /empty part/],
    [{ 'a..b': null }, 16, /empty part/],
    [{ 'a.__proto__.b': 1 }, 16, /no key/],
    [{ $bytes: 1 }, 16, /no key/],
    [{ 'a.b.c': 1 }, 2, /deeper than 2/],
    [{ a: { b: [1] } }, 2, /deeper than 2/],
    [Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`k${i}`, i])), 16, /101 paths/],
  ])('are told why: %j', (changes, depth, why) => {
    expect(pathsFault(changes, depth)).toMatch(why);
  });

  test('are no others', () => {
    expect(pathsFault({ 'a.b': { c: [1] }, d: null, constructor: 1 }, 4)).toBeUndefined();
    expect(pathsFault({}, 1)).toBeUndefined();
  });
});

test('values are the same all through, whatever the order of keys', () => {
  const value: Value = { a: [1, { b: null }], c: Uint8Array.of(1, 2) };
  expect(isSame(value, { c: Uint8Array.of(1, 2), a: [1, { b: null }] })).toBe(true);
  for (const other of [
    { a: [1, { b: null }] },
    { ...value, a: [1, {}] },
    { ...value, c: Uint8Array.of(1) },
    [],
    null,
    1,
  ])
    expect(isSame(value, other)).toBe(false);
  expect(isSame([1, 2], [1])).toBe(false);
  expect(isSame({ a: null }, { b: null })).toBe(false);
  expect(hasAll({ a: { b: 1 }, c: [2] }, { 'a.b': 1, c: [2], d: null })).toBe(true);
  expect(hasAll({ a: { b: 1 } }, { a: { b: 1 }, 'a.b': 2 })).toBe(false);
});

test('two changes together make of a map what one after the other does, in whatever order their paths are read', () => {
  const rng = createRng(Date.now());
  const { seed } = rng;
  const paths = ['a', 'b', 'a.a', 'a.b', 'a.a.a', 'a.a.b', 'b.a', 'b.a.b'];
  const values: readonly Value[] = [null, 1, 'x', {}, { a: 1 }, { a: { b: 2 }, b: 3 }];
  const some = (): ValueMap =>
    Object.fromEntries(Array.from({ length: rng.integer(0, 3) }, () => [rng.pick(paths), rng.pick(values)]));
  for (let i = 0; i < 2000; i++) {
    const [map, one, other] = [changed({}, some()), some(), some()];
    const both = merged(merged({}, one), other);
    const expected = changed(changed(map, one), other);
    expect([seed, changed(map, both)]).toEqual([seed, expected]);
    expect([seed, changed(map, Object.fromEntries(Object.entries(both).toReversed()))]).toEqual([seed, expected]);
  }
});
