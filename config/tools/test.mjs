// The entry of `npm test`: sees to the programs that the tests need, brings `dist` up to date, then runs jest with the arguments given.
// `--long NAME` runs a long variant: `fuzz`, `all`, the name of a file in `test/long/` (soak, crowd, …) or of a folder under
// `test/`. What is tested is up to the tests.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const stamp = join(root, 'dist', '.built');
/** What the suite can do without, by the program that it needs. */
const optionalTests = {
  haproxy: 'test/(fault/rolling-restart|deploy/haproxy)\\.test',
  cc: 'test/fault/clocks\\.test',
  tmux: 'test/terminal/(chat|typed-screen|stopped)\\.test',
  chromium: 'test/(page|examples)/',
  python3: 'test/(examples/(word-filter|webhook-receiver)|terminal/hang-up|fault/process-end)\\.test',
};

main();

function main() {
  const { environment, args } = readArguments(process.argv.slice(2));
  installMissing();
  ensureRedis();
  buildIfStale();
  const lacking = Object.keys(optionalTests).filter((program) => onPath(program) === undefined);
  // The gate leaves nothing out.
  if (lacking.length > 0 && process.env['TEST_ALL'] === '1') fail(`The tests need ${lacking.join(', ')}.`);
  const left = lacking.map((program) => `--testPathIgnorePatterns=${optionalTests[program]}`);
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const run = spawnSync(process.execPath, ['--experimental-vm-modules', '--no-warnings', jest, ...args, ...left], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  // At the end, where it is seen.
  for (const program of lacking) {
    console.error(`\nNOT TESTED, for lack of ${program}: ${optionalTests[program]}. Please install it.`);
  }
  process.exit(run.status ?? 1);
}

/** Takes `--long NAME` out of the arguments; everything else is jest's. */
function readArguments(given) {
  const at = given.indexOf('--long');
  if (at < 0) return { environment: {}, args: given };
  const name = given[at + 1];
  const others = [...given.slice(0, at), ...given.slice(at + 2)];
  if (name === 'fuzz') {
    return { environment: { PARLEY_LONG: '1', PARLEY_FUZZ_FRAMES: '1000000' }, args: ['test/protocol', ...others] };
  }
  if (name !== undefined && existsSync(join(root, 'test', 'long', `${name}.test.ts`))) {
    return { environment: {}, args: [`test/long/${name}.test`, '--testPathIgnorePatterns=/node_modules/', ...others] };
  }
  if (name === 'all') return { environment: { PARLEY_LONG: '1' }, args: others };
  if (name === undefined || !existsSync(join(root, 'test', name))) {
    fail(`--long needs a name: fuzz, all, one of test/long, or a folder under test/ (got ${name ?? 'nothing'}).`);
  }
  return { environment: { PARLEY_LONG: '1' }, args: [`test/${name}/`, ...others] };
}

/** Ends the run where there is no server of version 7 or later on PATH. */
function ensureRedis() {
  const server = onPath('redis-server') ?? onPath('valkey-server');
  if (server === undefined)
    fail('The tests need redis-server (or valkey-server) 7 or later on PATH; please install it.');
  const printed = spawnSync(server, ['--version'], { encoding: 'utf8' }).stdout ?? '';
  const major = Number(/v=(\d+)/.exec(printed)?.[1] ?? 0);
  if (major < 7) fail(`The tests need Redis 7 or later (or Valkey); ${server} says: ${printed.trim() || 'nothing'}.`);
}

/** Installs the programs that the tests start, where the system's packages may be installed. */
function installMissing() {
  const needed = {
    'redis-server': ['redis-server', 'valkey-server'],
    haproxy: ['haproxy'],
    tmux: ['tmux'],
    chromium: ['chromium'],
    python3: ['python3'],
    openssl: ['openssl'],
    gcc: ['cc'],
    // Its headers, which a compiler only recommends.
    'libc6-dev': ['cc'],
  };
  const missing = Object.keys(needed).filter((name) => needed[name].every((program) => onPath(program) === undefined));
  if (missing.length === 0 || onPath('apt-get') === undefined) return;
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  if (sudo.length > 0 && (onPath('sudo') === undefined || spawnSync('sudo', ['-n', 'true']).status !== 0)) return;
  console.log(`Installing ${missing.join(' and ')}, which the tests need …`);
  // RUNLEVEL=1 keeps the packages from starting their services: the tests start servers of their own on free ports.
  const apt = [...sudo, 'env', 'RUNLEVEL=1', 'DEBIAN_FRONTEND=noninteractive', 'apt-get'];
  const install = ['install', '-y', '--no-install-recommends', ...missing];
  for (const step of [['update', '-q'], install]) {
    const [command, ...rest] = [...apt, ...step];
    // A failed update may still leave usable lists; whether the programs are there is looked at by the caller.
    spawnSync(command, rest, { stdio: ['ignore', 'ignore', 'inherit'] });
  }
}

/** Also where Debian has HAProxy, which is not on everybody's PATH. */
function onPath(program) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'].filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, program)).find((file) => existsSync(file));
}

/** Builds when anything that goes into `dist` is newer than the last build that succeeded. */
function buildIfStale() {
  const tools = readdirSync(join(root, 'config/tools')).filter((name) => name.startsWith('build'));
  const inputs = ['src', 'tsconfig.json', 'package.json', ...tools.map((name) => `config/tools/${name}`)].map((name) =>
    join(root, name),
  );
  const builtMs = existsSync(stamp) && existsSync(join(root, 'dist', 'main.js')) ? statSync(stamp).mtimeMs : 0;
  if (Math.max(...inputs.map(newestMs)) < builtMs) return;
  const startedAt = new Date();
  const build = spawnSync(process.execPath, [join(root, 'config/tools/build.mjs')], { cwd: root, stdio: 'inherit' });
  if (build.status !== 0) fail('The build failed, and the tests run what it makes.');
  writeFileSync(stamp, '');
  utimesSync(stamp, startedAt, startedAt);
}

/** The latest change in a file or tree; folders count too, so that a deletion is seen. */
function newestMs(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newestMs(join(path, name))));
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
