// The program in the README of the hooks, as it stands: its types, and what it does in a browser with a node.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from '@jest/globals';
import { fencesOf } from '../ground/papers.ts';
import { root } from '../ground/source-files.ts';
import { openPage, startBrowser } from '../support/browser.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';
import { originOf } from './visitor.ts';

const scope = useScope();
/** As the build makes them. */
const packaged = (name: string): string => join(root, 'dist', 'client', name, 'index');
const packages = { 'parley-client': packaged(''), 'parley-client/react': packaged('react') };
const naming = (ending: string): [string, string][] =>
  Object.entries(packages).map(([name, path]) => [name, path + ending]);

function program(): string {
  const [text, ...others] = fencesOf(readFileSync(join(root, 'src/client/react/README.md'), 'utf8'), 'tsx');
  expect(others).toEqual([]);
  return text ?? '';
}

/** Beneath the project, where React is found. */
function folderOf(text: string): string {
  const folder = mkdtempSync(join(root, 'node_modules', '.cache', 'parley-readme-'));
  scope.add(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'main.tsx'), text);
  return folder;
}

test('it has its types', () => {
  const folder = folderOf(program());
  const paths = Object.fromEntries(naming('.d.ts').map(([name, path]) => [name, [path]]));
  const compilerOptions = { noEmit: true, rootDir: '/', module: 'esnext', moduleResolution: 'bundler', paths };
  const config = { extends: join(root, 'src/page/tsconfig.json'), compilerOptions, include: ['main.tsx'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { stdout } = spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' });
  expect(stdout).toBe('');
});

test('it joins, sends, and shows what was said', async () => {
  const [browser, service] = await Promise.all([startBrowser(scope), startService(scope, { nodes: 1 })]);
  const node = service.node(0);
  const folder = folderOf(program().replace('wss://chat.example.com/ws', node.url));
  const { outputFiles } = await build({
    entryPoints: [join(folder, 'main.tsx')],
    bundle: true,
    write: false,
    format: 'esm',
    jsx: 'automatic',
    alias: Object.fromEntries(naming('.js')),
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const { page, complaints } = await openPage(scope, browser);
  await page.goto(`${originOf(node)}/healthz`);
  await page.addScriptTag({ content: outputFiles[0]?.text ?? '', type: 'module' });
  await page.locator('section[aria-busy=false]').waitFor();
  for (const times of [1, 2]) {
    await page.getByRole('button', { name: 'Say hello' }).click();
    await page
      .getByText('ada: Hello')
      .nth(times - 1)
      .waitFor();
  }
  // The icon that a browser asks for by itself is not there.
  expect(complaints.filter((text) => !text.includes('404'))).toEqual([]);
});
