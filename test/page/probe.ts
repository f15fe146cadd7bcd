// Components around a scripted client, in a page of their own: what the tests of the hooks look at.
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { root } from '../ground/source-files.ts';
import { bundle, openPage } from '../support/browser.ts';
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
