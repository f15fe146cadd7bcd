// What `npm run build` makes is complete: the Lua files are beside the code, and the embedded store runs from it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';
import { filesUnder, root } from './source-files.ts';

test('every Lua file of the source is in dist, unchanged', () => {
  const source = filesUnder('src', ['.lua']);
  const built = new Map(filesUnder('dist', ['.lua']).map(({ path, text }) => [path, text]));
  expect(source.length).toBeGreaterThan(0);
  for (const { path, text } of source) expect([path, built.get(path.replace(/^src/, 'dist'))]).toEqual([path, text]);
});

test('the embedded store starts from dist, without TypeScript at hand', async () => {
  const module = join(root, 'dist', 'redis', 'local-redis.js');
  expect(existsSync(module)).toBe(true);
  const script = `
    const { resolveRedis } = await import(${JSON.stringify(pathToFileURL(module).href)});
    const store = await resolveRedis({ redis: {} }, { warn: () => undefined });
    console.log(store.kind, new URL(store.url).hostname);
    await store.stop();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: '' },
  });
  const exited = once(child, 'exit');
  const [line]: unknown[] = await once(createInterface({ input: child.stdout }), 'line');
  expect(line).toBe('embedded 127.0.0.1');
  // It ends by itself: nothing of the store keeps the process alive.
  expect(await exited).toEqual([0, null]);
});
