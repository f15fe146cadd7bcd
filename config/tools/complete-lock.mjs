// Completes package-lock.json: a registry that does not carry a package for every platform makes npm leave those
// platforms out of the lock file, and `npm ci` then refuses it. Adds the missing optional entries (version and
// platform only: no integrity is known for them) and drops registry addresses. `--check` changes nothing and fails
// when something is missing. Run it after every change of dependencies: npm run lock.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const processors = ['arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

const path = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'package-lock.json');
const lock = JSON.parse(readFileSync(path, 'utf8'));

const missing = missingEntries(lock.packages);
const addressed = Object.values(lock.packages).filter((entry) => /^https?:/.test(entry.resolved ?? ''));

if (process.argv.includes('--check')) {
  for (const [place] of missing) console.error(`package-lock.json lacks ${place}; run npm run lock`);
  if (addressed.length > 0)
    console.error(`package-lock.json names registry addresses (${addressed.length}); run npm run lock`);
  process.exitCode = missing.length + addressed.length > 0 ? 1 : 0;
} else {
  for (const entry of addressed) delete entry.resolved;
  const entries = [...Object.entries(lock.packages), ...missing];
  // npm sorts by the plain text of the place; the root, '', comes first.
  entries.sort(([a], [b]) => a.localeCompare(b, 'en'));
  lock.packages = Object.fromEntries(entries);
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`package-lock.json: ${missing.length} entries added, ${addressed.length} addresses dropped`);
}

/** Optional dependencies of any entry that the lock does not hold, as [place, entry]. */
function missingEntries(packages) {
  const found = new Map();
  for (const [place, entry] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (holds(packages, place, name) || !/^\d+\.\d+\.\d+/.test(version)) continue;
      const limits = platformOf(name);
      if (limits === undefined) continue;
      found.set(`node_modules/${name}`, { version, ...(entry.dev && { dev: true }), ...limits, optional: true });
    }
  }
  return [...found];
}

/** Whether the package at `place` finds `name`, as Node looks it up: beside it, then in each folder above. */
function holds(packages, place, name) {
  for (let at = place; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    if (packages[at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`] !== undefined) return true;
    if (at === '') return false;
  }
}

/** `os`, `cpu` and `libc` from the last part of a name such as `@scope/binding-linux-arm64-musl`. */
function platformOf(name) {
  const words = name.slice(name.lastIndexOf('/') + 1).split(/[-_.]/);
  const os = systems.filter((system) => words.includes(system));
  const cpu = processors.filter((processor) => words.includes(processor));
  if (words.some((word) => /^arm(v\d|eabi|eabihf)?$/.test(word))) cpu.push('arm');
  if (os.length === 0 && cpu.length === 0) return undefined;
  const libc = words.some((word) => word.startsWith('musl'))
    ? 'musl'
    : words.some((word) => /^gnu/.test(word))
      ? 'glibc'
      : '';
  return {
    ...(cpu.length > 0 && { cpu }),
    ...(os.length > 0 && { os }),
    ...(libc !== '' && os[0] === 'linux' && { libc: [libc] }),
  };
}
