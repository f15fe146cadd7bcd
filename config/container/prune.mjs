// Makes an installed `node_modules` small: of the native WebSocket library it leaves the binary that this platform loads,
// and what is needed to load it. Fails where that binary is missing, for the image would not run.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const library = join(process.argv[2] ?? 'node_modules', 'uWebSockets.js');
const wanted = `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`;

if (!existsSync(join(library, wanted))) {
  console.error(`${library} has no ${wanted}: this platform or version of Node is not supported.`);
  process.exit(1);
}
// Documents and sources of the package; its licence stays.
const unused = ['docs', 'examples', 'misc', 'mvp', 'scripts', 'src', 'tests', 'Makefile', 'build.c', 'logo.svg'];
for (const name of readdirSync(library)) {
  const foreign = name.endsWith('.node') && name !== wanted;
  if (foreign || unused.includes(name)) rmSync(join(library, name), { recursive: true });
}
console.log(`left ${wanted}`);
