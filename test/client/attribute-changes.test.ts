// What one map has become, told like a change by which it becomes that.
import { expect, test } from '@jest/globals';
import { changesBetween } from '../../src/client/attributes/changes.ts';
import { changed } from '../../src/protocol/params/paths.ts';

test('two maps are told apart by the keys of their first level', () => {
  const before = { same: { deep: [1] }, other: 1, gone: true, toString: 1 };
  const after = { same: { deep: [1] }, other: { a: 1 }, come: {}, constructor: 2 };
  const changes = changesBetween(before, after);
  expect(changes).toEqual({ other: { a: 1 }, gone: null, toString: null, come: {}, constructor: 2 });
  expect(changed(before, changes)).toEqual(after);
  expect(changesBetween(before, { ...before, same: { deep: [1] } })).toEqual({});
});
