// The terminal client in a terminal that is closed while it runs.
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { root } from '../ground/source-files.ts';
import { startProcess } from '../support/owned-process.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';

const scope = useScope();

test('it ends as a program does that is hung up on, and not by a crash', async () => {
  const service = await startService(scope, { nodes: 1 });
  const chat = ['--import', join(root, 'node_modules/tsx/dist/esm/index.mjs'), join(root, 'src/terminal/main.ts')];
  const who = ['--user', 'ann', '--room', 'lobby', '--url', service.node(0).url];
  const printed: string[] = [];
  const program = join(root, 'test/terminal/hang-up.py');
  const running = await startProcess('python3', [program, 'lobby', process.execPath, ...chat, ...who], {
    onLine: (line) => printed.push(line),
  });
  scope.add(async () => void (await running.kill()));
  await running.exited;
  // SIGHUP.
  expect(printed).toEqual(['-1']);
});
