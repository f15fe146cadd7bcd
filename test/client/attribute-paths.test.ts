// Values by dotted path, in maps that others have made.
import { expect, test } from '@jest/globals';
import { changesBetween, hasValues, valueAt, withChanges } from '../../src/client/attributes/paths.ts';

test('a value is found by its path, and nothing where the map has none of its own', () => {
  const map = { title: 'Tea', order: { state: 'open', items: [1] }, none: null };
  expect([valueAt(map, 'title'), valueAt(map, 'order.state'), valueAt(map, 'none')]).toEqual(['Tea', 'open', null]);
  for (const path of ['order.who', 'title.length', 'order.items.0', 'constructor', 'order.toString', '']) {
    expect([path, valueAt(map, path)]).toEqual([path, undefined]);
  }
});

test('changes make maps on the way, replace what else stands there, and remove; the map itself stays as it was', () => {
  const map = { title: 'Tea', order: { state: 'open', by: 'ann' }, list: [1] };
  const changed = withChanges(map, { 'order.state': 'done', 'order.by': null, 'list.a.b': 1, title: null, new: {} });
  expect(changed).toEqual({ order: { state: 'done' }, list: { a: { b: 1 } }, new: {} });
  expect(map).toEqual({ title: 'Tea', order: { state: 'open', by: 'ann' }, list: [1] });
  expect(withChanges(map, { 'nobody.is.there': null, 'title.a': null })).toEqual(map);
  // In their order.
  expect(withChanges({}, { a: { b: 1 }, 'a.c': 2 })).toEqual({ a: { b: 1, c: 2 } });
  expect(Object.getPrototypeOf(withChanges({}, { '__proto__.polluted': true }))).toBe(Object.prototype);
});

test('two maps are told apart by the keys of their first level', () => {
  const before = { same: { deep: [1] }, other: 1, gone: true };
  const after = { same: { deep: [1] }, other: 2, come: {} };
  expect(changesBetween(before, after)).toEqual({ other: 2, gone: null, come: {} });
  expect(withChanges(before, changesBetween(before, after))).toEqual(after);
  expect(changesBetween(before, before)).toEqual({});
});

test('a map has values that are the same to the depth', () => {
  const map = { state: 'open', order: { items: [{ id: 1 }] } };
  expect(hasValues(map, {})).toBe(true);
  expect(hasValues(map, { state: 'open', 'order.items': [{ id: 1 }] })).toBe(true);
  expect(hasValues(map, { 'order.items': [{ id: 2 }] })).toBe(false);
  expect(hasValues(map, { missing: 'open' })).toBe(false);
});
