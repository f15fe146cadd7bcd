// Debian's Chromium for tests: started once a file, ended with its scope, and told of everything that goes wrong in a page.
// What is on a page is left to the tests.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { build } from 'esbuild';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';
import type { Scope } from './disposal.ts';

const actionTimeoutMs = 20_000;

export async function startBrowser(scope: Scope): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error('there is no chromium on PATH');
  // Its sandbox wants a user of its own, and there is nothing here to be kept from but the tests.
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
  scope.add(() => browser.close());
  return browser;
}

export interface Opened {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the page threw, or its console called an error: breaches of its policy among it. */
  readonly complaints: readonly string[];
}

/** A page in a context of its own: as in another browser, nothing is shared with others. */
export async function openPage(scope: Scope, browser: Browser, options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await browser.newContext(options);
  scope.add(() => context.close());
  return { context, ...(await openTab(context)) };
}

/** Another page of the same browser. */
export async function openTab(context: BrowserContext): Promise<Omit<Opened, 'context'>> {
  const page = await context.newPage();
  page.setDefaultTimeout(actionTimeoutMs);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return { page, complaints };
}

/** A file of the tests with all that it imports, as one script; React as in `production`, or as in `development`. */
export async function bundle(entry: string, mode: 'production' | 'development'): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'iife',
    jsx: 'automatic',
    target: 'es2022',
    define: { 'process.env.NODE_ENV': JSON.stringify(mode) },
  });
  return outputFiles[0]?.text ?? '';
}

function chromiumPath(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, 'chromium')).find((file) => existsSync(file));
}
