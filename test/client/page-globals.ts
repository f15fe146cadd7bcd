// What a page has of itself in a browser, put into this process for a test.
import type { Scope } from '../support/disposal.ts';

/** The page, to be told events; `more` are other globals that it has. */
export function inPage(scope: Scope, more: Readonly<Record<string, unknown>> = {}): EventTarget {
  const page = new EventTarget();
  const own = {
    ...more,
    addEventListener: page.addEventListener.bind(page),
    removeEventListener: page.removeEventListener.bind(page),
  };
  const before = Object.fromEntries(Object.keys(own).map((key) => [key, Reflect.get(globalThis, key)]));
  Object.assign(globalThis, own);
  scope.add(() => void Object.assign(globalThis, before));
  return page;
}
