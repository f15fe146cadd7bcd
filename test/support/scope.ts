// Ties a scope to jest: what a test starts ends with that test, what `beforeAll` starts ends with the file or describe block.
// What ends how is up to those who register it.
import { afterAll, afterEach, beforeEach } from '@jest/globals';
import { createScope, type Scope } from './disposal.ts';

export type { Scope } from './disposal.ts';

/**
 * Call once at the top of a file or describe block, before its own `beforeEach`. Every `start…` and `open…` of the kit
 * takes the scope first, so nothing can be started without an end.
 */
export function useScope(): Scope {
  const shared = createScope();
  const perTest = createScope();
  let inTest = false;
  beforeEach(() => {
    inTest = true;
  });
  afterEach(async () => {
    inTest = false;
    await perTest.dispose();
  });
  afterAll(() => shared.dispose());
  return { add: (dispose) => (inTest ? perTest : shared).add(dispose) };
}
