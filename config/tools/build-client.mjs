// Makes a package of its own of the client library, in place of what the compiler left of it: bundled code, declarations
// with all that they refer to, a package.json and a README. So a web project needs nothing of the service.
import { build } from 'esbuild';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const source = join(root, 'src', 'client');
/** What the package exports: names of folders, '' for its root. */
const entries = ['', 'react'].filter((name) => existsSync(join(source, name, 'index.ts')));
/** Whom its declarations may refer to. */
const peers = ['react'];

/** `fresh`: a folder with the compiler's `client` and `protocol`. */
export async function buildClient(fresh) {
  const target = join(fresh, 'client-package');
  await bundle(target);
  copyDeclarations(fresh, target);
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`);
  const readme = readFileSync(join(source, 'README.md'), 'utf8');
  writeFileSync(join(target, 'README.md'), readme.replaceAll('(../documents/PROTOCOL.md', '(PROTOCOL.md'));
  cpSync(join(root, 'src', 'documents', 'PROTOCOL.md'), join(target, 'PROTOCOL.md'));
  cpSync(join(root, 'LICENSE'), join(target, 'LICENSE'));
  rmSync(join(fresh, 'client'), { recursive: true });
  renameSync(target, join(fresh, 'client'));
}

/** Each by itself: of the library the hooks import types only, so there is nothing that both would hold. */
async function bundle(target) {
  for (const name of entries) {
    await build({
      entryPoints: [join(source, name, 'index.ts')],
      outbase: source,
      outdir: target,
      bundle: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      external: peers,
      inject: name === '' ? [join(source, 'platform.ts')] : [],
      sourcemap: true,
      sourcesContent: false,
      logLevel: 'warning',
    });
  }
}

/** The declarations that the entries reach, with those of the protocol under `protocol/`. */
function copyDeclarations(fresh, target) {
  const waiting = entries.map((name) => join('client', name, 'index.d.ts'));
  for (const path of waiting) {
    const place = path.replace(/^client\//, '');
    const named = readFileSync(join(fresh, path), 'utf8')
      .replace(
        "import Type, { type Static } from 'typebox';",
        "import Type from 'typebox';\nimport type { Static } from 'typebox';",
      )
      .replace("import Type from 'typebox';", "import type * as Type from 'typebox';");
    // Timers are another thing on each machine, and nobody's business.
    const text = named
      .replaceAll('ReturnType<typeof setTimeout>', 'unknown')
      .replace(
        /(from\s+|import\()(['"])([^'"]+)\2/g,
        (_all, before, quote, to) => `${before}${quote}${refer(to)}${quote}`,
      );
    mkdirSync(dirname(join(target, place)), { recursive: true });
    writeFileSync(join(target, place), text.replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n'));

    function refer(to) {
      const here = dirname(place);
      if (to === 'typebox') return relativeTo(here, 'protocol/schema-types.js');
      if (!to.startsWith('.')) {
        if (!peers.includes(to)) throw new Error(`The types of the client library refer to ${to}, in ${path}.`);
        return to;
      }
      const declaration = join(dirname(path), to).replace(/\.[jt]s$/, '.d.ts');
      if (!waiting.includes(declaration)) waiting.push(declaration);
      return relativeTo(here, declaration.replace(/^client\//, '').replace(/\.d\.ts$/, '.js'));
    }
  }
  cpSync(join(root, 'config', 'tools', 'schema-types.d.ts'), join(target, 'protocol', 'schema-types.d.ts'));
}

function relativeTo(folder, place) {
  const path = relative(folder, place);
  return path.startsWith('.') ? path : `./${path}`;
}

function manifest() {
  const { version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const exported = entries.map((name) => {
    const place = name === '' ? '.' : `./${name}`;
    return [place, { types: `${place}/index.d.ts`, default: `${place}/index.js` }];
  });
  return {
    name: 'parley-client',
    version,
    description: 'The client library of Parley, a chat service: for browsers, workers and Node.',
    license,
    type: 'module',
    main: './index.js',
    types: './index.d.ts',
    exports: Object.fromEntries(exported),
    sideEffects: false,
    engines: { node: '>=20.19' },
    peerDependencies: { react: '>=18' },
    peerDependenciesMeta: { react: { optional: true } },
  };
}
