// What `npm run build` makes is complete: the Lua files are beside the code, and a node runs from it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from '@jest/globals';
import { useScope } from '../support/scope.ts';
import { filesUnder, root } from './source-files.ts';

const scope = useScope();
/** All other packages are in the bundle. */
const kept = ['uWebSockets.js', 'pino', 'js-redis-server'];

test('every Lua file of the source is in dist, unchanged', () => {
  const source = filesUnder('src', ['.lua']);
  const built = new Map(filesUnder('dist', ['.lua']).map(({ path, text }) => [path, text]));
  expect(source.length).toBeGreaterThan(0);
  for (const { path, text } of source) expect([path, built.get(path.replace(/^src/, 'dist'))]).toEqual([path, text]);
});

test('a node starts from dist alone, on the embedded store, beside nothing but the packages that it names', async () => {
  const place = mkdtempSync(join(tmpdir(), 'parley-built-'));
  scope.add(() => rmSync(place, { recursive: true }));
  for (const name of ['dist', 'package.json']) cpSync(join(root, name), join(place, name), { recursive: true });
  mkdirSync(join(place, 'node_modules'));
  for (const name of kept) symlinkSync(join(root, 'node_modules', name), join(place, 'node_modules', name));
  const child = spawn(process.execPath, [join(place, 'dist', 'main.js')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: '', PARLEY_AUTH: 'open', PARLEY_PORT: '0', PARLEY_API_PORT: '0', PARLEY_HOST: '127.0.0.1' },
  });
  scope.add(() => void child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line.includes('"listening"')) child.kill('SIGTERM');
  }
  expect(lines.find((line) => line.includes('"listening"'))).toContain('"redis":"embedded"');
  // Nothing of the store keeps the process alive.
  expect(await exited).toEqual([0, null]);
});
