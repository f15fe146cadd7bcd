// Builds the page at `/` from src/page into a folder: `dist/page`, or the one given. Scripts and styles are one file each, named
// by their content, so that browsers may keep them for ever.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const source = join(root, 'src', 'page');

/** Writes aside and swaps in, so that a page that is being served is never half there. */
export async function buildPage(target) {
  const { outputFiles } = await build({
    entryPoints: { page: join(source, 'main.tsx'), icon: join(source, 'icon.svg') },
    outdir: target,
    entryNames: '[name]-[hash]',
    loader: { '.svg': 'copy' },
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['es2022', 'chrome111', 'firefox115', 'safari16.4'],
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    legalComments: 'none',
    tsconfig: join(source, 'tsconfig.json'),
    write: false,
  });
  // The entry of the icon is a script that only names the file, and is not wanted.
  const files = outputFiles.filter(({ path }) => !/icon-[^/]*\.js$/.test(path));
  const named = (ending) => basename(files.find(({ path }) => path.endsWith(ending)).path);
  const html = readFileSync(join(source, 'index.html'), 'utf8').replaceAll(
    /"page\/(?:page|icon)(\.\w+)"/g,
    (_, ending) => `"page/${named(ending)}"`,
  );
  const aside = `${target}-${process.pid}`;
  mkdirSync(aside, { recursive: true });
  for (const { path, contents } of files) writeFileSync(join(aside, basename(path)), contents);
  writeFileSync(join(aside, 'index.html'), html);
  rmSync(target, { recursive: true, force: true });
  renameSync(aside, target);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildPage(process.argv[2] ?? join(root, 'dist', 'page'));
}
