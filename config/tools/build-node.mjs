// Bundles what a node runs, with most of the packages that it needs: reading hundreds of files one by one took longer than all else
// that a start does.
import { build } from 'esbuild';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const source = join(root, 'src');
const target = join(root, 'dist');
/** What a process or a worker begins with, and what operators import. */
const entries = ['main.ts', 'redis/embedded-store.ts', 'hooks/index.ts'];
/** Native, or with files of their own that they look for beside them. */
const external = ['uWebSockets.js', 'js-redis-server', 'pino'];

/** Modules of `main.js` find their Lua files, the page and the package from where they would be, were they not bundled. */
const places = {
  name: 'places',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
      const place = relative(source, path).replaceAll('\\', '/').replace(/\.ts$/, '.js');
      const url = `new URL(${JSON.stringify(`./${place}`)}, import.meta.url).href`;
      return { contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', url), loader: 'ts' };
    });
  },
};

/** `fresh`: the folder that becomes `dist`, from where the source maps lead to the sources. */
export async function buildNode(fresh) {
  const { outputFiles } = await build({
    entryPoints: entries.map((name) => join(source, name)),
    outbase: source,
    outdir: target,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    external,
    plugins: [places],
    // Packages in the older form of modules ask for this.
    banner: {
      js: "import { createRequire as requireOf } from 'node:module';\nconst require = requireOf(import.meta.url);",
    },
    sourcemap: true,
    sourcesContent: false,
    // What is not there need not be read at the start. Names stay, for errors and profiles.
    minifyWhitespace: true,
    minifySyntax: true,
    logLevel: 'warning',
    write: false,
  });
  for (const { path, contents } of outputFiles) {
    const place = join(fresh, relative(target, path));
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, contents);
  }
}
