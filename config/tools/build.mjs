// Builds dist/: checks src/ and writes its declarations, bundles what a node runs, copies the Lua files to where it looks for them, makes
// a package of the client library, and bundles the page. Built aside and swapped in, so that a failed build leaves the last good one and a running one is
// never seen half-written.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildClient } from './build-client.mjs';
import { buildNode } from './build-node.mjs';
import { buildPage } from './build-page.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const source = join(root, 'src');
const target = join(root, 'dist');
const aside = join(root, 'node_modules', '.cache', `parley-build-${process.pid}`);
const fresh = join(aside, 'dist');
const replaced = join(aside, 'replaced');

mkdirSync(aside, { recursive: true });
try {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status } = spawnSync(
    process.execPath,
    [compiler, '-p', join(root, 'tsconfig.json'), '--outDir', fresh, '--declaration', '--emitDeclarationOnly'],
    { cwd: root, stdio: 'inherit' },
  );
  if (status === 0) {
    for (const name of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
      if (name.endsWith('.lua')) cpSync(join(source, name), join(fresh, name));
    }
    await buildNode(fresh);
    await buildClient(fresh);
    await buildPage(join(fresh, 'page'));
    swapIn();
  }
  process.exitCode = status ?? 1;
} finally {
  rmSync(aside, { recursive: true, force: true });
}

/** A second build at the same time may swap in between the two renames: then ours goes after it. */
function swapIn() {
  for (let attempt = 1; ; attempt++) {
    try {
      renameSync(target, `${replaced}-${attempt}`);
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
    try {
      renameSync(fresh, target);
      return;
    } catch (error) {
      if (attempt === 5 || !['ENOTEMPTY', 'EEXIST'].includes(error.code)) throw error;
    }
  }
}
