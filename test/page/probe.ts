// Components around a scripted client, in a page of their own: what the tests of the hooks look at.
import { join } from 'node:path';
import { beforeAll, beforeEach, expect } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { root } from '../ground/source-files.ts';
import { bundle, openPage, startBrowser } from '../support/browser.ts';
import type { Scope } from '../support/scope.ts';

export const probeScript = (mode: 'production' | 'development' = 'production'): Promise<string> =>
  bundle(join(root, 'test/page/browser/hooks-probe.tsx'), mode);

/** The page must have complained of nothing when the scope ends. */
export async function openProbe(scope: Scope, browser: Browser, script: string): Promise<Page> {
  const { page, complaints } = await openPage(scope, browser);
  scope.add(() => expect(complaints).toEqual([]));
  await page.addScriptTag({ content: script });
  return page;
}

export interface ProbePage {
  readonly browser: Browser;
  /** A new one for each test. */
  readonly page: Page;
}

/** Once for a file of tests; what it gives is there in its tests. */
export function useProbe(scope: Scope): ProbePage {
  let browser: Browser;
  let page: Page;
  let script: string;
  beforeAll(async () => {
    [browser, script] = await Promise.all([startBrowser(scope), probeScript()]);
  });
  beforeEach(async () => {
    page = await openProbe(scope, browser, script);
  });
  return {
    get browser() {
      return browser;
    },
    get page() {
      return page;
    },
  };
}
