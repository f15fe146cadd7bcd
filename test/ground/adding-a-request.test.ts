// "Adding a request, step by step" of src/README.md is true: its steps are taken in a copy of the project as they stand, its
// commands are run there, and the service that is built by them answers the new request and tells the room.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Scope } from '../support/disposal.ts';
import { startProcess } from '../support/owned-process.ts';
import { openRaw, type RawClient } from '../support/raw-client.ts';
import { startRedis } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';
import { startNode } from '../support/service.ts';
import { fencesOf, sectionOf } from './papers.ts';
import { root } from './source-files.ts';
import { stepsOf, takeSteps, withStep, type Step } from './steps.ts';

const scope = useScope();
const section = sectionOf(readFileSync(join(root, '/src/README.md'), 'utf8'), 'Adding a request, step by step');
const steps = stepsOf(section);

test('the steps of the paper lead to a request that is checked, documented, answered and told', async () => {
  const copy = copyOfProject(scope);
  takeSteps(copy, steps);
  const files = [...new Set(steps.map(({ path }) => path))];
  await run(scope, copy, `npx prettier --check --ignore-unknown ${files.join(' ')}`);
  for (const command of fencesOf(section, 'sh').flatMap((fence) => fence.trimEnd().split('\n'))) {
    const printed = await run(scope, copy, command);
    // Each of the files named had a test for `-t`, and none had one that was skipped or failed.
    const named = command.match(/ test\/\S+/g)?.length ?? 0;
    if (named > 0) expect(printed).toContain(`Test Suites: ${named} passed, ${named} total`);
  }
  expect(readFileSync(join(copy, 'src/documents/PROTOCOL.md'), 'utf8')).toContain('### roomSetTitle\n');

  const node = await startNode(scope, { redis: await startRedis(scope), main: join(copy, 'dist/main.js') });
  const [ada, bob] = [await login(scope, node.url, 'ada'), await login(scope, node.url, 'bob')];
  expect(await ada('roomCreate', 'lobby')).toContainEqual([null, null]);
  for (const user of [ada, bob]) expect(await user('roomJoin', 'lobby')).toContainEqual([null, 1]);
  expect(await ada('roomSetTitle', 'lobby', 'Tea')).toEqual([
    ['roomUserJoined', ['lobby', 'bob']],
    ['roomTitleChanged', ['lobby', 'Tea']],
    [null, ''],
  ]);
  expect(await bob('roomSetTitle', 'lobby', 'Rum')).toEqual([
    ['roomTitleChanged', ['lobby', 'Tea']],
    [expect.objectContaining({ code: 'notAllowed' }), null],
  ]);
  expect(await ada('roomSetTitle', 'lobby', 'x'.repeat(101))).toMatchObject([[{ code: 'badArgument' }, null]]);
}, 300_000);

describe('a step', () => {
  const step = (where: string, code = 'new();\n'): Step => {
    const [read] = stepsOf(`${where}\n\n\`\`\`ts\n${code}\`\`\`\n`);
    if (read === undefined) throw new Error('no step');
    return read;
  };
  const text = [
    `import { a } from 'a';`,
    'const early = 1;',
    'export const table = {\n  a,\n};',
    'function make() {\n  if (a) {\n  }\n  return {\n    a,\n  };\n}\n',
  ].join('\n');

  test.each([
    ['At the end of `table` in `a.ts`:', 'new();\n', text.replace('  a,\n};', '  a,\n\n  new();\n};')],
    ['At the end of what `make` returns in `a.ts`:', 'new();\n', text.replace('a,\n  };', 'a,\n\n    new();\n  };')],
    ['At the end of `a.ts`:', 'new();\n', `${text}\nnew();\n`],
    [
      'At the end of `a.ts`:',
      `import { b } from 'b';\n\nnew();\n`,
      `${text.replace('\n', `\nimport { b } from 'b';\n`)}\nnew();\n`,
    ],
    [
      'At the end of `a.ts`:',
      `import { type b } from 'a';\n\nnew();\n`,
      `${text.replace('a }', 'a, type b }')}\nnew();\n`,
    ],
  ])('%s', (where, code, changed) => {
    expect(withStep(text, step(where, code))).toBe(changed);
  });

  test('is refused where it has no place', () => {
    for (const where of ['Somewhere in `a.ts`:', 'At the end of `table`:'])
      expect(() => step(where)).toThrow('no place');
    for (const where of ['At the end of `tab` in `a.ts`:', 'At the end of what `table` returns in `a.ts`:']) {
      expect(() => withStep(text, step(where))).toThrow('no such place');
    }
    expect(() => takeSteps(root, [step('A new file, `README.md`:')])).toThrow('there is a file');
    expect(() => takeSteps(root, [step('At the end of `nowhere.ts`:')])).toThrow('or none');
  });
});

/** What is worked with, without what tools have made; the packages are those of the project. */
function copyOfProject(owner: Scope): string {
  const copy = mkdtempSync(join(tmpdir(), 'parley-adding-'));
  owner.add(() => rmSync(copy, { recursive: true }));
  for (const name of ['src', 'test', 'config', 'package.json', 'tsconfig.json', 'LICENSE', 'README.md']) {
    cpSync(join(root, name), join(copy, name), { recursive: true });
  }
  // A folder of its own, for tools keep things there.
  mkdirSync(join(copy, 'node_modules'));
  for (const name of readdirSync(join(root, 'node_modules')).filter((entry) => entry !== '.cache')) {
    symlinkSync(join(root, 'node_modules', name), join(copy, 'node_modules', name));
  }
  return copy;
}

/** Runs a command as from a shell in a folder, and gives what it prints. Throws that where it fails. */
async function run(owner: Scope, cwd: string, command: string): Promise<string> {
  const printed: string[] = [];
  // What is meant for this run of the suite is not for that one.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:PARLEY|JEST|NODE|FORCE)_/.test(name)),
  );
  // Passes a signal on to all that the command has started.
  const running = await startProcess('timeout', ['--kill-after=5', '240', 'sh', '-c', command], {
    cwd,
    env,
    onLine: (line) => printed.push(line),
  });
  owner.add(async () => {
    running.signal('SIGTERM');
    await running.exited;
  });
  const { code } = await running.exited;
  if (code !== 0) throw new Error(`${command} ended with ${code}:\n${printed.join('\n')}`);
  return printed.join('\n');
}

/** What a request was answered with, behind what was heard before it: `[error, result]` behind `[name, params]`. */
type Ask = (method: string, ...params: unknown[]) => Promise<unknown[][]>;

/** Logs in and speaks JSON by hand: the kit's clients know the catalogue of this project only. */
async function login(owner: Scope, url: string, userName: string): Promise<Ask> {
  const raw = await openRaw(owner, url, { subprotocol: 'parley.v1.json' });
  let id = 0;
  const ask: Ask = async (method, ...params) => {
    raw.send(JSON.stringify([0, ++id, method, params]));
    return untilAnswered(raw);
  };
  await ask('login', { userName });
  return ask;
}

async function untilAnswered(raw: RawClient): Promise<unknown[][]> {
  const heard: unknown[][] = [];
  for (;;) {
    for (const line of String(await raw.nextFrame()).split('\n')) {
      const [kind, ...message] = JSON.parse(line) as unknown[];
      heard.push(kind === 1 ? message.slice(1) : message);
      if (kind === 1) return heard;
    }
  }
}
