// The README's first messages, as they stand but for ports: by hand on one node, by the client library across two, and what
// somebody with several devices sees.
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { fencesOf, sectionOf } from '../ground/papers.ts';
import { root } from '../ground/source-files.ts';
import { eventually } from '../support/eventually.ts';
import { startProcess } from '../support/owned-process.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';

const scope = useScope();
const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const section = sectionOf(readme, 'A first message');

/** Runs a program of the README in the project's folder, as if it were saved there, and gives what it prints. */
async function runHere(program: string, args: readonly string[] = []): Promise<readonly string[]> {
  const printed: string[] = [];
  // An evaluated program has no file in front of its arguments.
  const given = ['--import', 'tsx', '--input-type=module', '--eval', program, 'hello', ...args];
  const running = await startProcess(process.execPath, given, { cwd: root, onLine: (line) => printed.push(line) });
  scope.add(async () => {
    await running.kill();
  });
  return printed;
}

test('a first message comes back by hand, and the client library talks across two nodes', async () => {
  const [byHand = ''] = fencesOf(section, 'js');
  const [byLibrary = ''] = fencesOf(section, 'ts');
  const { nodes } = await startService(scope, { nodes: 2, env: { PARLEY_AUTH: 'open' } });
  const [first = '', second = ''] = nodes.map(({ url }) => url);
  expect(byHand).toContain("'ws://127.0.0.1:8080/ws'");
  const frames = await runHere(byHand.replace('ws://127.0.0.1:8080/ws', first));
  await eventually(() => {
    const answers = frames.map((frame) => JSON.parse(frame) as unknown[]).filter(([kind]) => kind === 1);
    expect(answers.map(([, id, error]) => [id, error])).toEqual([1, 2, 3, 4].map((id) => [id, null]));
    expect(answers[3]?.[3]).toBe(1);
    expect(frames.filter((frame) => frame.startsWith('[2,') && frame.includes('Hello, Parley!'))).toHaveLength(1);
  });
  const ada = await runHere(byLibrary, [first, 'ada']);
  await eventually(() => expect(ada).toContain('posted as 2'));
  const bob = await runHere(byLibrary, [second, 'bob']);
  await eventually(() => {
    expect(bob).toContain('posted as 3');
    for (const heard of [ada, bob]) expect(heard.join('\n')).toContain('Hello from bob!');
  });
}, 120_000);

test('a user with several devices has what was missed, and reads and joins on all of them', async () => {
  const [program = ''] = fencesOf(sectionOf(readme, 'Somebody with several devices'), 'ts');
  const { nodes } = await startService(scope, { nodes: 2, env: { PARLEY_AUTH: 'open' } });
  const printed = await runHere(
    program,
    nodes.map(({ url }) => url),
  );
  await eventually(() => {
    for (const line of [
      'laptop unread: 1',
      'laptop is shown the room kitchen',
      'phone unread: 0',
      'ada has got it',
      'ada has read it',
    ])
      expect(printed).toContain(line);
  });
});
